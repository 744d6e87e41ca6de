import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

extension IntegrationTests.Deploy {
    @Test("`docker compose up` records a run of its own containers, which is complete and verified", .engine, .root, .release)
    func compose() async throws {
        try await Scene.run { scene in
            let swarm = try await Swarm.open(scene, nodes: 1)
            let project = try await Project(scene, socket: swarm.socket(1))
            try await project.compose("up", "--detach")
            scene.later { _ = try? await project.compose("down", "--volumes") }
            let agent = try await project.container("agent")
            let collector = try await project.container("collector")
            try await swarm.isHealthy(agent)
            try await swarm.isHealthy(collector)
            // CAP_DAC_READ_SEARCH (2) and CAP_SYS_PTRACE (19), as `capsh --decode` would name them.
            #expect(try await Self.capabilities(of: agent, swarm) == 1 << 2 | 1 << 19)
            #expect(try await Self.capabilities(of: collector, swarm) == 0)

            try await eventually("the agent") {
                try await swarm.docker(1, "exec", collector, "sonde", "instances").contains("Connected instances:")
            }
            try await swarm.docker(1, "exec", collector, "sonde", "start", "own", "--interval", "200ms", "--duration", "4s")
            try await swarm.closes("/data/own", in: collector)
            try await swarm.docker(1, "cp", "\(collector):/data/own", scene.path("own"))

            let run = try RecordedRun(scene.path("own"))
            let node = try await swarm.docker(1, "info", "--format", "{{.Name}}")
            try run.checkWhole(node, ticks: 20)
            let containers = try run.table("container").rows
            #expect(Set(containers.compactMap { $0["container"] }).isSuperset(of: [agent, collector]), "they know each other by name")
            let processes = try run.table("process").rows.filter { $0["container"] == collector }
            #expect(processes.contains { $0["comm"] == "sonde-collector" && $0.integer("read_chars") ?? 0 > 0 }, "also their I/O")
            #expect(try run.table("filesystem").rows.contains { $0["mount"] == "/" && $0.integer("size_bytes") ?? 0 > 0 })
            #expect(run.manifest.nodes.map(\.node) == [node])
        }
    }

    /// The capabilities of the container's first process, from the kernel. Source: proc(5), CapEff.
    private static func capabilities(of container: String, _ swarm: Swarm) async throws -> UInt64? {
        let pid = try await swarm.docker(1, "inspect", "--format", "{{.State.Pid}}", container)
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        return line.flatMap { UInt64($0.dropFirst("CapEff:".count).drop { $0 == "\t" }, radix: 16) }
    }
}

/// The shipped compose.yaml, with a token of its own.
private struct Project {
    private let scene: Scene
    private let socket: String
    private let file: String

    init(_ scene: Scene, socket: String) async throws {
        self.scene = scene
        self.socket = socket
        file = try scene.makeDirectory("deploy") + "/compose.yaml"
        try FileManager.default.copyItem(atPath: "\(Release.deploy)/compose.yaml", toPath: file)
        let token = scene.path("deploy/token")
        try await scene.command("\(Release.directory)/sonde", ["token", token]).succeeded()
        chown(token, 65532, 65532)
    }

    /// Runs Compose, either as a plugin of the client or, as in Debian 12, as a program of its own.
    @discardableResult func compose(_ words: String...) async throws -> String {
        let environment = ["DOCKER_HOST": "unix://\(socket)", "COMPOSE_PROJECT_NAME": "sonde"]
        let words = ["--file", file] + words
        let asPlugin = try await scene.command("docker", ["compose", "version"]).status == 0
        let command =
            try await asPlugin
            ? scene.command("docker", ["compose"] + words, environment: environment)
            : scene.command("docker-compose", words, environment: environment)
        return try command.succeeded()
    }

    /// The container's name, which Compose version 1 and 2 write differently.
    func container(_ service: String) async throws -> String {
        let id = try await compose("ps", "--quiet", service).trimmingCharacters(in: .whitespacesAndNewlines)
        let words = ["-H", "unix://\(socket)", "inspect", "--format", "{{.Name}}", id]
        return try await String(scene.command("docker", words).succeeded().dropFirst()).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
