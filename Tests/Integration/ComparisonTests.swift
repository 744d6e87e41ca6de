import Foundation
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// numpy and scipy compute the same by code that shares nothing with ours.
    @Suite("Summaries and comparisons beside scipy") struct Comparing {
        private static let python = ProcessInfo.processInfo.environment["SONDE_PYTHON"]

        @Test(
            "Means, quantiles and totals are what pandas finds in the same files; intervals and effect sizes are scipy's",
            .enabled(if: python != nil, "needs SONDE_PYTHON, a Python that has scipy and pandas; .ci/run makes one"))
        func scipy() async throws {
            try await Scene.run { scene in
                let directory = scene.path("runs")
                try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
                let checked = try await scene.command(
                    Self.python ?? "python3", ["\(Checkout.tests)/Integration/check_compare.py", Products.cli, directory])
                #expect(checked.status == 0, "\(checked)")
            }
        }

        @Test("Recorded runs are summed up and compared: exit status 3 when a condition holds, 1 with runs that miss something, 0 else")
        func recorded() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector, node: "n", containers: "off")
                for name in ["a", "b"] {
                    try collector.control.start(name, "interval=100ms&duration=1s")
                    try await collector.control.runOver()
                }
                let (a, b) = (collector.data + "/a", collector.data + "/b")
                let summary = try await scene.command(Products.cli, ["summary", a, b, "--by", "host"]).succeeded()
                #expect(summary.contains("CPU of all cores") && summary.contains("memory in use"))
                func compare(_ words: String...) async throws -> Command {
                    // 2: the machine was too busy for a tick, which is named.
                    try await scene.command(Products.cli, ["compare", a, "--to", b, "--allow-incomplete"] + words)
                }
                #expect(try await compare().status == 0)
                #expect(try await compare("--fail-if", "memory_bytes:max < +1000%").status == 3)
                #expect(try await compare("--fail-if", "memory_bytes:max > +1000%").status == 0)
                #expect(try await compare("--window", "no mark..").status == 1)
                let page = scene.path("page.html")
                let drawn = try await compare("--output", page, "--csv")
                #expect(drawn.status == 0 && drawn.output.hasPrefix("kind,node,name,measure"))
                #expect(try String(contentsOfFile: page, encoding: .utf8).contains("Distributions"))
                let run = try RecordedRun(b)
                #expect(run.manifest.state == .complete || run.manifest.state == .incomplete)
                let open = try await scene.command(Products.cli, ["compare", a, "--to", collector.data])
                #expect(open.status == 1 && open.errors.contains("is no run"))
            }
        }
    }
}
