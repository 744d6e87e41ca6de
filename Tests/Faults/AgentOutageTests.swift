import Foundation
import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// What an outage costs an agent, and how the agent recovers.
    @Suite("A long outage") struct AgentOutages {
        /// A process's use of the host's resources.
        private struct Footprint {
            let residentKiB: Int
            let threads: Int
            let descriptors: Int

            init(_ pid: pid_t) throws {
                func value(_ key: String, _ text: String) -> Int {
                    text.split(separator: "\n").first { $0.hasPrefix(key) }.flatMap {
                        $0.split(whereSeparator: \.isWhitespace).dropFirst().first
                    }
                    .flatMap { Int($0) } ?? 0
                }
                let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
                residentKiB = value("VmRSS:", status)
                threads = value("Threads:", status)
                descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
            }
        }

        @Test("A long outage costs an agent no memory, no descriptors and no threads, and all of it arrives soon after")
        func longOutage() async throws {
            try await Scene.run { scene in
                let collector = try scene.scriptedCollector()
                let host = try KernelFixture(scene, tickBytes: 20_000)
                let lives = try AgentLives(scene, collector, options: host.options)
                // In the long form six thousand ticks: at one a second, that is more than an hour and a half.
                try await lives.begin(interval: 10_000)
                try await eventually("all the memory that it takes") { collector.ledger.entries.count > 50 }
                let before = try Footprint(lives.child.pid)
                collector.behave { $0.isAway = true }
                let from = collector.ledger.entries.count
                try await collector.outlasts(FaultPlan.isLong ? 6000 : 300)
                let after = try Footprint(lives.child.pid)
                let returned = ScriptedCollector.now()
                collector.behave { $0.isAway = false }
                try await eventually("the first frame") { collector.ledger.entries.count > from }
                let first = ScriptedCollector.now()
                let due = try Grid(t0: #require(collector.order).t0, interval: 10_000).latest(at: returned) ?? 0
                try await eventually("the backlog") { (collector.ledger.entries.last?.ticks.upperBound ?? 0) >= due }
                let all = ScriptedCollector.now()
                let ledger = try await lives.settle()

                FaultPlan.report("agent: from the collector's return to the first frame", "\((first - returned) / 1000) ms")
                FaultPlan.report(
                    "agent: from the first frame to all of \(ledger.entries.count - from) frames' backlog", "\((all - first) / 1000) ms")
                FaultPlan.report(
                    "agent: resident memory before and after an outage of \((returned - (collector.order?.t0 ?? 0)) / 1_000_000) s",
                    "\(before.residentKiB) and \(after.residentKiB) KiB")
                #expect(after.residentKiB < before.residentKiB + 16 * 1024, "\(before), \(after)")
                #expect(after.threads <= before.threads + 2 && after.descriptors <= before.descriptors + 4, "\(before), \(after)")
            }
        }
    }
}
