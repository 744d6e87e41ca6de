import Foundation
import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// Wall clocks that are changed while a run is in progress.
    @Suite("Wall clocks that are set") struct SystemClocks {
        @Test(
            "Neither an agent's wall clock nor the collector's, set by hours, bends the grid or costs a tick, and the next run has the right time"
        )
        func jumps() async throws {
            try await Scene.run { scene in
                let clocks = try await ["collector": FakedClock(scene, hours: 0), "agent": FakedClock(scene, hours: 0)]
                let collector = try await scene.collector(prefix: clocks["collector"]?.prefix ?? [])
                _ = try await scene.connectedAgent(collector, node: "faked", prefix: clocks["agent"]?.prefix ?? [])
                _ = try await scene.connectedAgent(collector, node: "true")
                try collector.control.start("clocks", "interval=100ms&expect=2")
                for (number, (who, hours)) in [("agent", 5), ("collector", 7), ("agent", -9), ("collector", -3)].enumerated() {
                    for node in ["faked", "true"] { try await collector.control.ticks(UInt64(number + 1) * 8, of: node) }
                    try clocks[who]?.set(hours: hours)
                    // What it logs now has its own time.
                    let begun = FakedClock.hour(hours)
                    let late = try await scene.connectedAgent(collector, node: "visitor\(number)")
                    if who == "collector" {
                        // The hour in which it came, or already the next.
                        #expect(
                            collector.child.errors.split(separator: "\n").contains { line in
                                line.contains("visitor\(number)") && [begun, FakedClock.hour(hours)].contains { line.hasPrefix($0) }
                            },
                            "the collector's clock is set by \(hours) hours: \(collector.child.errors)")
                    }
                    try await late.child.terminate()
                }
                for node in ["faked", "true"] { try await collector.control.ticks(48, of: node) }
                let manifest = try collector.control.stop()
                // The clock was set between two commits, and read some milliseconds later.
                let ahead = manifest.wallClock?.map { (Double($0.aheadUs) / 3_600_000_000).rounded() }
                #expect(ahead == [7, -3], "the run says by how many hours the collector's wall clock was ahead of its time: \(manifest)")

                let next = try collector.control.start("next", "interval=100ms&expect=2")
                try await collector.control.ticks(5, of: "true")
                _ = try collector.control.stop()
                let begun = try #require(Timestamp.nanoseconds(next.t0)) / 1000 - manifest.t0Us
                #expect(begun < -2 * 3_600_000_000, "a run that begins after the clock was set back by hours is earlier: \(next.t0)")
                try RecordedRun(collector.data + "/next").checkWhole("faked", "true")

                let run = try RecordedRun(collector.data + "/clocks")
                for node in ["faked", "true"] {
                    let rows = try run.table("agent").rows.filter { $0.node == node }
                    try run.checkWhole(node)
                    #expect(
                        rows.allSatisfy { $0["time"] == Timestamp.string(run.manifest.t0Us + Int64($0.tick) * run.manifest.intervalUs) })
                    let offsets = rows.compactMap { $0.integer("clock_offset_us") }
                    let range = (offsets.max() ?? 0) - (offsets.min() ?? 0)
                    #expect(node == "faked" ? range > 13 * 3_600_000_000 : range < 1_000_000, "\(node)'s clock moved by \(range) µs")
                    // A bent grid would show as ticks that are too near or too far from each other in the time that really passed: by hours.
                    let cost = rows.compactMap { $0.integer("lateness_us") }
                    #expect(cost.allSatisfy { $0 < 60_000_000 }, "\(node) was late by \(cost.max() ?? 0) µs")
                }
                try await scene.verify(run)
            }
        }
    }
}
