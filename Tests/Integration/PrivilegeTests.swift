import Foundation
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// The privileges that docs/SECURITY.md lists for an agent are sufficient.
    @Suite("What an agent may do") struct Privileges {
        @Test("Behind a proxy that passes only what docs/SECURITY.md lists, nothing is missing", .engine)
        func allowlist() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                let pattern = try Self.allowlist()
                let proxy = try EngineProxy(scene, engine: lab.socket)
                proxy.answer { target in
                    let path = target.prefix { $0 != "?" }
                    let isAllowed = "GET \(path)".range(of: pattern, options: .regularExpression) != nil
                    return isAllowed ? .forward : .bytes(Array("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n".utf8))
                }
                let first = try await lab.run(scene, name: "first", "while :; do sleep 1; done")
                let collector = try await scene.collector()
                let agent = try await scene.connectedAgent(collector, containers: "docker", socket: proxy.path)
                try await collector.control.shows([first])
                try collector.control.start("proxied", "interval=1s")
                let second = try await lab.run(scene, name: "second", "while :; do sleep 1; done")
                func cells(_ id: String, _ column: String, of rows: [CSVTable.Row]) -> Set<String> {
                    Set(rows.filter { $0["container_id"] == id }.compactMap { $0[column] })
                }
                try await eventually("the engine's counters of both") {
                    let rows = try collector.control.durable("container")
                    return [first, second].allSatisfy { cells($0, "source", of: rows) == ["docker"] }
                }
                try await lab.docker(scene, "kill", second)
                try await eventually("the end of the second") {
                    try collector.control.durable("event").contains { $0["kind"] == "container die" && $0["container_id"] == second }
                }
                _ = try collector.control.stop()
                let run = try RecordedRun(collector.data + "/proxied")
                try run.checkWhole("here")
                let rows = try run.table("container").rows
                #expect(cells(first, "container", of: rows) == ["first"] && cells(second, "container", of: rows) == ["second"])
                #expect(proxy.spoilt.isEmpty, "the agent asked for more: \(proxy.spoilt)")
                #expect(!agent.child.errors.contains("out of reach"), "\(agent.child.errors)")
            }
        }

        @Test("Root with two capabilities reads all of a process, and without them all but its I/O and says so", .engine, .root)
        func capabilities() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                let id = try await lab.run(scene, name: "worker", "while :; do sleep 1; done")
                let collector = try await scene.collector()
                for (node, kept) in [("two", ",+sys_ptrace,+dac_read_search"), ("none", "")] {
                    let agent = try await scene.connectedAgent(
                        collector, node: node, containers: "cgroup", socket: lab.socket,
                        prefix: ["setpriv", "--inh-caps=-all\(kept)", "--bounding-set=-all\(kept)", "--no-new-privs"])
                    if node == "none" {
                        try await agent.child.says("CAP_SYS_PTRACE")
                    } else {
                        #expect(!agent.child.errors.contains("CAP_SYS_PTRACE"), "\(agent.child.errors)")
                    }
                }
                try await eventually("processes of both") { try collector.control.instances().nodes.allSatisfy { $0.processes > 0 } }
                try collector.control.start("caps", "interval=500ms&duration=3s&expect=2")
                try await collector.control.runOver()
                let run = try RecordedRun(collector.data + "/caps")
                #expect(run.manifest.nodes.first { $0.node == "none" }?.privileged == false)
                #expect(run.manifest.nodes.first { $0.node == "two" }?.privileged == true)
                let rows = try run.table("process").rows.filter { $0["container_id"] == id }
                for (node, isRead) in [("two", true), ("none", false)] {
                    let own = rows.filter { $0.node == node }
                    #expect(!own.isEmpty && own.allSatisfy { ($0["read_bytes"] != nil) == isRead && $0["rss_bytes"] != nil }, "\(node)")
                }
            }
        }

        /// The one regular expression of the page, over method and path.
        private static func allowlist() throws -> String {
            let page = try String(contentsOfFile: Checkout.tests + "/../docs/SECURITY.md", encoding: .utf8)
            return try #require(page.split(separator: "\n").first { $0.hasPrefix("    ^GET ") }).trimmingCharacters(in: .whitespaces)
        }
    }
}
