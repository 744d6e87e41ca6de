import Foundation
import Glibc
import Synchronization
import TestSupport

/// A Swarm of engines in network namespaces, made by Tests/Lab/swarm.sh and shared by all tests until they end. Each node has the lab's
/// image and those of Sonde. Node 1 is the manager.
struct Swarm {
    private let scene: Scene

    // Not below the test's directory, because it outlives the test and a socket's path has at most 107 characters.
    private static let directory = "/tmp/sonde-swarm-\(getpid())"
    private static let nodes = Mutex(0)

    /// - Parameter nodes: the least number of nodes.
    static func open(_ scene: Scene, nodes wanted: Int) async throws -> Swarm {
        let swarm = Swarm(scene: scene)
        if nodes.withLock({ $0 }) == 0 {
            atexit { Swarm.down() }
            try await swarm.script("up", "1")
            nodes.withLock { $0 = 1 }
            try await swarm.makeImages()
        }
        while nodes.withLock({ $0 }) < wanted { try await swarm.add() }
        return swarm
    }

    /// Starts a further node, which joins the Swarm.
    func add() async throws {
        try await script("add")
        let node = Self.nodes.withLock { nodes in
            nodes += 1
            return nodes
        }
        let copy = "docker -H unix://\(socket(1)) save sonde-lab sonde-agent sonde-collector | docker -H unix://\(socket(node)) load"
        try await scene.command("sh", ["-c", copy], within: .seconds(600)).succeeded()
    }

    func socket(_ node: Int) -> String { "\(Self.directory)/n\(node)/run/docker.sock" }

    /// Runs the engine's client on a node and returns its output.
    @discardableResult func docker(_ node: Int, _ words: String...) async throws -> String {
        try await command(node, words).succeeded().trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func command(_ node: Int, _ words: [String]) async throws -> Command {
        try await scene.command("docker", ["-H", "unix://\(socket(node))"] + words)
    }

    /// Makes the images as `make images` does, from the stripped programs of a release build.
    private func makeImages() async throws {
        try await scene.command("\(Checkout.tests)/Lab/image.sh", [], environment: ["SONDE_LAB_SOCKET": socket(1)]).succeeded()
        let programs = try scene.makeDirectory("programs")
        for name in ["sonde", "sonde-agent", "sonde-collector"] {
            try await scene.command("strip", ["-o", "\(programs)/\(name)", "\(Release.directory)/\(name)"]).succeeded()
        }
        try FileManager.default.copyItem(atPath: Release.billOfMaterials, toPath: "\(programs)/sonde.cdx.json")
        for target in ["agent", "collector"] {
            let words = [
                "-H", "unix://\(socket(1))", "build", "--file", "\(Release.deploy)/Dockerfile", "--build-arg", "BUILDER=sonde-lab",
                "--target", target, "--tag", "sonde-\(target)", programs,
            ]
            // The classic builder, which every engine has. It also builds stages that other builders skip.
            try await scene.command("docker", words, environment: ["DOCKER_BUILDKIT": "0"], within: .seconds(600)).succeeded()
        }
    }

    private func script(_ words: String...) async throws {
        try await scene.command(
            "\(Checkout.tests)/Lab/swarm.sh", words, environment: ["SONDE_LAB": Self.directory], within: .seconds(600)
        ).succeeded()
    }

    /// Runs at the very end of the process, where nothing can be awaited.
    private static func down() {
        let log = directory + "-down"
        guard let child = try? Child("\(Checkout.tests)/Lab/swarm.sh", ["down"], environment: ["SONDE_LAB": directory], log: log) else {
            return
        }
        child.wait()
        for ending in [".out", ".err"] { unlink(log + ending) }
    }
}
