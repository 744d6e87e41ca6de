import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// An agent without some of its privileges or files.
    @Suite("An agent that lacks something") struct Degraded {
        @Test("Without Docker the agent goes on with the host, and says so once")
        func noDocker() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                let agent = try await scene.connectedAgent(collector, containers: "auto", socket: scene.path("absent.sock"))
                try collector.control.start("plain", "interval=200ms&duration=4s")
                try await collector.control.runOver()
                try RecordedRun(collector.data + "/plain").checkWhole("here", ticks: 20)
                let said = agent.child.errors.split(separator: "\n").filter { $0.contains("Docker engine out of reach") }
                #expect(said.count == 1 && said[0].contains("absent.sock"), "\(agent.child.errors)")
            }
        }

        @Test("An agent from which the host hides the processes of others says so in its log, live and in the run", .engine, .root)
        func hidden() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                let id = try await lab.run(scene, name: "secret", "while :; do sleep 1; done")
                // The agent is of another user than the collector.
                let collector = try await scene.collector(options: ["--insecure"])
                let executable = scene.path("sonde-agent")
                try FileManager.default.copyItem(atPath: Products.agent, toPath: executable)
                for (node, options, isHidden) in [
                    ("hides", "hidepid=2", true), ("refuses", "hidepid=1", true), ("shows", "hidepid=0", false),
                ] {
                    let state = try scene.makeDirectory("state-\(node)")
                    chown(state, 65534, 65534)
                    let drop = "exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$@\""
                    let agent = try await scene.agent(
                        collector, node: node, containers: "cgroup", socket: lab.socket, executable: executable,
                        prefix: ["unshare", "--mount", "sh", "-c", "mount -t proc -o \(options) proc /proc && \(drop)", "sh"], state: state)
                    try await eventually("its containers") {
                        try collector.control.instances().nodes.first { $0.node == node }?.containers ?? 0 > 0
                    }
                    if isHidden {
                        try await agent.child.says("hidden from this agent")
                    } else {
                        #expect(!agent.child.errors.contains("hidden from this agent"), "\(agent.child.errors)")
                    }
                }
                let nodes = try collector.control.status().nodes
                #expect(Set(nodes.filter { $0.processesHidden == true }.map(\.node)) == ["hides", "refuses"])
                try collector.control.start("hidden", "interval=200ms&expect=3")
                for node in nodes.map(\.node) { try await collector.control.ticks(3, of: node) }
                try await eventually("its processes") { try collector.control.durable("process").contains { $0["container_id"] == id } }
                _ = try collector.control.stop()
                let run = try RecordedRun(collector.data + "/hidden")
                #expect(Set(run.manifest.nodes.filter { $0.processesHidden == true }.map(\.node)) == ["hides", "refuses"])
                let seen = try run.table("process").rows.filter { $0["container_id"] == id }.map(\.node)
                #expect(Set(seen) == ["shows"])
            }
        }

        @Test(
            "A recording from which the host hides the processes of others says so on the terminal and in the run, and has only its user's",
            .root)
        func hiddenFromRecording() async throws {
            try await Scene.run { scene in
                chmod(scene.directory, 0o777)
                let words = [
                    Products.cli, "record", "--output", scene.path("run"), "--interval", "200ms", "--duration", "1s", "--containers", "off",
                    "--node", "me",
                    "--processes", "all",
                ]
                let drop = "exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$@\""
                let ended = try await scene.command(
                    "unshare", ["--mount", "sh", "-c", "mount -t proc -o hidepid=2 proc /proc && \(drop)", "sh"] + words,
                    environment: ["TMPDIR": scene.directory])
                #expect(ended.errors.contains("hidden from this agent"), "\(ended)")
                #expect((ended.output + ended.errors).contains("Processes of other users were hidden from the agent of me"), "\(ended)")
                let run = try RecordedRun(scene.path("run"))
                #expect(run.manifest.nodes.first?.processesHidden == true)
                let rows = try run.table("process").rows
                #expect(!rows.isEmpty && rows.allSatisfy { $0.integer("uid") == 65534 }, "\(Set(rows.map { $0["uid"] ?? "" }))")
            }
        }

        @Test("An unprivileged agent says once which columns stay empty, and leaves them empty instead of zero", .engine, .root)
        func unprivileged() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                _ = try await lab.workload(scene, "up", "1").succeeded()
                let id = try #require(await lab.ids(scene).first)
                let collector = try await scene.collector(options: ["--insecure"])
                // The build directory may be below a directory that only its owner may enter.
                let executable = scene.path("sonde-agent")
                try FileManager.default.copyItem(atPath: Products.agent, toPath: executable)
                let state = try scene.makeDirectory("state-nobody")
                chown(state, 65534, 65534)
                let agent = try await scene.agent(
                    collector, containers: "cgroup", socket: lab.socket, executable: executable,
                    prefix: ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"], state: state)
                try await collector.control.shows([id])
                try await eventually("processes of containers") { try collector.control.instances().nodes.first?.processes ?? 0 > 0 }
                try collector.control.start("nobody", "interval=200ms&duration=2s")
                try await collector.control.runOver()

                let run = try RecordedRun(collector.data + "/nobody")
                try run.checkWhole("here", ticks: 10)
                #expect(run.manifest.nodes.first?.privileged == false)
                let said = agent.child.errors.split(separator: "\n").filter { $0.contains("not running as root") }
                #expect(said.count == 1, "\(agent.child.errors)")
                // Without the engine it finds those of others too, by their cgroups.
                let rows = try run.table("process").rows.filter { $0["container_id"] == id }
                #expect(!rows.isEmpty && rows.allSatisfy { $0.integer("rss_bytes") ?? 0 > 0 && $0.integer("cpu_user_us") != nil })
                let closed = [
                    "read_chars", "write_chars", "read_syscalls", "write_syscalls", "read_bytes", "write_bytes", "cancelled_write_bytes",
                ]
                for column in closed {
                    #expect(rows.allSatisfy { $0[column] == nil }, "\(column) is empty")
                    #expect(said.first?.contains(column) == true, "\(column) is named")
                }
                let containers = try run.table("container").rows.filter { $0["container_id"] == id }
                #expect(
                    !containers.isEmpty && containers.allSatisfy { $0["container"] == nil && $0.integer("memory_usage_bytes") ?? 0 > 0 })
            }
        }
    }
}
