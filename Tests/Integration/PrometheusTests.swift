import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// The metrics, read by Prometheus' own Python client, by promtool and by a server that scrapes.
    @Suite("Prometheus") struct Prometheus {
        @Test(
            "Prometheus' own client and promtool read what the collector tells, hostile names too, and the dashboard and the alerts ask for nothing else",
            .engine,
            .prometheus, .enabled(if: python != nil, "needs SONDE_PYTHON, a Python that has prometheus-client; .ci/run makes one"))
        func official() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                let (node, project) = (#"a"b\c ünï"#, "q\"uo\\te\nline 👩‍🚀 \u{202E}rtl")
                _ = try await lab.run(
                    scene, name: "limited", "while :; do :; done",
                    options: ["--cpus", "0.3", "-m", "64m", "--label", "com.docker.compose.project=\(project)"])
                // Nobody listens there, which is told, too.
                let words = ["--metrics-processes", "--remote-write", "http://127.0.0.1:1/api/v1/write"]
                let collector = try await scene.collector(options: words)
                _ = try await scene.connectedAgent(collector, node: node, containers: "docker", socket: lab.socket)
                _ = try await Self.cpu(of: "limited", collector)
                let samples = try await Self.samples(scene, from: collector.control)
                let container = ["node": node, "name": "limited", "container_label_com_docker_compose_project": project]
                #expect(samples.value("container_spec_memory_limit_bytes", container) == 67_108_864)
                #expect(samples.value("container_spec_cpu_quota", container) == 30_000)
                #expect(samples.value("container_spec_cpu_period", container) == 100_000)
                #expect(samples.value("node_memory_MemTotal_bytes", ["node": node]) ?? 0 > 1_000_000)
                #expect(samples.contains { $0.name == "sonde_process_resident_memory_bytes" && $0.labels["comm"] == "sh" })

                let known = Set(samples.map(\.name))
                let asked = try Self.askedNames()
                #expect(asked.count > 40)
                // Linux since 6.10 tells no block I/O of containers under cgroup v1.
                let tellsBlockIO = known.contains { $0.hasPrefix("container_fs_") }
                let untold = asked.subtracting(known).subtracting(Self.seldom).filter { tellsBlockIO || !$0.hasPrefix("container_fs_") }
                #expect(untold.isEmpty, "the dashboard or an alert asks for what nobody tells: \(untold)")
            }
        }

        @Test(
            "A real Prometheus scrapes a collector with a token and an agent, and has the values that /containers has", .engine, .prometheus
        )
        func scrape() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                _ = try await lab.workload(scene, "burn").succeeded()
                let token = scene.path("token")
                _ = try await scene.command(Products.cli, ["token", token]).succeeded()
                var collector = try await scene.collector(options: ["--token-file", token])
                collector.control.token = try String(contentsOfFile: token, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
                _ = try await scene.agent(
                    collector, node: "here", containers: "docker", socket: lab.socket, options: ["--token-file", token])
                let alone = try await Self.scrapedAgent(
                    scene, node: "alone", options: ["--containers", "docker", "--docker-socket", lab.socket])

                let before = try await Self.cpu(of: "burn", collector)
                let server = try await Self.server(scene, collector: collector.control.port, agent: alone.port, token: token)
                for node in ["here", "alone"] {
                    // The container may appear at any scrape and any tick.
                    try await eventually("burn of \(node) in Prometheus", every: .milliseconds(200)) {
                        try server.query("container_cpu_usage_seconds_total{name='burn',instance='\(node)',node='\(node)'}") ?? 0 > before
                    }
                    #expect(try server.query("container_spec_cpu_quota{name='burn',node='\(node)'}") == 50_000)
                    try await eventually("a scrape of each that went well", every: .milliseconds(200)) {
                        try server.query("count(up) - sum(up)") == 0
                    }
                }
                let scraped = try #require(try server.query("container_cpu_usage_seconds_total{name='burn',node='here'}"))
                #expect(try await scraped <= Self.cpu(of: "burn", collector))
                #expect(try server.query("sonde_node_up{node='here'}") == 1)
                // Half a core is its limit; on a busy machine it gets less.
                try await eventually("the rate of burn", every: .milliseconds(200)) {
                    (0.01...0.6).contains(try server.query("rate(container_cpu_usage_seconds_total{name='burn',node='here'}[10s])") ?? 0)
                }
                let refused = try ControlClient(port: collector.control.port).send("GET", "/metrics")
                #expect(refused.status == 401 && refused.failure == "unauthorized")
            }
        }

        @Test(
            "An agent is scraped while its collector is away, and without one, and ends when it is told to", arguments: [false, true])
        func alone(hasCollector: Bool) async throws {
            try await Scene.run { scene in
                // Nobody listens there, and nobody else gets the port.
                let port = try ReservedPort()
                defer { port.release() }
                let collector = hasCollector ? ["--collector", "127.0.0.1:\(port.number)"] : []
                let agent = try await Self.scrapedAgent(scene, node: "n", options: ["--containers", "off"] + collector)
                var newest = 0.0
                // Ticks continue while the agent gives up several tries to connect to a collector.
                for _ in 0..<4 {
                    newest = try await eventually("a tick behind \(newest)\n\(agent.child.diary)") {
                        let answer = try ControlClient(port: agent.port).send("GET", "/metrics")
                        #expect(answer.status == 200)
                        let time = answer.text.firstMatch(of: /\nnode_time_seconds\{node="n"\} ([0-9.]+)\n/).flatMap { Double($0.1) } ?? 0
                        return time > newest ? time : nil
                    }
                }
                #expect(try await agent.child.terminate() == 0)
            }
        }

        fileprivate static let python = ProcessInfo.processInfo.environment["SONDE_PYTHON"]

        /// In seconds, from `/containers`, once the container has a name and a value there.
        private static func cpu(of container: String, _ collector: Collector) async throws -> Double {
            struct View: Decodable {
                let cpu: Double
                enum CodingKeys: String, CodingKey { case cpu = "cpu_us" }
            }
            return try await eventually("CPU time of \(container)") {
                try? collector.control.send("GET", "/containers?id=\(container)").decoded(View.self).cpu / 1e6
            }
        }

        /// The samples of `/metrics`, as Prometheus' client reads them. promtool may complain only about node_exporter's own names.
        private static func samples(_ scene: Scene, from control: ControlClient) async throws -> [Sample] {
            let file = scene.path("metrics")
            let answer = try control.send("GET", "/metrics")
            #expect(answer.status == 200)
            try Data(answer.body).write(to: URL(fileURLWithPath: file))
            let complaints = try await scene.command("sh", ["-c", "promtool check metrics <'\(file)'"])
            for line in complaints.errors.split(separator: "\n") {
                #expect(line.hasPrefix("node_") && line.contains("camelCase"), "\(line)")
            }
            let read = try await scene.command(python ?? "python3", [Checkout.tests + "/Integration/check_metrics.py", file]).succeeded()
            return try read.split(separator: "\n").map { try JSONDecoder().decode(Sample.self, from: Data($0.utf8)) }
        }

        /// What only a run with missing ticks, and a receiver that has lost samples, tells.
        private static let seldom: Set<String> = ["sonde_node_run_missing_ticks_total", "sonde_remote_write_dropped_samples_total"]

        /// The names of metrics in the queries of the dashboard and of the alerts.
        private static func askedNames() throws -> Set<String> {
            let board = try String(contentsOfFile: Release.deploy + "/grafana/sonde.json", encoding: .utf8)
            let queries = board.matches(of: /"(?:expr|query)": "((?:[^"\\]|\\.)*)"/).map { String($0.1) }
            let rules = try String(contentsOfFile: Release.deploy + "/prometheus/sonde.rules.yaml", encoding: .utf8)
            // From `expr:` to the next key of the rule.
            let alerts = rules.matches(of: /\n        expr:((?:.|\n)*?)\n        \w/).map { String($0.1) }
            return Set(
                (queries + alerts).flatMap { query in
                    query.matches(of: /\b(?:node|container|machine|process|sonde)_\w+/).map { String($0.0) }.filter {
                        !$0.hasPrefix("container_label_")
                    }
                })
        }

        @Test("Sixty idle connections at an agent's port, and requests that are never finished, don't keep a scrape out")
        func crowd() async throws {
            try await Scene.run { scene in
                let agent = try await Self.scrapedAgent(scene, node: "alone", options: ["--containers", "off"])
                for begin in ["", "GET /metrics HTTP/1.1\r\nHost: local"] {
                    let crowd = try (0..<60).map { _ in
                        let connection = try TCPConnection(port: agent.port)
                        connection.send(Array(begin.utf8))
                        return connection
                    }
                    for _ in 0..<20 {
                        let answer = try ControlClient(port: agent.port).send("GET", "/metrics")
                        #expect(answer.status == 200 && answer.text.contains("sonde_agent_build_info"))
                    }
                    for connection in crowd { connection.close() }
                }
            }
        }

        /// Starts an agent with a port for Prometheus, and finds that port.
        private static func scrapedAgent(_ scene: Scene, node: String, options: [String]) async throws -> (child: Child, port: UInt16) {
            let words = ["--metrics", "127.0.0.1:0", "--node", node, "--interval", "200ms", "--state", scene.path("state-\(node)")]
            let child = try scene.start(Products.agent, words + options)
            let port = try await eventually("the port of \(node)\n\(child.diary)") {
                child.output.firstMatch(of: /metrics on http:\/\/127\.0\.0\.1:(\d+)\n/).flatMap { UInt16($0.1) }
            }
            return (child, port)
        }

        /// Starts a Prometheus with the shipped configuration, changed to these ports.
        private static func server(_ scene: Scene, collector: UInt16, agent: UInt16, token: String) async throws -> Server {
            var text = try String(contentsOfFile: Release.deploy + "/prometheus/prometheus.yaml", encoding: .utf8)
            let marked = "    # authorization:\n    #   credentials_file: sonde.token\n"
            let first = try #require(text.range(of: marked))
            text.replaceSubrange(first, with: "    authorization:\n      credentials_file: \(token)\n")
            for (shown, real) in [
                ("127.0.0.1:9880", "127.0.0.1:\(collector)"), ("127.0.0.1:9823", "127.0.0.1:\(agent)"),
                ("scrape_interval: 5s", "scrape_interval: 1s"),
                ("[sonde.rules.yaml]", "[\(Release.deploy)/prometheus/sonde.rules.yaml]"),
            ] {
                #expect(text.contains(shown))
                text = text.replacingOccurrences(of: shown, with: real)
            }
            let file = scene.path("prometheus.yaml")
            try text.write(toFile: file, atomically: true, encoding: .utf8)
            _ = try await scene.command("promtool", ["check", "config", file]).succeeded()
            // It can't be told to take any port that is free. One that is kept for it until it listens is nobody else's.
            let port = try ReservedPort()
            defer { port.release() }
            let child = try scene.start(
                "prometheus",
                ["--config.file=\(file)", "--storage.tsdb.path=\(scene.path("tsdb"))", "--web.listen-address=127.0.0.1:\(port.number)"])
            let server = Server(control: ControlClient(port: port.number))
            try await eventually("Prometheus\n\(child.diary)") {
                (try? server.control.send("GET", "/-/ready").status) == 200
            }
            return server
        }
    }
}

/// A sample as check_metrics.py prints it.
private struct Sample: Decodable {
    let name: String
    let labels: [String: String]
    let value: Double

    init(from decoder: any Decoder) throws {
        var fields = try decoder.unkeyedContainer()
        name = try fields.decode(String.self)
        labels = try fields.decode([String: String].self)
        value = try fields.decode(Double.self)
    }
}

extension [Sample] {
    /// The value of the sample with this name and at least these labels.
    fileprivate func value(_ name: String, _ labels: [String: String]) -> Double? {
        first { sample in sample.name == name && labels.allSatisfy { sample.labels[$0.key] == $0.value } }?.value
    }
}

/// A running Prometheus.
private struct Server {
    let control: ControlClient

    /// The value of the only series in a query's result; `nil` when there is none, or more than one.
    func query(_ query: String) throws -> Double? {
        struct Answer: Decodable {
            struct Series: Decodable {
                /// The time, and the value as text.
                let value: [Part]
            }
            struct Part: Decodable {
                let text: String?
                init(from decoder: any Decoder) throws { text = try? decoder.singleValueContainer().decode(String.self) }
            }
            struct Result: Decodable { let result: [Series] }
            let data: Result
        }
        let encoded = query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let series = try control.send("GET", "/api/v1/query?query=\(encoded)").decoded(Answer.self).data.result
        guard series.count == 1 else { return nil }
        return series[0].value.last?.text.flatMap { Double($0) }
    }
}

extension Trait where Self == ConditionTrait {
    /// A test that needs Prometheus' programs. It is skipped where they aren't installed, except in CI.
    fileprivate static var prometheus: Self {
        .enabled("needs Debian's prometheus") {
            access("/usr/bin/prometheus", X_OK) == 0 || ProcessInfo.processInfo.environment["SONDE_REQUIRE_ENGINE"] == "1"
        }
    }
}
