import Foundation
import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// Wall clocks that are changed while a run is in progress.
    @Suite("Wall clocks that are set") struct SystemClocks {
        @Test("Neither an agent's wall clock nor the collector's, set by hours, bends the grid or costs a tick")
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
                _ = try collector.control.stop()

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
