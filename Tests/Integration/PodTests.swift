import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// A real containerd whose pods are started by its CRI, as a kubelet does; nobody gives the agent a socket.
    @Suite("Pods of a real containerd") struct Pods {
        @Test(
            "Their containers have name, pod, namespace and image in runs, at /metrics and in top, sandboxes only when asked for; no environment is kept",
            .containerd)
        func named() async throws {
            try await Scene.run { scene in
                let lab = try await PodLab.open(scene)
                let loop = "while :; do sleep 1; done"
                let web = try await lab.run("web-7d9f", in: "shop", script: loop)
                let dns = try await lab.run("dns-0", in: "kube-system", container: "dns", script: loop)
                let collector = try await scene.collector()
                let nodes: [(name: String, options: [String], shows: Int)] = [
                    ("plain", lab.options(), 2), ("shop", lab.options() + ["--include", "namespace=shop", "--sandboxes"], 2),
                    ("rest", lab.options() + ["--exclude", "namespace=shop"], 1),
                    // As where only the kubelet's logs are mounted.
                    ("logs", lab.options(run: "/nonexistent"), 4),
                ]
                var agents: [Agent] = []
                for (name, options, _) in nodes {
                    agents.append(try await scene.connectedAgent(collector, node: name, containers: "cgroup", options: options))
                }
                /// The samples of one metric, of containers of these pods.
                func samples(_ node: String) throws -> [Substring] {
                    let text = try String(decoding: collector.control.send("GET", "/metrics").body, as: UTF8.self)
                    return text.split(separator: "\n").filter { line in
                        line.hasPrefix("container_memory_usage_bytes{node=\"\(node)\"")
                            && [web, dns].contains { line.contains($0.container) || line.contains($0.sandbox) } && line.contains("pod=")
                    }
                }
                for (name, _, shows) in nodes { try await eventually("the names on \(name)") { try samples(name).count == shows } }
                try collector.control.start("pods", "interval=200ms&expect=4")
                for (name, _, _) in nodes { try await collector.control.ticks(5, of: name) }

                let labels = try #require(samples("plain").first { $0.contains(web.container) })
                for label in [#"namespace="shop""#, #"pod="web-7d9f""#, #"container="app""#, #"image="sonde.test/busybox:1""#] {
                    #expect(labels.contains(label), "\(labels)")
                }
                let top = try await scene.sonde(collector, "top", "--once").succeeded()
                #expect(top.contains("web-7d9f/app"), "\(top)")
                _ = try collector.control.stop()

                let run = try RecordedRun(collector.data + "/pods")
                try await run.checkFiles(scene)
                let own = Set([web.container, web.sandbox, dns.container, dns.sandbox])
                let rows = try run.table("container").rows.filter { own.contains($0["container_id"] ?? "") }
                /// What is recorded on a node, and how it is named, which is the same in all rows.
                func recorded(_ node: String) -> [String: [String?]] {
                    let columns = ["names", "container", "kubernetes_container", "kubernetes_pod", "kubernetes_namespace", "image"]
                    let named = Dictionary(grouping: rows.filter { $0.node == node }) { $0["container_id"] ?? "" }.mapValues { rows in
                        Set(rows.map { row in columns.map { row[$0] } })
                    }
                    #expect(named.values.allSatisfy { $0.count == 1 }, "\(node): \(named)")
                    return named.compactMapValues(\.first)
                }
                let image = "sonde.test/busybox:1"
                let app: [String?] = ["bundle", "app", "app", "web-7d9f", "shop", image]
                let resolver: [String?] = ["bundle", "dns", "dns", "dns-0", "kube-system", image]
                #expect(recorded("plain") == [web.container: app, dns.container: resolver])
                #expect(recorded("shop") == [web.container: app, web.sandbox: ["bundle", "POD", "POD", "web-7d9f", "shop", nil]])
                #expect(recorded("rest") == [dns.container: resolver])
                let logs = recorded("logs")
                #expect(logs[web.container] == ["kubelet", "app", "app", "web-7d9f", "shop", nil])
                #expect(logs[dns.sandbox] == ["kubelet", nil, nil, "dns-0", "kube-system", nil], "a sandbox has no log")
                let pods = Set(rows.filter { $0["container_id"] == web.container }.map { $0["kubernetes_pod_uid"] })
                #expect(pods.count == 1 && pods.first??.isEmpty == false)
                let processes = try run.table("process").rows.filter { $0.node == "plain" && $0["container_id"] == web.container }
                #expect(!processes.isEmpty && processes.allSatisfy { $0["container"] == "app" })

                for agent in agents {
                    #expect(!agent.child.errors.contains("can't be read") && !agent.child.errors.contains(PodLab.secret))
                }
                let found = try await scene.command("grep", ["-r", "-l", PodLab.secret, collector.data] + agents.map(\.state))
                #expect(found.output.isEmpty, "the environment stands in \(found.output)")
            }
        }

        @Test("A container that starts while a run goes on has its names, and none of another after its end", .containerd)
        func started() async throws {
            try await Scene.run { scene in
                let lab = try await PodLab.open(scene)
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector, containers: "cgroup", options: lab.options())
                try collector.control.start("later", "interval=100ms")
                try await collector.control.ticks(2, of: "here")
                var started: [PodLab.Started] = []
                for number in 1...3 {
                    started.append(
                        try await lab.run("pod-\(number)", in: "shop", script: "while :; do sleep 1; done", hasLink: false))
                }
                try await collector.control.shows(started.map(\.container))
                try await lab.remove(started[0])
                try await eventually("its end") {
                    let last = try collector.control.durable("container").last { $0["container_id"] == started[0].container }
                    let now = try collector.control.durable("host").last
                    guard let last, let now else { return false }
                    return now.tick > last.tick + 5
                }
                _ = try collector.control.stop()
                let rows = try RecordedRun(collector.data + "/later").table("container").rows
                for (number, pod) in started.enumerated() {
                    // A container waits a second for its names at most. Where reading them takes longer its first rows have none.
                    let all = rows.filter { $0["container_id"] == pod.container }
                    let own = all.drop { $0["names"] == nil }
                    #expect(!own.isEmpty && own.allSatisfy { $0["kubernetes_pod"] == "pod-\(number + 1)" && $0["names"] == "bundle" })
                    #expect(Set(all.map(\.tick)).count == all.count, "one row a tick")
                }
            }
        }

        @Test("With a file system below --run that never answers every tick has its rows, and is in time", .containerd)
        func deadFileSystem() async throws {
            try await Scene.run { scene in
                let lab = try await PodLab.open(scene)
                let web = try await lab.run("web-0", in: "shop", script: "while :; do sleep 1; done")
                // A FUSE file system whose server reads no request: whoever opens something in it waits for ever.
                let dead = try DeadMount(scene.makeDirectory("dead"))
                scene.later { dead.end() }
                let collector = try await scene.collector()
                let agent = try await scene.connectedAgent(
                    collector, containers: "cgroup", options: lab.options(run: dead.path))
                try await collector.control.shows([web.container])
                try collector.control.start("dead", "interval=200ms&duration=3s")
                try await collector.control.runOver()
                let run = try RecordedRun(collector.data + "/dead")
                try run.checkWhole("here", ticks: 15)
                let rows = try run.table("container").rows.filter { $0["container_id"] == web.container }
                #expect(try rows.count == run.whole("container", of: "here"))
                try await eventually("the kubelet's names") {
                    let rows = try await scene.sonde(collector, "top", "--once").succeeded()
                    return rows.contains("web-0/app")
                }
                dead.end()
                try await agent.child.terminate()
            }
        }
    }
}

/// A FUSE file system that answers nothing.
private final class DeadMount: @unchecked Sendable {
    let path: String
    private var device: Int32

    init(_ path: String) throws {
        self.path = path
        device = open("/dev/fuse", O_RDWR | O_CLOEXEC)
        guard device >= 0 else { throw Child.Failure(description: "/dev/fuse: \(String(cString: strerror(errno)))") }
        let options = "fd=\(device),rootmode=40000,user_id=0,group_id=0"
        guard mount("dead", path, "fuse", 0, options) == 0 else {
            throw Child.Failure(description: "no FUSE file system: \(String(cString: strerror(errno)))")
        }
    }

    /// Ends whoever waits, with an error.
    func end() {
        if device >= 0 { close(device) }
        device = -1
        // MNT_DETACH
        umount2(path, 2)
    }
}
