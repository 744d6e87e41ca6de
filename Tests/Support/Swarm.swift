import Foundation

/// A Swarm of engines in network namespaces, which Tests/Lab/swarm.sh makes and takes down again. Node 1 is the manager.
struct Swarm {
    private let scene: Scene
    private let directory: String

    /// - Parameter nodes: how many; each has the lab's image and the images of Sonde.
    static func up(_ scene: Scene, nodes: Int) async throws -> Swarm {
        // Not below the test's directory: a socket's path has at most 107 characters.
        let swarm = Swarm(scene: scene, directory: "/tmp/sonde-swarm-\(getpid())")
        scene.later { _ = try? await swarm.script("down") }
        try await swarm.script("up", "\(nodes)")
        try await swarm.makeImages()
        for node in 1...nodes { try await swarm.giveImages(to: node) }
        return swarm
    }

    /// Starts one node more, which joins.
    func add(_ node: Int) async throws {
        try await script("add")
        try await giveImages(to: node)
    }

    func socket(_ node: Int) -> String { "\(directory)/n\(node)/run/docker.sock" }

    @discardableResult
    func docker(_ node: Int, _ words: String..., within limit: Duration = .seconds(60)) async throws -> String {
        try await command(node, words, within: limit).succeeded().trimmingCharacters(in: .whitespacesAndNewlines)
    }

    func command(_ node: Int, _ words: [String], within limit: Duration = .seconds(60)) async throws -> Command {
        try await scene.command("docker", ["-H", "unix://\(socket(node))"] + words, within: limit)
    }

    /// The image of a target of deploy/Dockerfile, as Makefile's `images` makes it: of the stripped programs of a release build.
    private func makeImages() async throws {
        try await scene.command("\(Products.tests)/Lab/image.sh", [], environment: ["SONDE_LAB_SOCKET": socket(1)]).succeeded()
        let programs = try scene.makeDirectory("programs")
        for name in ["sonde", "sonde-agent", "sonde-collector"] {
            try await scene.command("strip", ["-o", "\(programs)/\(name)", "\(Release.directory)/\(name)"]).succeeded()
        }
        for target in ["agent", "collector"] {
            // The classic builder, which every engine has; where there is BuildKit, the same file serves it.
            let words = [
                "-H", "unix://\(socket(1))", "build", "--file", "\(Release.deploy)/Dockerfile", "--build-arg", "BUILDER=sonde-lab",
                "--target", target, "--tag", "sonde-\(target)", programs,
            ]
            try await scene.command("docker", words, environment: ["DOCKER_BUILDKIT": "0"], within: .seconds(180)).succeeded()
        }
    }

    private func giveImages(to node: Int) async throws {
        guard node != 1 else { return }
        let copy = "docker -H unix://\(socket(1)) save sonde-lab sonde-agent sonde-collector | docker -H unix://\(socket(node)) load"
        try await scene.command("sh", ["-c", copy], within: .seconds(180)).succeeded()
    }

    private func script(_ words: String...) async throws {
        try await scene.command(
            "\(Products.tests)/Lab/swarm.sh", words, environment: ["SONDE_LAB": directory], within: .seconds(180)
        ).succeeded()
    }
}
