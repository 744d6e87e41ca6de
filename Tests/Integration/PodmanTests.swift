import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// A real Podman, whose socket speaks Docker's API with differences.
    @Suite("A real Podman") struct PodmanSuite {
        /// A Podman with a store of its own.
        private struct Podman: Sendable {
            let words: [String]
            let socket: String
            /// Limits that also a root without all capabilities may set.
            static let limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]

            init(_ scene: Scene) async throws {
                socket = scene.path("podman.sock")
                words = [
                    "--root", scene.path("lib/containers/storage"), "--runroot", scene.path("podman-run"),
                    "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs",
                ]
                let lab = try await Lab.open(scene)
                let image = scene.path("image.tar")
                try await lab.docker(scene, "save", "--output", image, "sonde-lab")
                try await run(scene, ["load", "--input", image])
                let copy = self
                scene.later {
                    _ = try? await scene.command("podman", copy.words + ["rm", "--all", "--force", "--time", "0"])
                    // What its store leaves mounted.
                    _ = try? await scene.command("umount", ["--recursive", scene.path("lib/containers/storage")])
                }
                _ = try scene.start("podman", words + ["system", "service", "--time", "0", "unix://" + socket])
                try await eventually("Podman's socket") { FileManager.default.fileExists(atPath: copy.socket) }
            }

            @discardableResult func run(_ scene: Scene, _ arguments: [String]) async throws -> String {
                try await scene.command("podman", words + arguments).succeeded().trimmingCharacters(in: .whitespacesAndNewlines)
            }
        }

        @Test("Without its socket its containers have their names from its files, and no environment is kept", .engine, .podman)
        func withoutSocket() async throws {
            try await Scene.run { scene in
                let podman = try await Podman(scene)
                let secret = "correct-horse-battery-staple"
                let id = try await podman.run(
                    scene,
                    ["run", "--detach", "--network", "none"] + Podman.limits + [
                        "--name", "burner", "--env", "PASSWORD=\(secret)", "sonde-lab", "sleep", "1000",
                    ])
                let collector = try await scene.collector()
                let agent = try await scene.connectedAgent(
                    collector, containers: "auto",
                    options: ["--include", "name=burner", "--run", scene.path("none"), "--lib", scene.path("lib")])
                try await collector.control.shows([id])
                try collector.control.start("podman", "interval=200ms&duration=1s")
                try await collector.control.runOver()
                let run = try RecordedRun(collector.data + "/podman")
                let rows = try run.table("container").rows
                #expect(try rows.count == run.whole("container", of: "here") && !rows.isEmpty)
                #expect(rows.allSatisfy { $0["container_id"] == id && $0["names"] == "bundle" })
                #expect(rows.allSatisfy { $0["container"] == "burner" && $0["image"]?.contains("sonde-lab") == true })
                let found = try await scene.command("grep", ["-r", "-l", secret, collector.data, agent.state])
                #expect(found.output.isEmpty && !agent.child.errors.contains(secret), "\(found.output)")
            }
        }

        @Test(
            "Each reading of a container that may burn half a core is what the kernel had given it by then, and one that holds 32 MiB reads so",
            .engine, .podman)
        func knownNumbers() async throws {
            try await Scene.run { scene in
                let podman = try await Podman(scene)
                func start(_ name: String, _ options: [String], _ script: String) async throws {
                    try await podman.run(
                        scene,
                        ["run", "--detach", "--network", "none", "--name", name] + options + Podman.limits + [
                            "sonde-lab", "sh", "-c", script,
                        ])
                }
                try await start("burn", ["--cpus", "0.5"], "while :; do :; done")
                try await start("hold", [], "dd if=/dev/zero bs=32M count=1 2>/dev/null | sleep 1000000")
                func pid(_ name: String) async throws -> Int64 {
                    try #require(Int64(await podman.run(scene, ["inspect", "--format", "{{.State.Pid}}", name])))
                }
                let (burner, holder) = try await (pid("burn"), pid("hold"))
                try await eventually("32 MiB") {
                    let child = try await scene.command("pgrep", ["-P", "\(holder)", "-x", "dd"]).output
                    return Int64(child.filter(\.isNumber)).flatMap(KernelFacts.resident) ?? 0 >= 32 << 20
                }
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(
                    collector, containers: "auto", socket: podman.socket, options: ["--include", "name=burn", "--include", "name=hold"])
                try await eventually("both have names") { try collector.control.instances().nodes.first?.containers == 2 }
                let watch = try CPUWatch(scene, burner)
                try collector.control.start("known", "interval=200ms&duration=6s")
                try await collector.control.runOver()
                let run = try RecordedRun(collector.data + "/known")
                try run.checkWhole("here")
                try await watch.outlasts(run)
                try Measurement.checkBurn(run, burner, watch)
                try Measurement.checkHold(run)
            }
        }

        @Test("Its containers have names, and counters that are the kernel's in either mode; an end has its event, once", .engine, .podman)
        func recorded() async throws {
            try await Scene.run { scene in
                let podman = try await Podman(scene)
                let id = try await podman.run(
                    scene,
                    ["run", "--detach", "--network", "none"] + Podman.limits + [
                        "--name", "burner", "sonde-lab", "sh", "-c", "while :; do :; done",
                    ])
                let collector = try await scene.collector()
                let only = ["--include", "name=burner"]
                _ = try await scene.connectedAgent(collector, node: "engine", containers: "docker", socket: podman.socket, options: only)
                _ = try await scene.connectedAgent(collector, node: "kernel", containers: "auto", socket: podman.socket, options: only)
                try await eventually("both see it") {
                    let seen = try collector.control.instances().nodes.filter { $0.containers == 1 }
                    return seen.count == 2
                }

                try collector.control.start("podman", "interval=500ms&expect=2")
                for node in ["engine", "kernel"] { try await collector.control.ticks(12, of: node) }
                try await podman.run(scene, ["kill", "burner"])
                try await eventually("its end") {
                    try collector.control.durable("event").count { $0["kind"] == "container die" && $0["container_id"] == id } >= 2
                }
                _ = try collector.control.stop()

                let run = try RecordedRun(collector.data + "/podman")
                try await run.checkFiles(scene)
                let rows = try run.table("container").rows.filter { $0["container_id"] == id }
                for node in ["engine", "kernel"] {
                    let own = rows.filter { $0.node == node }
                    #expect(own.count >= 6 && own.allSatisfy { $0["container"] == "burner" && $0["image"]?.contains("sonde-lab") == true })
                    let ends = try run.table("event").rows.filter {
                        $0.node == node && $0["kind"] == "container die" && $0["container_id"] == id
                    }
                    #expect(ends.count == 1 && ends.first?.integer("exit_code") == 137, "\(node): \(ends)")
                }
                // One counter by two ways. The engine's was read somewhere in the second before the tick, or while it was read; the kernel's right behind it.
                let counts = Dictionary(grouping: rows, by: \.node).mapValues { rows in
                    Dictionary(rows.compactMap { row in row.integer("cpu_us").map { (row.tick, $0) } }) { first, _ in first }
                }
                let (engine, kernel) = try (#require(counts["engine"]), #require(counts["kernel"]))
                var compared = 0
                for (tick, count) in engine {
                    guard let earlier = kernel[tick - 4], let later = kernel[tick + 2] else { continue }
                    compared += 1
                    #expect((earlier...later).contains(count), "tick \(tick): \(count)")
                }
                #expect(compared > 0)
                // It has one thread. What the kernel counts late, as at its timer's beat, belongs to the next reading: a tenth, where others work here.
                let percents = rows.compactMap { $0.decimal("cpu_percent") }
                #expect(!percents.isEmpty && percents.allSatisfy { (0...110).contains($0) }, "\(percents)")
            }
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// A test with Podman. It is skipped where there is none, but always runs in CI.
    fileprivate static var podman: Self {
        .enabled(
            if: access("/usr/bin/podman", X_OK) == 0 || ProcessInfo.processInfo.environment["SONDE_REQUIRE_ENGINE"] == "1",
            "needs Debian's podman")
    }
}
