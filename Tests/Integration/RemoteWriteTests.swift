import Foundation
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// What is written into a real VictoriaMetrics and a real Prometheus, found there by queries.
    @Suite("Remote write") struct RemoteWriteSuite {
        @Test(
            "Each value of a run is in the store at its tick's instant, and nothing else is; no sample came out of order", .engine, .stores,
            arguments: MetricsStore.Kind.allCases)
        func values(kind: MetricsStore.Kind) async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                _ = try await lab.run(scene, name: "limited", "while :; do :; done", options: ["--cpus", "0.3", "-m", "64m"])
                let store = try await MetricsStore(kind, scene)
                let collector = try await scene.collector(options: ["--remote-write", store.url])
                _ = try await scene.connectedAgent(collector, containers: "docker", socket: lab.socket)
                try collector.control.start("values", "interval=200ms&duration=3s&expect=1")
                try await collector.control.runOver()
                let expected = try ExpectedSamples(RecordedRun(collector.data + "/values"), node: "here")
                #expect(expected.series.keys.contains { $0["name"] == "limited" && $0["__name__"] == "container_spec_cpu_quota" })
                #expect(expected.series.count > 200 && expected.count > 1000)
                try await expected.arrive(in: store)

                // Also what no column holds: every name of /metrics, but for what that answer leaves out.
                let told = try collector.control.send("GET", "/metrics").text.matches(of: /(?m)^(\w+)(?:\{| )/).map { String($0.1) }
                try await eventually("all names", every: .milliseconds(500)) {
                    let names = Set(try store.query("count by (__name__) ({job=\"sonde\"})").compactMap { $0.labels["__name__"] })
                    return Set(told).subtracting(names) == ["sonde_metrics_left_out"]
                }
                try store.expectInOrder()
            }
        }

        @Test(
            "A series ends with what it tells of: a container that is removed, a node whose agent ends; what goes on has no hole",
            .engine, .stores, arguments: MetricsStore.Kind.allCases)
        func staleness(kind: MetricsStore.Kind) async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                _ = try await lab.run(scene, name: "short", "sleep 1000")
                let store = try await MetricsStore(kind, scene)
                let collector = try await scene.collector(options: ["--remote-write", store.url])
                let agent = try await scene.connectedAgent(collector, containers: "docker", socket: lab.socket)
                let (short, node) = (#"container_last_seen{name="short"}"#, #"node_load1{node="here"}"#)
                try await eventually("the container in \(kind)", every: .milliseconds(200)) { try store.query(short).count == 1 }
                try await lab.docker(scene, "rm", "--force", "short")
                let end = try await store.end(of: short, whileThere: node)
                #expect(try store.query(short, at: end).count == 1 && store.query(short, at: end + 1).isEmpty)
                #expect(try store.query(node, at: end + 1).count == 1, "the node goes on")

                try await agent.child.terminate()
                let last = try await store.end(of: node, whileThere: nil)
                #expect(try store.query(node, at: last).count == 1 && store.query(node, at: last + 1).isEmpty)
                #expect(
                    try store.query("{node=\"here\",job=\"sonde\",instance=\"here\"}", at: last + 1).isEmpty, "none of the node's goes on")
                try store.expectInOrder()
            }
        }

        @Test("With an interval one tick in each goes to the store, and an agent without a collector writes by itself", .stores)
        func thinned() async throws {
            try await Scene.run { scene in
                let store = try await MetricsStore(.victoriaMetrics, scene)
                let words = [
                    "--node", "alone", "--interval", "100ms", "--containers", "off", "--state", scene.path("state"), "--remote-write",
                    store.url, "--remote-write-interval", "1s", "--remote-write-label", "cluster=lab",
                ]
                let agent = try scene.start(Products.agent, words)
                let series = #"node_time_seconds{node="alone",cluster="lab",job="sonde",instance="alone"}"#
                try await eventually("four values\n\(agent.diary)", every: .milliseconds(200)) {
                    try store.query("\(series)[1h]").first?.points.count ?? 0 >= 4
                }
                let seconds = try #require(try store.query("\(series)[1h]").first).points.map { $0.time.rounded(.down) }
                #expect(Set(seconds).count == seconds.count, "\(seconds)")
                #expect(try store.value("sonde_remote_write_up{instance=\"alone\"}") == 1)
                #expect(try await agent.terminate() == 0)
            }
        }

        @Test(
            "The queries of the shipped dashboard, and those that dashboards for node_exporter and cAdvisor are made of, have values",
            .engine, .stores, .enabled(if: RemoteWriteReceiver.python != nil, "needs SONDE_PYTHON"),
            arguments: MetricsStore.Kind.allCases)
        func dashboards(kind: MetricsStore.Kind) async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                _ = try await lab.run(scene, name: "limited", "while :; do :; done", options: ["--cpus", "0.3", "-m", "64m"])
                let store = try await MetricsStore(kind, scene)
                let collector = try await scene.collector(options: ["--remote-write", store.url])
                _ = try await scene.connectedAgent(collector, containers: "docker", socket: lab.socket)
                let script = Checkout.tests + "/Integration/check_dashboard.py"
                let words = [script, "\(Release.deploy)/grafana/sonde.json", scene.path("rules.yaml")]
                let shipped = try await scene.command("python3", words).succeeded().split(separator: "\n").map {
                    try JSONDecoder().decode([String: String].self, from: Data($0.utf8))["query"] ?? ""
                }
                // What this kernel doesn't tell, such as pressure, and what has happened to nobody, such as dropped samples, has no value.
                let told = try collector.control.send("GET", "/metrics").text
                let queries = (shipped + Self.known).filter { query in
                    !query.contains("> 0)") || query.contains("cfs_periods")
                }.filter { query in
                    query.matches(of: /\b(?:node|container|machine|process|sonde)_\w+/).allSatisfy {
                        $0.0.hasPrefix("container_label_") || told.contains("\n\($0.0){") || told.contains("\n\($0.0) ")
                    }
                }
                #expect(queries.count > 30)
                var empty = queries
                do {
                    try await eventually("values of all queries", within: .seconds(120), every: .milliseconds(500)) {
                        empty = try empty.filter { try store.query($0).allSatisfy { $0.points.allSatisfy(\.value.isNaN) } }
                        return empty.isEmpty
                    }
                } catch let never as NeverCame {
                    throw NeverCame(description: "\(never): \(empty)")
                }
            }
        }

        /// By instance and job, as dashboards for node_exporter ask; by name and image, as those for cAdvisor do.
        private static let known = [
            #"100 * (1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle",instance="here",job="sonde"}[1m])))"#,
            #"sum by (mode) (irate(node_cpu_seconds_total{instance="here",job="sonde"}[1m]))"#,
            #"scalar(node_load5{instance="here",job="sonde"}) / count(count by (cpu) (node_cpu_seconds_total{instance="here",job="sonde"}))"#,
            #"node_memory_MemTotal_bytes{instance="here"} - node_memory_MemFree_bytes{instance="here"} - node_memory_Cached_bytes{instance="here"} - node_memory_Buffers_bytes{instance="here"}"#,
            #"irate(node_network_receive_bytes_total{instance=~"here",device!~"veth.*"}[1m]) * 8"#,
            #"time() - node_boot_time_seconds{instance="here"}"#,
            #"node_time_seconds{instance="here"} - node_boot_time_seconds{instance="here"}"#,
            #"rate(node_vmstat_pgfault{instance="here"}[1m])"#, #"node_filefd_allocated{instance="here",job="sonde"}"#,
            #"node_sockstat_TCP_inuse{instance="here"}"#, #"rate(node_context_switches_total{instance="here"}[1m])"#,
            #"label_replace(node_uname_info{job="sonde"}, "host", "$1", "nodename", "(.*)")"#,
            #"sum by (name) (rate(container_cpu_usage_seconds_total{image!="",name=~".+"}[1m])) * 100"#,
            #"sum by (name) (container_memory_rss{name=~".+"})"#, #"sum by (name) (container_memory_cache{name=~".+"})"#,
            #"count(container_last_seen{image!=""})"#,
            #"container_spec_cpu_quota{name="limited"} / container_spec_cpu_period{name="limited"}"#,
            #"max by (name) (container_memory_working_set_bytes / container_spec_memory_limit_bytes)"#,
        ]
    }
}

extension MetricsStore {
    /// No sample was refused for its instant, in the store's own account.
    func expectInOrder() throws {
        switch kind {
        case .prometheus:
            for name in ["prometheus_tsdb_out_of_order_samples_total", "prometheus_tsdb_out_of_bound_samples_total"] {
                #expect(try counter(name) == 0, "\(name)")
            }
            #expect(!child.errors.localizedCaseInsensitiveContains("out of order"), "\(child.errors)")
        case .victoriaMetrics: #expect(try counter("vm_rows_ignored_total") == 0)
        }
    }

    /// Waits until a series has ended, while another one goes on if one is named, and returns the instant of its last value.
    fileprivate func end(of series: String, whileThere other: String?) async throws -> Double {
        try await eventually("the end of \(series)", every: .milliseconds(200)) {
            guard let last = try query("\(series)[1h]").first?.points.last?.time else { return nil }
            if let other {
                let newest = try query("\(other)[1h]").first?.points.last?.time ?? 0
                guard newest > last + 2 else { return nil }
            }
            return try query(series, at: last + 1).isEmpty ? last : nil
        }
    }
}
