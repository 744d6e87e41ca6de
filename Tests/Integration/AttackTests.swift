import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// The released programs, attacked from all sides at once by attack.py, which knows no more than the documents. `SONDE_ATTACK=3600` does it for an hour.
    @Suite("Attacks under a limit of memory", .serialized) struct Attacks {
        private static let seconds = ProcessInfo.processInfo.environment["SONDE_ATTACK"].flatMap { Int($0) } ?? 20

        /// Has the engine run one of the released programs in the host's network, within so much memory.
        private func container(_ scene: Scene, _ lab: Lab, _ memory: String, _ program: String, _ words: String...) async throws -> String {
            let name = "attacked-\(program)-\(getpid())"
            let options = [
                "run", "--detach", "--name", name, "--label", "sonde-lab=1", "--network", "host", "--memory", memory, "--memory-swap",
                memory,
                "--volume", "\(Release.directory):/programs:ro", "--entrypoint", "/programs/\(program)", "sonde-lab",
            ]
            try await scene.command("docker", ["-H", "unix://\(lab.socket)"] + options + words).succeeded()
            scene.later { _ = try? await lab.docker(scene, "rm", "--force", "--volumes", name) }
            return name
        }

        /// Attacks for so many seconds, and again until all kinds of attack have taken place and done what they were for: a busy machine may need several rounds.
        private func attack(_ scene: Scene, _ words: [String], until isDone: () throws -> Bool = { true }) async throws {
            let script = Checkout.tests + "/Integration/attack.py"
            struct Account: Decodable {
                let made: [String: Int]
                let never: [String]
            }
            var made: Set<String> = []
            var said = ""
            for _ in 0..<10 {
                said = try await scene.command("python3", [script] + words, within: .seconds(Self.seconds + 300)).succeeded()
                let account = try JSONDecoder().decode(Account.self, from: Data((said.split(separator: "\n").last ?? "").utf8))
                made.formUnion(account.made.keys)
                if made.isSuperset(of: account.never), made.count >= 7, try isDone() { return }
            }
            Issue.record("not all kinds of attack took place: \(said)")
        }

        private func isRunning(_ scene: Scene, _ lab: Lab, _ name: String) async throws {
            let state = try await lab.docker(
                scene, "inspect", "--format", "{{.State.Running}} {{.State.OOMKilled}} {{.RestartCount}}", name)
            let isWell = state.trimmingCharacters(in: .whitespacesAndNewlines) == "true false 0"
            let log = isWell ? "" : try await scene.command("docker", ["-H", "unix://\(lab.socket)", "logs", "--tail", "20", name]).errors
            #expect(isWell, "\(name) is \(state): \(log)")
        }

        @Test(
            "A collector within 256 MiB outlives them, and an agent within 64 MiB beside the attackers loses no tick", .engine, .root,
            .release)
        func collector() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                let listen = try ReservedPort()
                let control = try ReservedPort()
                defer { [listen, control].forEach { $0.release() } }
                let collector = try await container(
                    scene, lab, "256m", "sonde-collector", "--listen", "127.0.0.1:\(listen.number)", "--control",
                    "127.0.0.1:\(control.number)",
                    "--data", "/data")
                let client = ControlClient(port: control.number)
                let agent = try await container(
                    scene, lab, "64m", "sonde-agent", "--collector", "127.0.0.1:\(listen.number)", "--node", "honest", "--state", "/state")
                // Its container runs before it listens.
                try await eventually("the agent") {
                    (try? client.instances())?.nodes.contains { $0.node == "honest" && $0.isConnected } ?? false
                }
                try client.start("attacked", "interval=1s")
                try await attack(scene, ["collector", "127.0.0.1", "\(listen.number)", "\(control.number)", "\(Self.seconds)"]) {
                    // Of an attack that was no more than knocking at the door there are none of these.
                    let refused = try client.status().collector.refused
                    return ["not_json", "frame_too_large", "bad_row"].allSatisfy { refused[$0] ?? 0 > 0 }
                }
                try await isRunning(scene, lab, collector)
                try await isRunning(scene, lab, agent)
                // Attackers that were nodes of the run miss ticks of it.
                _ = try client.stop()
                try await lab.docker(scene, "cp", "\(collector):/data/attacked", scene.path("attacked"))
                let run = try RecordedRun(scene.path("attacked"))
                try run.checkWhole("honest")
                #expect(run.manifest.nodes.count > 10)
            }
        }

        @Test("An agent within 64 MiB outlives whatever its collector sends, and obeys a signal", .engine, .root, .release)
        func agent() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                let port = try ReservedPort()
                defer { port.release() }
                let agent = try await container(
                    scene, lab, "64m", "sonde-agent", "--collector", "127.0.0.1:\(port.number)", "--node", "honest", "--state", "/state")
                try await attack(scene, ["agent", "127.0.0.1", "\(port.number)", "\(Self.seconds)"])
                try await isRunning(scene, lab, agent)
                // Docker's SIGKILL after ten seconds would leave 137.
                try await lab.docker(scene, "stop", "--time", "10", agent)
                let status = try await lab.docker(scene, "inspect", "--format", "{{.State.ExitCode}}", agent)
                #expect(status.trimmingCharacters(in: .whitespacesAndNewlines) == "0")
            }
        }
    }
}
