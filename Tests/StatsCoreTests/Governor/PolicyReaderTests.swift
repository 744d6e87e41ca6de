import TestSupport
import Testing

@testable import StatsCore

@Suite("A policy's text") struct PolicyReaderTests {
    private func faults(_ text: String) -> [String] {
        do throws(DocumentFaults) {
            _ = try PolicyReader.read(Array(text.utf8))
            return []
        } catch {
            return error.faults.map(\.description)
        }
    }

    @Test("What a group doesn't say holds from above the groups, and else by default")
    func defaults() throws {
        let policy = try PolicyReader.read(
            Array(
                """
                period: 2m
                only_above: {memory_percent: 80}
                groups:
                  - {name: a, match: {name: a}, keep: 1, action: stop}
                  - name: b
                    match: {image: [x, "y:*"], cpu: [">50%", "<150 %"], memory: ">1.5GiB", rank: bottom 2 by vsz}
                    keep: 2
                    order: [cpu asc, memory desc]
                    action: {update: {cpus: 0.5, memory: 256MiB}}
                    period: 5s
                    only_above: {io_pressure: 12.5}
                """.utf8))
        #expect(policy.mode == .dryRun)
        #expect(policy.actionsPerMinute == 10)
        #expect(policy.hash.count == 64)
        let (a, b) = (policy.groups[0], policy.groups[1])
        #expect((a.period, a.grace, a.cooldown) == (120_000_000, 30_000_000, 60_000_000))
        #expect(a.order == [GovernorOrder(metric: .memory, isAscending: false)])
        #expect(a.action == .stop(timeout: 10))
        #expect(a.onlyAbove.limits == [.init(kind: .memory, percent: 80)])
        #expect(b.onlyAbove.limits == [.init(kind: .ioPressure, percent: 12.5)])
        #expect(b.period == 5_000_000)
        #expect(b.action == .update(cpus: 0.5, memory: 268_435_456))
        #expect(b.order == [GovernorOrder(metric: .cpu, isAscending: true), GovernorOrder(metric: .memory, isAscending: false)])
        #expect(b.match.rank == GovernorMatch.Rank(isTop: false, count: 2, metric: .vsz))
        #expect(
            b.match.thresholds == [
                .init(metric: .cpu, isAbove: true, limit: 50, unit: .percentOfCore),
                .init(metric: .cpu, isAbove: false, limit: 150, unit: .percentOfCore),
                .init(metric: .memory, isAbove: true, limit: 1_610_612_736, unit: .bytes),
            ])
    }

    @Test("By what containers may take themselves out is checked, and fits with what the groups say")
    func exempt() throws {
        func text(_ exempt: String, _ more: String = "") -> String {
            "exempt: \(exempt)\ngroups:\n  - {name: a, match: {name: a}, keep: 1, action: stop\(more)}"
        }
        let usual = try PolicyReader.read(Array("groups: [{name: a, match: {name: a}, keep: 1, action: stop}]".utf8))
        #expect(usual.exempt == [.label, .image, .namespace] && !usual.groups[0].isOrchestrated)
        #expect(try PolicyReader.read(Array(text("image").utf8)).exempt == [.image])
        let strict = try PolicyReader.read(Array(text("[]").utf8))
        #expect(strict.exempt.isEmpty && strict.groups[0].isOrchestrated)
        #expect(faults(text("[imag]")) == ["line 1: exempt[0]: unknown value `imag`; did you mean `image`?"])
        #expect(faults(text("[image, image]")) == ["line 1: exempt[1]: `image` stands twice"])
        #expect(faults(text("true")).first?.hasPrefix("line 1: exempt: has to be a text") == true)
        #expect(faults(text("[label, image]", ", orchestrated: false")).first?.contains("`exempt` leaves out `namespace`") == true)
        #expect(faults(text("[namespace]", ", orchestrated: false")).isEmpty)
    }

    @Test("All faults are told at once, each with its line and key")
    func all() {
        let faults = faults(
            """
            mode: enforced
            perod: 60s
            groups:
              - name: a
                match: {immage: x, cpu: "50"}
                order: [memry, cpu, cpu]
                action: {stop: {timeout: 2}}
              - name: a
                match: {name: "*"}
                keep: -1
                action: stopp
                grace: 5
            """)
        #expect(
            faults == [
                "line 1: mode: unknown value `enforced`; did you mean `enforce`?",
                "line 2: unknown key `perod`; did you mean `period`?",
                "line 4: groups[0]: `keep` is missing: how many containers are left alone, the last of the ranking",
                "line 5: groups[0].match: unknown key `immage`; did you mean `image`?",
                "line 5: groups[0].match.cpu: has to begin with > or <, such as \">50%\" or \"<150%\" (100 is one core), not \"50\"",
                "line 6: groups[0].order[0]: unknown key `memry`; did you mean `memory`?",
                "line 6: groups[0].order[2]: `cpu` stands twice",
                "line 7: groups[0].action.stop.timeout: has to be a time from 0 to 5m, such as 30s or 5m, not 2",
                "line 8: groups[1]: the name `a` is another group's already",
                "line 10: groups[1].keep: has to be a whole number from 0 to 100000, not -1",
                "line 11: groups[1].action: unknown action `stopp`; did you mean `stop`?",
                "line 12: groups[1].grace: has to be a time from 0 to 24h, such as 30s or 5m, not 5",
            ])
    }

    @Test(
        "What can't be meant is a fault",
        arguments: [
            (
                "",
                "line 1: has to be a mapping, `key: value` on each line, not nothing; keys are name, mode, window, max_actions_per_minute, exempt, groups, period, grace, cooldown, only_above"
            ),
            ("mode: enforce", "line 1: `groups` is missing; write groups: and a list of them"),
            ("groups: []", "line 1: groups: has no group; without one nothing is done"),
            ("groups: {}", "line 1: groups: has to be a list, not a mapping"),
            ("groups: [{name: a, match: {}, action: none}]", "line 1: groups[0].match: says nothing; write name: \"*\" for all containers"),
            (
                "groups: [{name: a, match: {cpu: [\">50%\", \"<40%\"]}, action: none}]",
                "line 1: groups[0].match.cpu: contradicts itself: nothing is above the one and below the other"
            ),
            (
                "groups: [{name: a, match: {name: a}, keep: 2, action: none}]",
                "line 1: groups[0].keep: has no sense with the action `none`; leave it out"
            ),
            (
                "groups: [{name: a, match: {name: a}, action: none}, {name: b, match: {name: a}, action: none}]",
                "line 1: groups[1]: matches the same containers as the group `a`, which comes first, and would get none"
            ),
            (
                "groups: [{name: a, match: {name: 1}, action: none}]",
                "line 1: groups[0].match.name: has to be a text, not 1; write it in quotes if it looks like something else"
            ),
            (
                "groups: [{name: a, match: {name: a}, keep: 1, action: {kill: {signal: TERM}}}]",
                "line 1: groups[0].action.kill.signal: unknown signal `TERM`; write one of SIGKILL, SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGABRT, SIGSTOP, SIGCONT"
            ),
            (
                "groups: [{name: a, match: {name: a}, keep: 1, action: {pause: {}}}]",
                "line 1: groups[0].action.pause: `pause` takes no options; write action: pause"
            ),
            (
                "groups: [{name: a, match: {name: a}, keep: 1, action: update}]",
                "line 1: groups[0].action: has to say what to change: {update: {cpus: 0.5, memory: 256MiB}}"
            ),
            (
                "max_actions_per_minute: 0\ngroups: [{name: a, match: {name: a}, action: none}]",
                "line 1: max_actions_per_minute: has to be a whole number from 1 to 1000, not 0"
            ),
            (
                "groups: *all",
                "line 1: column 9: `*` at the begin means an alias in YAML, which isn't read; write a pattern in quotes: \"*\""
            ),
        ])
    func senseless(text: String, fault: String) {
        #expect(faults(text) == [fault])
    }

    @Test("A policy that is cut short or damaged anywhere is read or refused, and never brings the reader down")
    func damaged() {
        let whole = Array(
            """
            name: x
            mode: enforce
            only_above: {memory_percent: 80}
            groups:
              - name: a
                match: {image: ["x-*"], cpu: ">50%", rank: top 5 by memory}
                keep: 2
                order: [memory desc, cpu]
                action: {update: {cpus: 0.5, memory: 64MiB}}
            """.utf8)
        for end in whole.indices { _ = try? PolicyReader.read(Array(whole[..<end])) }
        var random = SeededRandom(state: 7)
        for _ in 0..<5000 {
            var bytes = whole
            for _ in 0..<3 { bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 9...126, using: &random) }
            _ = try? PolicyReader.read(bytes)
        }
    }
}
