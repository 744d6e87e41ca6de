import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

/// The Docker engine that the tests use: the one of `SONDE_LAB_SOCKET`, else one that Tests/Lab/engine.sh starts for them and that ends
/// with them.
struct Lab: Sendable {
    let socket: String
    private let directory: String?

    /// The directory of an engine of our own. It is not below a test's directory, because it outlives the test and a socket's path has at most 107 characters.
    private static let ownDirectory = "/tmp/sonde-lab-\(getpid())"
    private static let scripts = Checkout.tests + "/Lab"
    private static let shared = Mutex<Result<Lab, Child.Failure>?>(nil)
    private static let own = Mutex<Result<Lab, Child.Failure>?>(nil)

    /// Returns the lab. The lab's own containers are removed at the test's beginning and end.
    static func open(_ scene: Scene) async throws -> Lab {
        let lab = try await up(scene)
        _ = try await lab.workload(scene, "down").succeeded()
        scene.later { _ = try? await lab.workload(scene, "down") }
        return lab
    }

    /// The same, with an engine of its own, which the test may restart, kill and stop.
    static func openOwn(_ scene: Scene) async throws -> Lab {
        let lab = try await upOwn(scene)
        _ = try await lab.workload(scene, "down").succeeded()
        scene.later { _ = try? await lab.workload(scene, "down") }
        return lab
    }

    private static func up(_ scene: Scene) async throws -> Lab {
        guard let given = ProcessInfo.processInfo.environment["SONDE_LAB_SOCKET"] else { return try await upOwn(scene) }
        return try await up(Lab(socket: given, directory: nil), shared, scene)
    }

    private static func upOwn(_ scene: Scene) async throws -> Lab {
        if own.withLock({ $0 }) == nil { atexit { Lab.down() } }
        return try await up(Lab(socket: ownDirectory + "/docker.sock", directory: ownDirectory), own, scene)
    }

    /// Starts it once and remembers whether that worked.
    private static func up(_ lab: Lab, _ known: borrowing Mutex<Result<Lab, Child.Failure>?>, _ scene: Scene) async throws -> Lab {
        if let known = known.withLock({ $0 }) { return try known.get() }
        known.withLock { $0 = .success(lab) }
        do {
            _ = try await lab.script(scene, "engine.sh", ["up"], within: .seconds(300)).succeeded()
        } catch {
            known.withLock { $0 = .failure(Child.Failure(description: "the Docker engine for the tests is not there: \(error)")) }
            throw error
        }
        return lab
    }

    /// Runs at the very end of the process, where nothing can be awaited.
    private static func down() {
        let log = ownDirectory + "-down"
        guard let child = try? Child("\(scripts)/engine.sh", ["down"], environment: ["SONDE_LAB": ownDirectory], log: log) else { return }
        child.wait()
        for ending in [".out", ".err"] { unlink(log + ending) }
    }

    /// Ends the engine itself with `TERM` or `KILL` and starts it again; only for an engine of `openOwn`.
    func restart(_ scene: Scene, signal: String) async throws {
        _ = try await script(scene, "engine.sh", ["restart", signal], within: .seconds(300)).succeeded()
    }

    /// The engine's own process; only for an engine of `openOwn`.
    func enginePID() throws -> pid_t {
        let text = try String(contentsOfFile: "\(directory ?? "")/docker.pid", encoding: .utf8)
        guard let pid = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw Child.Failure(description: "no process in docker.pid: \(text)")
        }
        return pid
    }

    /// Runs Tests/Lab/workload.sh, which starts containers whose numbers are known.
    func workload(_ scene: Scene, _ words: String...) async throws -> Command {
        try await script(scene, "workload.sh", words, within: .seconds(300))
    }

    private func script(_ scene: Scene, _ name: String, _ words: [String], within limit: Duration) async throws -> Command {
        let place = directory.map { ["SONDE_LAB": $0] } ?? ["SONDE_LAB_SOCKET": socket]
        return try await scene.command("\(Self.scripts)/\(name)", words, environment: place, within: limit)
    }

    /// Runs the engine's own client and returns its output.
    @discardableResult func docker(_ scene: Scene, _ words: String...) async throws -> String {
        try await scene.command("docker", ["-H", "unix://\(socket)"] + words).succeeded()
    }

    /// Runs a container of the lab's image, detached, and returns its id.
    func run(_ scene: Scene, name: String, _ script: String, options: [String] = []) async throws -> String {
        let words =
            ["-H", "unix://\(socket)", "run", "-d", "--label", "sonde-lab=1", "--name", name] + options + ["sonde-lab", "sh", "-c", script]
        return try await scene.command("docker", words).succeeded().trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

extension Lab {
    /// Runs a container called `eater` that wants more memory than it may have as soon as it begins, and is begun again for ever.
    func eater(_ scene: Scene) async throws -> String {
        try await run(
            scene, name: "eater", "exec dd if=/dev/zero of=/dev/null bs=64M", options: ["--memory", "32m", "--restart", "always"])
    }

    /// A running container as the engine lists it.
    struct Container: Hashable, Sendable {
        let id: String
        let name: String
        let image: String
    }

    /// What makes an agent record the lab's own containers only: the engine may have others, and tests that count must not count those.
    static let only = ["--include", "label=sonde-lab"]

    /// The lab's own; others that the engine may have are nobody's business here.
    func containers(_ scene: Scene) async throws -> [Container] {
        let format = "{{.ID}} {{.Names}} {{.Image}}"
        return try await docker(scene, "ps", "--no-trunc", "--filter", "label=sonde-lab", "--format", format).split(separator: "\n").map {
            line in
            let words = line.split(separator: " ").map(String.init)
            return Container(id: words[0], name: words[1], image: words[2])
        }
    }

    /// The ids of the lab's own containers.
    func ids(_ scene: Scene) async throws -> [String] { try await containers(scene).map(\.id) }

    /// Waits until `dd` in the container with this name has filled so many bytes of memory, which takes a moment from its start.
    func fills(_ scene: Scene, _ name: String, bytes: Int64) async throws {
        let container = try #require(await containers(scene).first { $0.name == name })
        try await eventually("\(bytes >> 20) MiB of dd in \(name)", every: .milliseconds(100)) {
            let holder = try await processes(scene, container).first { $0.comm == "dd" }
            return holder.flatMap { KernelFacts.resident($0.pid) } ?? 0 >= bytes
        }
    }

    /// The processes of a container: their pids from the engine, their facts from the kernel.
    func processes(_ scene: Scene, _ container: Container) async throws -> Set<KernelFacts.Process> {
        let listed = try await docker(scene, "top", container.id, "-eo", "pid,comm").split(separator: "\n").dropFirst()
        return Set(listed.compactMap { $0.split(separator: " ").first.flatMap { Int64($0) }.flatMap(KernelFacts.process) })
    }
}
