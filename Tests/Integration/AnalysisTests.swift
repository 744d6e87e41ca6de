import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    @Suite("docs/ANALYSIS.md") struct Analysis {
        private static let python = ProcessInfo.processInfo.environment["SONDE_PYTHON"]

        @Test(
            "Each snippet for pandas, polars, DuckDB and R runs on recorded runs, compressed or not, and all of them compute the same rates",
            .engine,
            .enabled(if: python != nil, "needs SONDE_PYTHON, a Python that has pandas, polars, duckdb and matplotlib; .ci/run makes one"),
            .enabled(if: access("/usr/bin/Rscript", X_OK) == 0, "needs R with readr (Debian's r-cran-readr)"))
        func snippets() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                let names = ["NA", "007"]
                var ids: [String] = []
                for name in names { ids.append(try await lab.run(scene, name: name, "while :; do :; done")) }
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector, node: "n1", containers: "cgroup", socket: lab.socket, options: Lab.only)
                try await collector.control.shows(ids)
                for run in ["base-1", "base-2", "fast-1", "fast-2"] {
                    try collector.control.start(run, "interval=100ms")
                    for (mark, ticks) in [("load%20on", 5), ("load%20off", 25)] as [(String, UInt64)] {
                        try await collector.control.ticks(ticks, of: "n1")
                        _ = try collector.control.send("POST", "/mark/\(mark)")
                    }
                    try await collector.control.ticks(30, of: "n1")
                    _ = try collector.control.stop()
                }
                let folder = try scene.makeDirectory("work")
                try FileManager.default.createSymbolicLink(atPath: "\(folder)/data", withDestinationPath: collector.data)
                func check() async throws {
                    let checked = try await scene.command(
                        Self.python ?? "python3", ["\(Checkout.tests)/Integration/check_analysis.py", Checkout.path, folder] + names)
                    #expect(checked.status == 0, "\(checked)")
                }
                try await check()
                try await scene.command(Products.cli, ["compress", "\(collector.data)/base-1", "\(collector.data)/fast-2"]).succeeded()
                try await check()
            }
        }
    }
}
