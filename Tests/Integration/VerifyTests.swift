import Foundation
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// `sonde verify` on runs of real daemons.
    @Suite("sonde verify on real runs") struct Verification {
        @Test("A run is intact in its middle and after a crash, and proved complete once it is closed, from its files alone")
        func life() async throws {
            try await Scene.run { scene in
                var collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector, node: "here")
                let run = collector.data + "/proof"
                try collector.control.start("proof", "interval=50ms&note=verify")
                func verify(_ directory: String = run) async throws -> Command {
                    try await scene.command(Products.cli, ["verify", directory])
                }
                func rows(_ count: UInt64) async throws {
                    let control = collector.control
                    try await eventually("\(count) rows on the disk") { try control.status().run?.rows["host"] ?? 0 >= count }
                }

                try await rows(10)
                let live = try await verify()
                #expect(live.status == 2 && live.output.contains("not closed (recording): what is durable so far is intact"), "\(live)")
                try await collector.child.crash()
                let crashed = try await verify()
                #expect(
                    crashed.status == 2 && crashed.output.contains("not closed (recording): what is durable so far is intact"), "\(crashed)"
                )
                collector = try await scene.collector(like: collector)
                try await rows(20)
                _ = try await scene.sonde(collector, "stop")
                let closed = try await verify()
                let manifest = try RecordedRun(run).manifest
                #expect(closed.status == (manifest.state == .complete ? 0 : 2) && !closed.output.contains("damaged"), "\(closed)")

                let file = try FileHandle(forUpdating: URL(fileURLWithPath: run + "/host.csv"))
                try file.seek(toOffset: manifest.files["host.csv"].map { $0.bytes / 2 } ?? 0)
                try file.write(contentsOf: [0])
                try file.close()
                let damaged = try await verify()
                #expect(
                    damaged.status == 2 && damaged.output.contains("damaged") && damaged.output.contains("checksum  host.csv"), "\(damaged)"
                )
            }
        }
    }
}
