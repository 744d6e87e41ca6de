import Foundation
import Glibc
import StatsCore
import Testing

extension FaultTests {
    /// Collector and agents that end, or stop, while a run is in progress.
    @Suite struct SystemKills {
        private enum Victim: CaseIterable {
            case collector, agent, both
        }

        @Test("However often agent and collector are killed, each tick is in the run or named")
        func killedAtRandom() async throws {
            var random = FaultPlan.random()
            try await Scene.run { scene in
                var collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector, node: "spared")
                var agent = try await scene.connectedAgent(collector, node: "killed")
                try collector.control.start("kills", "interval=50ms&expect=2")
                for node in ["spared", "killed"] { try await collector.control.ticks(3, of: node) }

                var kills = [Victim: Int]()
                for _ in 0..<FaultPlan.count(short: 9, long: 150) {
                    // The moment is the test: it is not waited for anything.
                    try await Task.sleep(for: .milliseconds(.random(in: 0...400, using: &random)))
                    let victim = Victim.allCases.randomElement(using: &random) ?? .both
                    kills[victim, default: 0] += 1
                    if victim != .agent { try await collector.child.crash() }
                    if victim != .collector { try await agent.child.crash() }
                    if victim != .agent { collector = try await scene.collector(like: collector) }
                    if victim != .collector { agent = try await scene.agent(collector, node: "killed", state: agent.state) }
                }
                #expect(kills.count == Victim.allCases.count, "each was killed: \(kills)")
                for node in ["spared", "killed"] {
                    let before = try collector.control.ticks(of: node)
                    try await collector.control.ticks(before + 3, of: node)
                }
                let manifest = try collector.control.stop()
                let run = try RecordedRun(collector.data + "/kills")
                try await run.checkFiles(scene)
                try await scene.verify(run)
                let missing = try run.checkLedger(nodes: ["spared", "killed"])
                // Where the machine is busy, an agent that nothing happens to may still be late.
                #expect(missing["spared"]?.values.allSatisfy { $0 == "overrun" } == true, "an agent that lives loses nothing: \(missing)")
                #expect(missing["killed"]?.isEmpty == false, "an agent that is dead reads nothing: \(manifest.verdict ?? "no verdict")")
                FaultPlan.report(
                    "kills of agent, collector or both survived with every tick there or named", "\(kills.values.reduce(0, +))")
            }
        }

        @Test("While the collector is away its agents go on, also those that are ended or killed meanwhile, and all of it arrives later")
        func collectorAway() async throws {
            try await Scene.run { scene in
                var collector = try await scene.collector()
                let nodes = ["steady", "ended", "killed"]
                var agents: [String: Agent] = [:]
                for node in nodes { agents[node] = try await scene.connectedAgent(collector, node: node) }
                try collector.control.start("away", "interval=50ms&expect=3")
                for node in nodes { try await collector.control.ticks(5, of: node) }
                try await collector.child.crash()
                // Long enough for the spool to have taken over from memory.
                let began = ContinuousClock.now
                let away = Duration.seconds(FaultPlan.count(short: 4, long: 60))
                try await eventually("half of the outage", within: away + .seconds(5)) { began.duration(to: .now) > away / 2 }
                let ended = try #require(agents["ended"])
                #expect(try await ended.child.terminate() == 0)
                let killed = try #require(agents["killed"])
                try await killed.child.crash()
                for agent in [ended, killed] { agents[agent.node] = try await scene.agent(collector, node: agent.node, state: agent.state) }
                try await eventually("the end of the outage", within: away + .seconds(5)) { began.duration(to: .now) > away }
                let spooled = try nodes.map { try Self.size(scene.path("state-\($0)")) }
                #expect(spooled.allSatisfy { $0 > 10_000 }, "what is not acknowledged is on the agents' disks: \(spooled)")

                collector = try await scene.collector(like: collector)
                let back = ContinuousClock.now
                try await collector.control.ticks(UInt64(away / .milliseconds(50)), of: "steady", within: .seconds(60))
                FaultPlan.report(
                    "the collector was away for \(away), 50 ms interval: all of it on its disk after",
                    "\(back.duration(to: .now) / .seconds(1)) s")
                for node in nodes {
                    let before = try collector.control.ticks(of: node)
                    try await collector.control.ticks(before + 3, of: node)
                }
                _ = try collector.control.stop()

                let run = try RecordedRun(collector.data + "/away")
                try await run.checkFiles(scene)
                try await scene.verify(run)
                let missing = try run.checkLedger(nodes: nodes)
                #expect(missing["steady"]?.values.allSatisfy { $0 == "overrun" } == true, "\(missing)")
                // 200 ms to end and start again, and what was in a killed agent's memory: a second and what was being synced.
                let mostMissed = ["ended": 60, "killed": 120]
                for (node, most) in mostMissed {
                    #expect(missing[node]?.count ?? .max <= most, "\(node) misses \(missing[node] ?? [:])")
                }
            }
        }

        @Test("An agent or a collector that stands still, for longer than anybody waits for it, is missed and nothing else")
        func stopped() async throws {
            // 20 s is beyond each side's patience of 15 s.
            let still = Duration.seconds(FaultPlan.count(short: 3, long: 20))
            try await Scene.run { scene in
                let collector = try await scene.collector()
                let stopped = try await scene.connectedAgent(collector, node: "stopped")
                _ = try await scene.connectedAgent(collector, node: "beside")
                try collector.control.start("still", "interval=50ms&expect=2")
                for node in ["stopped", "beside"] { try await collector.control.ticks(3, of: node) }

                try await Self.stand(stopped.child, for: still)
                var before = try collector.control.ticks(of: "stopped")
                try await collector.control.ticks(before + 3, of: "stopped", within: .seconds(10))

                try await Self.stand(collector.child, for: still)
                before = try collector.control.ticks(of: "beside")
                let resumed = ContinuousClock.now
                try await collector.control.ticks(before + 3, of: "beside", within: .seconds(10))
                FaultPlan.report("first rows after the collector stood still for \(still)", "\(resumed.duration(to: .now) / .seconds(1)) s")

                let manifest = try collector.control.stop()
                let run = try RecordedRun(collector.data + "/still")
                try await run.checkFiles(scene)
                try await scene.verify(run)
                let missing = try run.checkLedger(nodes: ["stopped", "beside"])
                #expect(missing["beside"]?.values.allSatisfy { $0 == "overrun" } == true, "\(manifest.verdict ?? "no verdict")")
                // The last tick before and the first one behind may have been read.
                let ticks = Int(still / .milliseconds(50))
                #expect(((ticks - 3)...(ticks + 60)).contains(missing["stopped"]?.count ?? 0), "\(manifest.verdict ?? "no verdict")")
                #expect(
                    missing["stopped"]?.values.allSatisfy { $0 == "overrun" } == true, "it was not scheduled: \(manifest.verdict ?? "")")
            }
        }

        /// Stops a process with SIGSTOP for so long, and sees that the kernel says so.
        private static func stand(_ child: Child, for length: Duration) async throws {
            child.signal(SIGSTOP)
            let end = ContinuousClock.now + length
            try await eventually("\(child.name) standing still") { KernelFacts.state(child.pid) == "T" }
            try await eventually("the end of the stillness", within: length + .seconds(5)) { ContinuousClock.now >= end }
            #expect(KernelFacts.state(child.pid) == "T")
            child.signal(SIGCONT)
        }

        /// The bytes of all files below a directory.
        private static func size(_ directory: String) throws -> Int {
            let names = FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String } ?? []
            return try names.reduce(0) { sum, name in
                let facts = try FileManager.default.attributesOfItem(atPath: "\(directory)/\(name)")
                return sum + (facts[.type] as? FileAttributeType == .typeRegular ? facts[.size] as? Int ?? 0 : 0)
            }
        }
    }
}

extension KernelFacts {
    /// The letter of a process's state: `T` for one that was stopped.
    static func state(_ pid: pid_t) -> Character? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), let close = text.lastIndex(of: ")") else {
            return nil
        }
        return text[text.index(after: close)...].first { $0 != " " }
    }
}
