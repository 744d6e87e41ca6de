import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// Collector and agents that are killed or stopped while a run is in progress.
    @Suite("A whole system that is killed") struct SystemKills {
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
                    // This isn't a wait: the kill has to come at a random moment.
                    try await Task.sleep(for: .milliseconds(.random(in: 0...400, using: &random)))
                    let victim = Victim.allCases.randomElement(using: &random) ?? .both
                    kills[victim, default: 0] += 1
                    if victim != .agent { try await collector.child.crash() }
                    if victim != .collector {
                        try await agent.child.crash()
                        // One that is back within a tick misses none: it is dead for two of them.
                        try await Task.sleep(for: .milliseconds(100))
                    }
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
                try run.checkWhole("spared")
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
                // Long enough for frames to move from memory to the spool.
                let began = ContinuousClock.now
                let away = Duration.seconds(FaultPlan.count(short: 4, long: 60))
                try await eventually("half of the outage", within: away + .seconds(60)) { began.duration(to: .now) > away / 2 }
                let ended = try #require(agents["ended"])
                let killed = try #require(agents["killed"])
                let fell = ContinuousClock.now
                #expect(try await ended.child.terminate() == 0)
                try await killed.child.crash()
                for agent in [ended, killed] { agents[agent.node] = try await scene.agent(collector, node: agent.node, state: agent.state) }
                let wereDown = fell.duration(to: .now)
                try await eventually("the end of the outage", within: away + .seconds(60)) { began.duration(to: .now) > away }
                try await eventually("what is not acknowledged on the agents' disks") {
                    try nodes.allSatisfy { try Self.size(scene.path("state-\($0)")) > 10_000 }
                }

                collector = try await scene.collector(like: collector)
                let back = ContinuousClock.now
                try await collector.control.ticks(UInt64(away / .milliseconds(50)) / 2, of: "steady")
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
                try run.checkWhole("steady")
                // The time that they were down, a second to fall in again, and what was in a killed agent's memory: a second and what was being synced.
                for (node, more) in [("ended", Duration.seconds(2)), ("killed", .seconds(5))] {
                    let lost = missing[node]?.filter { $0.value != "overrun" } ?? [:]
                    #expect(lost.count <= Int((wereDown + more) / .milliseconds(50)), "\(node) misses \(lost)")
                }
            }
        }

        @Test("An agent or a collector that stands still, for longer than anybody waits for it, is missed and nothing else")
        func stopped() async throws {
            // 20 s is longer than the time limit of either side, 15 s.
            let still = Duration.seconds(FaultPlan.count(short: 3, long: 20))
            try await Scene.run { scene in
                let collector = try await scene.collector()
                let stopped = try await scene.connectedAgent(collector, node: "stopped")
                _ = try await scene.connectedAgent(collector, node: "beside")
                try collector.control.start("still", "interval=50ms&expect=2")
                for node in ["stopped", "beside"] { try await collector.control.ticks(3, of: node) }

                let stood = try await Self.stand(stopped.child, for: still)
                var before = try collector.control.ticks(of: "stopped")
                try await collector.control.ticks(before + 3, of: "stopped")

                _ = try await Self.stand(collector.child, for: still)
                before = try collector.control.ticks(of: "beside")
                let resumed = ContinuousClock.now
                try await collector.control.ticks(before + 3, of: "beside")
                FaultPlan.report("first rows after the collector stood still for \(still)", "\(resumed.duration(to: .now) / .seconds(1)) s")

                let manifest = try collector.control.stop()
                let run = try RecordedRun(collector.data + "/still")
                try await run.checkFiles(scene)
                try await scene.verify(run)
                let missing = try run.checkLedger(nodes: ["stopped", "beside"])
                for node in ["stopped", "beside"] { try run.checkWhole(node) }
                // It stood still for all of that time, in which the last tick before and the first one behind may have been read.
                let longest = try run.table("gaps").rows.filter { $0.node == "stopped" }.compactMap { $0.integer("ticks") }.max() ?? 0
                let ticks = Int64(still / .milliseconds(50))...Int64(stood / .milliseconds(50))
                #expect((ticks.lowerBound - 3...ticks.upperBound + 60).contains(longest), "\(manifest.verdict ?? "no verdict")")
                #expect(missing["stopped"]?.count ?? 0 >= longest)
            }
        }

        /// Stops a process with SIGSTOP for so long at least, and sees that the kernel says so.
        /// - Returns: how long it was.
        private static func stand(_ child: Child, for length: Duration) async throws -> Duration {
            let begun = ContinuousClock.now
            child.signal(SIGSTOP)
            let end = ContinuousClock.now + length
            try await eventually("\(child.name) standing still") { KernelFacts.state(child.pid) == "T" }
            try await eventually("the end of the stillness", within: length + .seconds(60)) { ContinuousClock.now >= end }
            #expect(KernelFacts.state(child.pid) == "T")
            child.signal(SIGCONT)
            return begun.duration(to: .now)
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
