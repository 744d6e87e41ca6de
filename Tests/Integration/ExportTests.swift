import Foundation
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    @Suite("Exports") struct Exports {
        private static let python = ProcessInfo.processInfo.environment["SONDE_PYTHON"]

        @Test(
            "pyarrow, DuckDB and polars read each value of exported runs with its type, and rates and kubemon's files are what they should be",
            .engine,
            .enabled(if: python != nil, "needs SONDE_PYTHON, a Python that has pyarrow, duckdb and polars; .ci/run makes one"))
        func readers() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                var ids: [String] = []
                for name in ["NA", "007"] { ids.append(try await lab.run(scene, name: name, "sleep 1000")) }
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(
                    collector, node: "a, \"b\" ünïcode", containers: "cgroup", socket: lab.socket, options: Lab.only)
                try await collector.control.shows(ids)
                try collector.control.start("exported", "interval=100ms&duration=3s")
                try await collector.control.runOver()
                let checked = try await scene.command(
                    Self.python ?? "python3",
                    ["\(Checkout.tests)/Integration/check_export.py", Products.cli, scene.path("exports"), "\(collector.data)/exported"])
                #expect(checked.status == 0, "\(checked)")
            }
        }

        @Test("An export that finds no room, or is killed, leaves no file under its name; the next one begins anew")
        func interrupted() async throws {
            try await Scene.run { scene in
                let recorded = try await scene.command(
                    Products.cli, ["record", "--output", scene.path("run"), "--interval", "100ms", "--duration", "1s"])
                #expect(recorded.status == 0 || recorded.status == 2, "\(recorded)")
                let output = scene.path("out")
                func export(_ limit: String) async throws -> Command {
                    try await scene.command(
                        "/bin/sh", ["-c", "\(limit) \(Products.cli) export \(scene.path("run")) --output \(output)"])
                }
                // A file may have 8 KiB: the write behind that fails as on a full disk. Later it is killed when its files are about to be synced.
                let failed = try await export("trap '' XFSZ; ulimit -f 8; exec")
                #expect(failed.status == 1 && failed.errors.contains("cannot write"), "\(failed)")
                #expect(try FileManager.default.contentsOfDirectory(atPath: output) == [])
                let killed = try await export("exec strace -f -qq -o /dev/null -e inject=fsync,fdatasync:signal=KILL")
                #expect(killed.status != 0 && killed.status != 1, "\(killed)")
                let left = try FileManager.default.contentsOfDirectory(atPath: output)
                #expect(!left.isEmpty && left.allSatisfy { $0.hasPrefix(".") }, "\(left)")
                let done = try await export("exec")
                #expect(done.status == 0, "\(done)")
                #expect(try FileManager.default.contentsOfDirectory(atPath: output).allSatisfy { !$0.hasPrefix(".") })
            }
        }
    }
}
