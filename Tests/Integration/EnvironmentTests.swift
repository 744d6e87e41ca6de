import Foundation
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// What a run says of its hosts, as other programs see them.
    @Suite("Environments of real machines") struct Environments {
        @Test("A recording's environment is what lscpu, uname and os-release say of this machine, and the next one says what differs")
        func machine() async throws {
            try await Scene.run { scene in
                func record(_ name: String) async throws -> (run: RecordedRun, said: Command) {
                    let said = try await scene.command(
                        Products.cli,
                        [
                            "record", "--output", scene.path(name), "--duration", "1s", "--interval", "200ms", "--containers", "off",
                            "--node", "me",
                        ])
                    return (try RecordedRun(scene.path(name)), said)
                }
                let (run, said) = try await record("exp-1")
                let environment = try #require(run.manifest.environments["me"])
                let cpu = try await Self.lscpu(scene)
                #expect(environment[.cpuModel]?.string == cpu["Model name"])
                #expect(environment[.threads]?.integer.map(String.init) == cpu["CPU(s)"])
                #expect(environment[.sockets]?.integer.map(String.init) == cpu["Socket(s)"])
                if let sockets = environment[.sockets]?.integer, let cores = environment[.cores]?.integer {
                    #expect(String(cores / max(sockets, 1)) == cpu["Core(s) per socket"])
                }
                if let nodes = environment[.numaNodes]?.integer { #expect(String(nodes) == cpu["NUMA node(s)"]) }
                func uname(_ option: String) async throws -> String {
                    try await scene.command("uname", [option]).succeeded().trimmingCharacters(in: .whitespacesAndNewlines)
                }
                #expect(try await environment[.kernel]?.string == uname("-r"))
                #expect(try await environment[.kernelBuild]?.string == uname("-v"))
                #expect(try await environment[.architecture]?.string == uname("-m"))
                let name = try await scene.command("sh", ["-c", ". /etc/os-release; printf %s \"$PRETTY_NAME\""]).succeeded()
                #expect(environment[.distribution]?.string == name)
                let swap = try await scene.command("awk", ["/^SwapTotal:/ {printf \"%d\", $2 * 1024}", "/proc/meminfo"]).succeeded()
                #expect(environment[.swap]?.integer.map(String.init) == swap)
                #expect(run.manifest.nodes[0].activity?.load1 != nil)
                for warning in run.manifest.warnings ?? [] {
                    #expect(said.errors.contains("Warning: \(warning.message)"), "\(said.errors)")
                }

                // As if the machine had got another kernel since.
                let file = scene.path("exp-1/run.json")
                let text = try String(contentsOfFile: file, encoding: .utf8)
                let kernel = try #require(environment[.kernel]?.string)
                try text.replacing("\"kernel\" : \"\(kernel)\"", with: "\"kernel\" : \"2.6.32\"").write(
                    toFile: file, atomically: true, encoding: .utf8)
                let (next, sentences) = try await record("exp-2")
                let difference = "Kernel was 2.6.32, is \(kernel) (me)"
                #expect(
                    next.manifest.environmentComparison?.differences == [difference],
                    "\(String(describing: next.manifest.environmentComparison))")
                #expect(sentences.errors.contains(difference), "\(sentences)")
                let report = try await scene.command(Products.cli, ["report", next.directory, "--output", scene.path("r.html")])
                #expect(report.status == 0, "\(report)")
                let html = try String(contentsOfFile: scene.path("r.html"), encoding: .utf8)
                #expect(html.contains("id=\"environment\"") && html.contains(name) && html.contains("Kernel was 2.6.32"))
                let verified = try await scene.command(Products.cli, ["verify", next.directory])
                #expect(verified.status == (next.manifest.state == .complete ? 0 : 2), "\(verified)")
            }
        }

        private static func lscpu(_ scene: Scene) async throws -> [String: String] {
            let text = try await scene.command("lscpu", [], environment: ["LC_ALL": "C"]).succeeded()
            return Dictionary(
                text.split(separator: "\n").compactMap { line in
                    line.firstIndex(of: ":").map {
                        (
                            String(line[..<$0]).trimmingCharacters(in: .whitespaces),
                            line[line.index(after: $0)...].trimmingCharacters(in: .whitespaces)
                        )
                    }
                }, uniquingKeysWith: { first, _ in first })
        }

        @Test("A run names what its containers were started with as docker inspect does, and later ones in an event", .engine)
        func containers() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                let work = "while :; do sleep 1; done"
                let options = [
                    "--cpus", "0.5", "--memory", "64m", "--pids-limit", "50", "--restart", "on-failure:3", "--env", "SECRET=hunter2",
                ]
                let id = try await lab.run(scene, name: "limited", work, options: options)
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector, containers: "cgroup", socket: lab.socket)
                try await collector.control.shows([id])
                try collector.control.start("settings", "interval=200ms")
                let late = try await lab.run(scene, name: "late", work, options: options)
                try await eventually("what the late container was started with") {
                    try collector.control.durable("event").contains { $0["kind"] == "container settings" && $0["container_id"] == late }
                }
                _ = try collector.control.stop()

                let run = try RecordedRun(collector.data + "/settings")
                let image = try await lab.docker(scene, "inspect", "--format", "{{.Image}}", id).trimmingCharacters(
                    in: .whitespacesAndNewlines)
                let row = try #require(run.table("event").rows.first { $0["kind"] == "container settings" && $0["container_id"] == late })
                let told = try JSONCoding.decode(ContainerSettings.self, from: Array((row["detail"] ?? "").utf8))
                for settings in [run.manifest.nodes[0].containers?.first { $0.id == id }, told] {
                    #expect(settings?.imageID == image && settings?.restartPolicy == "on-failure:3", "\(String(describing: settings))")
                    #expect(settings?.cpuLimit == 0.5 && settings?.memoryLimitBytes == 64 << 20 && settings?.pidsLimit == 50)
                }
                let info = try await lab.docker(scene, "info", "--format", "{{.ServerVersion}} {{.Driver}} {{.CgroupDriver}}")
                let environment = run.manifest.environments["here"]
                let facts = [EnvironmentFact.engineVersion, .engineStorageDriver, .engineCgroupDriver].map {
                    environment?[$0]?.string ?? "-"
                }
                #expect(facts.joined(separator: " ") == info.trimmingCharacters(in: .whitespacesAndNewlines))
                // The command line of a process is an event of its own.
                let manifest = try String(contentsOfFile: "\(run.directory)/run.json", encoding: .utf8)
                for text in [manifest, row["detail"] ?? "", row["message"] ?? ""] {
                    #expect(!text.contains("hunter2") && !text.contains("sleep 1"), "\(text)")
                }
            }
        }
    }
}
