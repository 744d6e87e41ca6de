import Foundation
import StatsCore
import TestSupport
import Testing

extension IntegrationTests.Deploy {
    private static let python = ProcessInfo.processInfo.environment["SONDE_PYTHON"]
    private static let rules = "\(Release.deploy)/prometheus/sonde.rules.yaml"

    @Test("Each alert fires when it should and not else, in Prometheus' own account; vmalert takes the same rules", .stores)
    func alerts() async throws {
        try await Scene.run { scene in
            let tests = "\(Release.deploy)/prometheus/sonde.rules.test.yaml"
            try await scene.command("promtool", ["check", "rules", "--lint=all", "--lint-fatal", Self.rules]).succeeded()
            try await scene.command("promtool", ["test", "rules", tests]).succeeded()
            try await scene.command("vmalert", ["-dryRun", "-rule=\(Self.rules)"]).succeeded()

            let (text, tested) = try (String(contentsOfFile: Self.rules, encoding: .utf8), String(contentsOfFile: tests, encoding: .utf8))
            let alerts = text.split(separator: "- alert: ").dropFirst()
            #expect(alerts.count > 15)
            for alert in alerts {
                let name = String(alert.prefix { $0 != "\n" })
                for part in ["severity: ", "summary: ", "description: "] {
                    #expect(alert.split(separator: part, omittingEmptySubsequences: false).count == 2, "\(name) has no \(part)")
                }
                // It has a test in which it fires.
                #expect(tested.contains("alertname: \(name)\n        exp_alerts:\n"), "no test lets \(name) fire")
            }
        }
    }

    @Test(
        "What fires in Prometheus' account of the rules' tests fires in VictoriaMetrics at the same instants", .stores,
        .enabled(if: python != nil, "needs SONDE_PYTHON"))
    func replay() async throws {
        try await Scene.run { scene in
            // Each test has a day of its own in the past.
            let store = try await MetricsStore(.victoriaMetrics, scene, options: ["-retentionPeriod=100y"])
            let tests = "\(Release.deploy)/prometheus/sonde.rules.test.yaml"
            let words = [Checkout.tests + "/Integration/replay_alerts.py", tests, "\(store.client.port)"]
            let report = try await scene.command(#require(Self.python), words).succeeded()
            #expect(report.contains("alerts as Prometheus has them"), "\(report)")
        }
    }

    @Test(
        "The dashboard's queries are PromQL that Prometheus and VictoriaMetrics read, each panel has a title and a unit, and none covers another",
        .stores)
    func dashboard() async throws {
        try await Scene.run { scene in
            let rules = scene.path("rules.yaml")
            let script = Checkout.tests + "/Integration/check_dashboard.py"
            let queries = try await scene.command("python3", [script, "\(Release.deploy)/grafana/sonde.json", rules]).succeeded()
            #expect(queries.split(separator: "\n").count > 30)
            try await scene.command("promtool", ["check", "rules", rules]).succeeded()
            try await scene.command("vmalert", ["-dryRun", "-rule=\(rules)"]).succeeded()
        }
    }

    @Test(
        "The store for Compose, Swarm and Kubernetes is one thing, of pinned images, with nothing published but Grafana on loopback and no password in an environment",
        .stores, .enabled(if: python != nil, "needs SONDE_PYTHON"))
    func store() async throws {
        try await Scene.run { scene in
            let script = Checkout.tests + "/Integration/check_store.py"
            let output = try await scene.command(#require(Self.python), [script, Release.deploy]).succeeded()
            // VictoriaMetrics knows its arguments.
            let words = try JSONDecoder().decode([String].self, from: Data(output.utf8)).filter { !$0.hasPrefix("-storageDataPath=") }
            #expect(words.count > 2)
            _ = try await MetricsStore(.victoriaMetrics, scene, options: words)
        }
    }
}
