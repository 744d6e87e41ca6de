import TestSupport
import Testing

@testable import StatsCore

/// What must hold for random policies and hosts. The same seed gives the same ones.
@Suite("What holds of every decision") struct GovernorPropertyTests {
    private static let second = TestHost.second

    private struct World {
        var random: SeededRandom
        var containers: [GovernorContainer] = []
        var born: [String: Int64] = [:]
        var serial = 0

        private func values(_ random: inout SeededRandom) -> GovernorValues {
            func one() -> Double? {
                switch Int.random(in: 0..<12, using: &random) {
                case 0: nil
                case 1: .nan
                case 2: -1
                default: Double(Int.random(in: 0..<6, using: &random))
                }
            }
            return GovernorValues(cpu: one(), memory: one(), rss: one(), vsz: one())
        }

        mutating func step(to now: Int64, time: Int64) {
            for _ in 0..<Int.random(in: 0..<4, using: &random) where containers.count < 40 {
                serial += 1
                let labels = ["sonde.protect": "true", "com.docker.swarm.task.name": "t.1", "tier": "a"]
                containers.append(
                    GovernorContainer(
                        id: "\(serial)",
                        facts: GovernorFacts(
                            name: Int.random(in: 0..<9, using: &random) == 0
                                ? nil : ["web", "db", "job"].randomElement(using: &random).map { "\($0)-\(serial)" },
                            image: ["app", "sonde-agent:1", "heavy-1", "light-1"].randomElement(using: &random),
                            labels: labels.filter { _ in Int.random(in: 0..<6, using: &random) == 0 }),
                        state: "running", started: Bool.random(using: &random) ? Int64.random(in: 0..<3, using: &random) : nil))
                born["\(serial)"] = time
            }
            for index in containers.indices {
                containers[index].values = values(&random)
                if Int.random(in: 0..<5, using: &random) != 0 {
                    containers[index].sampled = now - Int64.random(in: -3...3, using: &random) * second
                }
                if Int.random(in: 0..<30, using: &random) == 0 {
                    containers[index].state = ["running", "paused", nil].randomElement(using: &random) ?? nil
                }
            }
            containers.removeAll { _ in Int.random(in: 0..<60, using: &random) == 0 }
        }
    }

    private func policy(_ random: inout SeededRandom) throws -> GovernorPolicy {
        func pick(_ texts: String...) -> String { texts.randomElement(using: &random) ?? "" }
        let groups = (0..<Int.random(in: 1...4, using: &random)).map { number in
            """
              - name: g\(number)
                match: {\(pick("name: \"web-*\"", "image: heavy-*", "label: tier=a", "name: \"*\"", "cpu: \">2%\"", "memory: \"<4KiB\"", "rank: top 4 by rss"))}
                keep: \(Int.random(in: 0...5, using: &random))
                order: [\(pick("memory", "cpu asc, memory", "vsz, rss asc", "memory desc, cpu, rss, vsz"))]
                action: \(pick("stop", "kill", "pause", "restart", "{update: {cpus: 1}}"))
                period: \(pick("1s", "3s", "10s"))
                orchestrated: \(pick("true", "false"))
            """
        }
        let text = """
            mode: \(pick("dry-run", "enforce"))
            window: \(pick("0s", "0s", "5s"))
            grace: \(pick("0s", "4s"))
            cooldown: \(pick("0s", "7s", "100s"))
            max_actions_per_minute: \(Int.random(in: 1...12, using: &random))
            groups:
            """
        var policy = try PolicyReader.read(Array((text + "\n  - {name: own, match: {name: never}, action: none}").utf8))
        for group in groups {
            // Two groups with the same match are refused, but may be drawn here.
            let single = try PolicyReader.read(Array((text + "\n" + group).utf8))
            policy.groups += single.groups
        }
        return policy
    }

    @Test(
        "Caps, protection, keeps, grace and cooldown hold for any policy on any host, and the same input gives the same output",
        arguments: 1...60)
    func invariants(seed: Int) throws {
        var random = SeededRandom(state: UInt64(seed))
        let policy = try policy(&random)
        let groups = Dictionary(uniqueKeysWithValues: policy.groups.map { ($0.name, $0) })
        var governor = Governor(policy)
        var twin = Governor(policy)
        var world = World(random: SeededRandom(state: UInt64(seed) << 20))
        var now: Int64 = 1000 * Self.second
        var time: Int64 = 0
        var done: [Int64] = []
        var acted: [String: Int64] = [:]
        for _ in 0..<200 {
            let jump = Int.random(in: 0..<50, using: &random)
            let passed = jump == 0 ? -500 : jump == 1 ? 40 : 1
            now += Int64(passed) * Self.second
            time += Int64(max(0, passed)) * Self.second
            world.step(to: now, time: time)
            let snapshot = GovernorSnapshot(interval: Self.second, containers: world.containers)
            let decisions = governor.decide(snapshot, at: now)
            let isSame = decisions == twin.decide(snapshot, at: now)
            #expect(isSame)
            var victims: Set<String> = []
            for decision in decisions {
                let group = try #require(groups[decision.group])
                let victim = try #require(world.containers.first { $0.id == decision.victim.id })
                #expect(victims.insert(victim.id).inserted)
                #expect(victim.state == "running")
                #expect(GovernorProtection.reason(victim, exempt: policy.exempt) == nil)
                #expect(group.isOrchestrated || !victim.facts.isOrchestrated)
                #expect(group.match.fits(victim.facts))
                #expect((now - (victim.sampled ?? .min / 2)).magnitude <= UInt64(2 * Self.second))
                #expect(decision.ranking.count - decision.place > group.keep)
                #expect(decision.ranking.allSatisfy { ranked in group.order.allSatisfy { ranked.values[$0.metric] != nil } })
                #expect(time - (world.born[victim.id] ?? time) >= group.grace)
                if let last = acted[victim.id] { #expect(time - last >= group.cooldown) }
                acted[victim.id] = time
                done.append(time)
            }
            #expect(done.count { time - $0 < 60 * Self.second } <= policy.actionsPerMinute)
            if policy.mode == .enforce {
                world.containers.removeAll { container in decisions.contains { $0.victim.id == container.id && $0.action.ends } }
            }
        }
    }

    @Test("Five thousand containers are ranked like five")
    func thousands() throws {
        var host = try TestHost(
            "{mode: enforce, period: 5s, grace: 1s, max_actions_per_minute: 1000, groups: [{name: all, match: {name: \"*\"}, keep: 4500, action: stop}]}"
        )
        for number in 0..<5000 { host.add("c\(number)", memory: Double(number)) }
        let decisions = host.run(seconds: 6)
        #expect(decisions.victims == (4500..<5000).reversed().map { "c\($0)" })
        // The detail has to stay small enough for an event.
        #expect((decisions.first?.detail().utf8.count ?? .max) < 8192)
    }
}
