import Foundation
import StatsCore
import TestSupport
import Testing

extension IntegrationTests.Failover {
    /// What an agent has written for the collector that it names first.
    private struct FirstRoom: SpoolFiles {
        let directory: String
    }

    @Test(
        "A collector that an agent names twice is one to it, also after a restart: by the second name it isn't gone to, the log says both and what to do, and by the first one it gets each tick once"
    )
    func namedTwice() async throws {
        try await Scene.run { scene in
            let fleet = try await FailoverFleet(scene, count: 1)
            let names = ["127.0.0.1", "127.0.0.2"].map { "\($0):\(fleet.collectors[0].port)" }
            let first = try await fleet.agent("n0", named: names)
            try await fleet.joined("n0", at: 0)
            try fleet.collectors[0].control.start("x", "interval=100ms")
            try await fleet.collectors[0].control.ticks(5, of: "n0")
            try await fleet.collectors[0].child.crash()
            let room = FirstRoom(directory: first.state)
            let before = try room.contents()
            try await eventually("ticks of the time without a collector on the disk") { try room.contents() != before }
            try await first.child.crash()

            // The collector can only be reached by its other name for a while.
            fleet.collectors[0].listen = names[1]
            try await fleet.restart(0)
            let second = try await fleet.agent("n0", named: names)
            let words = "this is the same collector as \(names[0]), and this agent goes there by that name only: name each collector once"
            try await eventually("both names in the log") { second.child.errors.contains("collector=\(names[1]) reason=\(words)") }
            #expect(try fleet.report("n0", at: 0)?.isConnected != true)
            try await fleet.collectors[0].child.crash()

            fleet.collectors[0].listen = names[0]
            try await fleet.restart(0)
            try await fleet.joined("n0", at: 0)
            let due = try fleet.collectors[0].control.ticks(of: "n0")
            try await fleet.collectors[0].control.ticks(due + 5, of: "n0")
            // What was read before the agent's restart has come, too: a collector takes nothing of an epoch before the one that it knows.
            #expect(try fleet.refusals("stale_epoch", at: 0) == 0)
            let warnings = second.child.errors.split(separator: "\n").count { $0.contains("the same collector") && $0.contains("warning") }
            #expect(warnings == 1, "\(second.child.diary)")
            _ = try fleet.collectors[0].control.stop()
            let run = try RecordedRun("\(fleet.collectors[0].data)/x")
            try await run.checkFiles(scene)
            // Only the agent's own death cost ticks, all in one piece.
            let gaps = try run.table("gaps").rows.filter { $0["reason"] != "overrun" }
            #expect(gaps.count <= 1 && gaps.allSatisfy { $0["reason"] == "away" }, "\(gaps)")
        }
    }
}
