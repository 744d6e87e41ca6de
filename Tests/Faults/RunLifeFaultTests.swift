import Foundation
import StatsCore
import TestSupport
import Testing

extension FaultTests {
    @Suite("Runs that are compressed and removed") struct RunLifeFaults {
        /// Where a program is killed: at the n-th of these calls.
        private static let calls = ["renameat,renameat2,rename", "unlinkat,unlink", "fsync", "pwrite64"]

        private static func recorded(_ scene: Scene, _ collector: Collector) async throws -> RecordedRun {
            _ = try await SyntheticFleet(scene, collector, count: 1)
            try collector.control.start("run", "interval=10ms&duration=200ms")
            try await collector.control.runOver()
            return try RecordedRun(collector.data + "/run")
        }

        @Test("Killed at whatever step, neither compressing nor decompressing loses a byte, and doing it again finishes it")
        func compressing() async throws {
            try await Scene.run { scene in
                let run = try await Self.recorded(scene, scene.collector())
                let whole = try await scene.command(Products.cli, ["verify", run.directory])
                var kills = 0
                for (index, words) in [["compress", run.directory], ["compress", run.directory, "--decompress"]].enumerated() {
                    for call in Self.calls {
                        for number in FaultPlan.isLong ? Array(1...8) : [1, 2] {
                            let fault = Injection(scene, [.init(call, "signal=KILL", when: "\(number)")])
                            let killed = try await scene.command(
                                fault.prefix[0], Array(fault.prefix.dropFirst()) + [Products.cli] + words)
                            if fault.hasKilled { kills += 1 }
                            let verified = try await scene.command(Products.cli, ["verify", run.directory])
                            #expect(verified.status == whole.status && verified.output == whole.output, "\(killed)\n\(verified)")
                        }
                    }
                    try await scene.command(Products.cli, words).succeeded()
                    let names = try FileManager.default.contentsOfDirectory(atPath: run.directory).filter { $0.contains(".csv") }
                    #expect(
                        Set(names) == Set(run.manifest.files.keys.map { index == 0 && !RunFiles.staysPlain($0) ? $0 + ".gz" : $0 }),
                        "\(names)")
                }
                try await run.checkFiles(scene)
                #expect(kills >= 8, "as many times it was killed")
            }
        }

        @Test("A collector that is killed while it removes a run leaves it whole or gone, and the next one removes the rest")
        func removing() async throws {
            try await Scene.run { scene in
                var deaths = 0
                for (call, number) in [("renameat,renameat2", 1), ("unlinkat", 1), ("unlinkat", 3), ("mkdirat", 1)] {
                    let data = try scene.makeDirectory("data-\(call)-\(number)")
                    var collector = try await scene.collector(data: data)
                    let run = try await Self.recorded(scene, collector)
                    _ = try await collector.child.terminate()
                    let fault = Injection(scene, [.init(call, "signal=KILL", when: "\(number)")])
                    collector = try await scene.collector(like: collector, prefix: fault.prefix)
                    _ = try? collector.control.send("DELETE", "/runs/run")
                    _ = try await collector.child.ended()
                    deaths += fault.hasKilled ? 1 : 0
                    _ = try await scene.collector(like: collector)
                    if FileManager.default.fileExists(atPath: run.directory) {
                        try await scene.verify(run)
                    } else {
                        try await eventually("the rest to be removed") {
                            try FileManager.default.subpathsOfDirectory(atPath: data).allSatisfy { [".id", ".lock"].contains($0) }
                        }
                    }
                }
                #expect(deaths == 4)
            }
        }
    }
}
