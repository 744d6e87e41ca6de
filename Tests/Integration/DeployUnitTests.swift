import Testing

extension IntegrationTests.Deploy {
    @Test("The units give the programs no more than they need, in systemd's own account", arguments: [("agent", 3.0), ("collector", 2.0)])
    func units(_ name: String, limit: Double) async throws {
        try await Scene.run { scene in
            let words = ["security", "--offline=true", "--no-pager", "\(Release.deploy)/systemd/sonde-\(name).service"]
            let report = try await scene.command("systemd-analyze", words, environment: ["SYSTEMD_COLORS": "0"]).succeeded()
            // → Overall exposure level for sonde-agent.service: 2.4 OK
            let line = try #require(report.split(separator: "\n").last { $0.contains("Overall exposure level") })
            let exposure = try #require(line.split(separator: ": ").last.flatMap { Double($0.prefix { $0 != " " }) })
            #expect(exposure <= limit, "\(report)")
        }
    }
}
