import Testing

@testable import StatsCore

@Suite("The governor") struct GovernorTests {
    private static let keepTwo = """
        mode: enforce
        period: 10s
        grace: 5s
        groups:
          - {name: all, match: {name: "*"}, keep: 2, order: [memory], action: stop}
        """

    @Test("Of ten containers five are left: the two high and the three low consumers that use least")
    func twoHighThreeLow() throws {
        var host = try TestHost(
            """
            mode: enforce
            groups:
              - {name: high, match: {image: "heavy-*"}, keep: 2, order: [memory, cpu, rss, vsz], action: stop}
              - {name: low, match: {image: "light-*"}, keep: 3, order: [memory, cpu, rss, vsz], action: stop}
            """)
        for number in 1...5 {
            host.add("high\(number)", image: "heavy-\(number % 2)", memory: Double(100 * number))
            host.add("low\(number)", image: "light-\(number % 2)", memory: 1, cpu: Double(number))
        }
        let decisions = host.run(seconds: 61, isCarriedOut: true)
        #expect(decisions.victims == ["high5", "high4", "high3", "low5", "low4"])
        #expect(host.containers.map { $0.facts.name ?? "" }.sorted() == ["high1", "high2", "low1", "low2", "low3"])
        #expect(host.run(seconds: 300, isCarriedOut: true).isEmpty)
    }

    @Test("A decision says which units would stand in front of what it chose, and never chooses one")
    func units() throws {
        var governor = Governor(try PolicyReader.read(Array(Self.keepTwo.utf8)))
        func unit(_ name: String, _ memory: Double?, sampled: Int64?) -> GovernorUnit {
            GovernorUnit(name: name, cgroup: "/\(name)", sampled: sampled, values: GovernorValues(memory: memory))
        }
        var decisions: [GovernorDecision] = []
        for second in 0..<30 {
            let now = Int64(second) * 1_000_000
            let containers = (1...3).map { number in
                GovernorContainer(
                    id: "\(number)", facts: GovernorFacts(name: "c\(number)", image: "app", labels: [:]), state: "running", started: 0,
                    isOwn: false, sampled: now, values: GovernorValues(memory: Double(number) * 100))
            }
            let units = [
                unit("small", 10, sampled: now), unit("large", 900, sampled: now), unit("larger", 1000, sampled: now),
                unit("unknown", nil, sampled: now), unit("old", 5000, sampled: nil),
            ]
            decisions += governor.decide(GovernorSnapshot(interval: 1_000_000, containers: containers, units: units), at: now)
        }
        let decision = try #require(decisions.first)
        #expect(decision.victim.name == "c3" && decision.units.map(\.name) == ["larger", "large"])
        #expect(decision.detail().contains(#""units":[{"unit":"larger","cgroup":"/larger","memory_bytes":1000}"#))
    }

    @Test("A container belongs to the first group that matches it")
    func firstGroup() throws {
        var host = try TestHost(
            """
            groups:
              - {name: mine, match: {name: "web-*"}, action: none}
              - {name: all, match: {name: "*"}, keep: 0, action: kill}
            """)
        host.add("web-1", memory: 100)
        host.add("db")
        #expect(host.run(seconds: 120).victims == ["db"])
    }

    @Test(
        "Nobody touches what is protected",
        arguments: [
            ("x", "app", ["sonde.protect": "true"]), ("x", "app", ["sonde.protect": "1"]), ("x", "sonde-agent:latest", [:]),
            ("x", "registry:5000/sonde-collector@sha256:ab", [:]), ("x", "registry.k8s.io/pause:3.9", [:]), ("x", "kindest/node:v1", [:]),
            ("x", "docker:dind", [:]), ("x", "sha256:ab01", [:]), ("x", "0123456789ab", [:]), ("", "app", [:]), ("x", "", [:]),
            ("x", "app", ["io.kubernetes.pod.namespace": "kube-system"]),
            ("x", "app", ["com.docker.swarm.task.name": "x.1"]), ("x", "app", ["io.kubernetes.pod.name": "x"]),
        ])
    func protected(name: String, image: String, labels: [String: String]) throws {
        var host = try TestHost("{mode: enforce, grace: 0, groups: [{name: all, match: {name: \"*\"}, keep: 0, action: kill}]}")
        host.add(name, image: image, labels: labels)
        host.add("other", labels: ["sonde.protect": "false"])
        #expect(host.run(seconds: 61).victims == ["other"])
    }

    @Test(
        "What a policy doesn't list under `exempt` spares no container, and what it lists still does",
        arguments: [
            ("label", "app", ["sonde.protect": "true"]), ("image", "sonde-collector:1", [:]), ("image", "sha256:ab01", [:]),
            ("image", "rancher/app", [:]), ("namespace", "app", ["io.kubernetes.pod.namespace": "kube-system"]),
            ("namespace", "app", ["io.kubernetes.docker.type": "podsandbox"]), ("namespace", "app", ["com.docker.swarm.task.name": "x.1"]),
        ])
    func exempt(by property: String, image: String, labels: [String: String]) throws {
        let all = ["label", "image", "namespace"]
        for exempt in [all, [property], all.filter { $0 != property }, []] {
            var host = try TestHost(
                """
                {mode: enforce, grace: 0, exempt: [\(exempt.joined(separator: ", "))],
                 groups: [{name: all, match: {name: "*"}, keep: 0, action: kill}]}
                """.replacing("\n", with: ""))
            host.add("x", image: image, labels: labels)
            #expect(host.run(seconds: 61).victims == (exempt.contains(property) ? [] : ["x"]), "\(exempt)")
        }
    }

    @Test("A policy that believes nothing still spares the agent's own container, and such as no engine names")
    func neverTouched() throws {
        var host = try TestHost("{grace: 0, exempt: [], groups: [{name: all, match: {name: \"*\"}, keep: 0, action: kill}]}")
        host.add("own")
        host.containers[0].isOwn = true
        host.add("")
        host.add("other")
        #expect(host.run(seconds: 61).victims == ["other"])
    }

    @Test("The container that the agent runs in is left alone, and tasks of a Swarm go when the group says so")
    func ownAndOrchestrated() throws {
        var host = try TestHost("{groups: [{name: all, match: {name: \"*\"}, keep: 0, action: kill, orchestrated: true}]}")
        host.add("own")
        host.containers[0].isOwn = true
        host.add("task", labels: ["com.docker.swarm.task.name": "x.1"])
        #expect(host.run(seconds: 61).victims == ["task"])
    }

    @Test("What isn't measured is no victim and takes nobody's place")
    func absent() throws {
        var host = try TestHost(Self.keepTwo)
        for number in 1...4 { host.add("c\(number)", memory: Double(number)) }
        host.add("unknown", memory: nil)
        host.add("broken", memory: .nan)
        host.add("paused", memory: 900)
        host.containers[6].state = "paused"
        #expect(host.run(seconds: 11).victims == ["c4", "c3"])
    }

    @Test("Nothing is decided on readings that are older than two ticks, nor on such from the future")
    func stale() throws {
        var host = try TestHost(Self.keepTwo)
        for number in 1...4 { host.add("c\(number)", memory: Double(number)) }
        #expect(host.run(seconds: 8).isEmpty)
        #expect(host.run(seconds: 30, isMeasured: false).isEmpty)
        for index in host.containers.indices { host.containers[index].sampled = .max }
        #expect(host.run(seconds: 30, isMeasured: false).isEmpty)
        #expect(host.run(seconds: 20).victims == ["c4", "c3"])
    }

    @Test("A container is left alone for its grace, after a restart again")
    func grace() throws {
        var host = try TestHost(
            "{mode: enforce, period: 10s, grace: 25s, cooldown: 0, groups: [{name: all, match: {name: \"*\"}, keep: 0, action: restart}]}")
        host.add("a", started: 1)
        #expect(host.run(seconds: 30).isEmpty)
        #expect(host.run(seconds: 1).victims == ["a"])
        host.containers[0].started = 2
        #expect(host.run(seconds: 29).isEmpty)
        #expect(host.run(seconds: 1).victims == ["a"])
    }

    @Test("A container isn't acted on again within the cooldown")
    func cooldown() throws {
        var host = try TestHost(
            "{mode: enforce, period: 1s, grace: 0, cooldown: 30s, groups: [{name: all, match: {name: \"*\"}, keep: 0, action: stop}]}")
        host.add("stubborn")
        #expect(host.run(seconds: 30).count == 1)
        #expect(host.run(seconds: 30).count == 1)
    }

    @Test("One that still obeys takes nobody's place among those that stay, however little it uses by then")
    func leaving() throws {
        var host = try TestHost(
            "{mode: enforce, period: 1s, grace: 0, groups: [{name: all, match: {name: \"*\"}, keep: 2, action: {stop: {timeout: 10s}}}]}")
        for number in 1...5 { host.add("c\(number)", memory: Double(number)) }
        #expect(host.run(seconds: 2).victims == ["c5", "c4", "c3"])
        for index in 2...4 { host.containers[index].values.memory = 0 }
        #expect(host.run(seconds: 15).isEmpty)
    }

    @Test("What the cap leaves is done in later rounds")
    func cap() throws {
        var host = try TestHost(
            "{mode: enforce, period: 10s, grace: 0, max_actions_per_minute: 3, groups: [{name: all, match: {name: \"*\"}, keep: 0, action: stop}]}"
        )
        for number in 1...8 { host.add("c\(number)", memory: Double(number)) }
        #expect(host.run(seconds: 60, isCarriedOut: true).victims == ["c8", "c7", "c6"])
        #expect(host.run(seconds: 60, isCarriedOut: true).victims == ["c5", "c4", "c3"])
    }

    @Test("A dry run tells of a container once, and counts it as gone until it starts anew")
    func dryRun() throws {
        var host = try TestHost("{period: 10s, grace: 0, cooldown: 0, groups: [{name: all, match: {name: \"*\"}, keep: 1, action: stop}]}")
        host.add("a", memory: 3, started: 1)
        host.add("b", memory: 2, started: 1)
        #expect(host.run(seconds: 100).victims == ["a"])
        host.containers[0].started = 2
        #expect(host.run(seconds: 10).victims == ["a"])
    }

    @Test("Equal containers go by age, the youngest first, then by id")
    func ties() throws {
        var host = try TestHost("{groups: [{name: all, match: {name: \"*\"}, keep: 1, order: [memory asc, cpu], action: stop}]}")
        host.add("unknown")
        host.add("old", started: 1)
        host.add("young2", started: 2)
        host.add("young1", started: 2)
        host.add("small", memory: 0.5, started: 0)
        host.add("busy", cpu: 9, started: 0)
        #expect(host.run(seconds: 61).victims == ["small", "busy", "young1", "young2", "old"])
    }

    @Test("Nothing is done below the load that the policy names, nor when nobody measures it")
    func load() throws {
        var host = try TestHost(
            "{period: 10s, only_above: {memory_percent: 80, io_pressure: 10}, groups: [{name: all, match: {name: \"*\"}, keep: 0, action: stop}]}"
        )
        host.add("a")
        #expect(host.run(seconds: 40).isEmpty)
        (host.host.memoryTotal, host.host.memoryAvailable) = (100, 20)
        #expect(host.run(seconds: 20).isEmpty)
        host.host.memoryAvailable = 19.5
        let decisions = host.run(seconds: 10)
        #expect(decisions.victims == ["a"])
        #expect(decisions.first?.why == "ranks 1 of 1 by memory; the last 0 stay; memory_percent is 80.5 %, above 80 %")
    }

    @Test("Groups by consumption take means over the window, once it is full")
    func window() throws {
        var host = try TestHost(
            "{window: 30s, period: 1s, grace: 0, groups: [{name: hot, match: {cpu: \">50%\"}, keep: 0, order: [cpu], action: stop}]}")
        host.add("peak", cpu: 0)
        host.add("busy", cpu: 60)
        host.add("idle", cpu: 49)
        #expect(host.run(seconds: 20).isEmpty)
        host.containers[0].values.cpu = 900
        #expect(host.run(seconds: 1).isEmpty)
        host.containers[0].values.cpu = 0
        #expect(host.run(seconds: 9).victims == ["busy"])
        #expect(host.run(seconds: 40).isEmpty)
    }

    @Test("The highest by a rank are a group")
    func rank() throws {
        var host = try TestHost("{groups: [{name: top, match: {name: \"c*\", rank: top 3 by memory}, keep: 1, action: stop}]}")
        for number in 1...6 { host.add("c\(number)", memory: Double(number)) }
        host.add("x", memory: 100)
        #expect(host.run(seconds: 61).victims == ["c6", "c5"])
    }

    @Test("A clock that jumps back stands still, one that jumps ahead brings no round twice")
    func clockJumps() throws {
        var host = try TestHost(Self.keepTwo)
        for number in 1...4 { host.add("c\(number)", memory: Double(number)) }
        #expect(host.run(seconds: 5).isEmpty)
        host.now -= 3600 * TestHost.second
        #expect(host.run(seconds: 4).isEmpty)
        host.now = 1 << 60
        // What happened meanwhile is unknown, so the grace begins anew.
        #expect(host.run(seconds: 5).isEmpty)
        #expect(host.run(seconds: 10).victims == ["c4", "c3"])
        host.now = .max - 100 * TestHost.second
        _ = host.run(seconds: 90)
    }

    @Test("A decision says as JSON what it follows from, also of names that would break it")
    func detail() throws {
        var host = try TestHost(
            "{name: \"p\\\"\", mode: enforce, groups: [{name: \"g\\n\", match: {name: \"*\"}, keep: 1, action: {stop: {timeout: 3s}}}]}")
        host.add("a\"\\", memory: 2, started: 0)
        host.add("b", memory: 1)
        let decision = try #require(host.run(seconds: 61).first)
        #expect(
            decision.detail { $0.member("result", "done") } == """
                {"policy":"p\\"","policy_sha256":"\(host.governor.policy.hash)","mode":"enforce","group":"g\\n","action":"stop","timeout_s":3,"keep":1,\
                "place":1,"ranked":2,"why":"ranks 1 of 2 by memory; the last 1 stay","victim":{"id":"id-a\\"\\\\","name":"a\\"\\\\","image":"app",\
                "started":"1970-01-01T00:00:00.000000Z","cpu_percent":1,"memory_bytes":2097152,"rss_bytes":2,"vsz_bytes":2},"ranking":[\
                {"id":"id-a\\"\\\\","name":"a\\"\\\\","image":"app","started":"1970-01-01T00:00:00.000000Z","cpu_percent":1,"memory_bytes":2097152,\
                "rss_bytes":2,"vsz_bytes":2},{"id":"id-b","name":"b","image":"app","cpu_percent":1,"memory_bytes":1048576,"rss_bytes":1,\
                "vsz_bytes":1}],"result":"done"}
                """)
    }
}
