import Foundation
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// The files of deploy/, used as an operator would use them.
    @Suite("What deploy/ holds", .serialized) struct Deploy {
        @Test("The images are small, need nothing but the program in them, and say that they are well", .engine, .root, .release)
        func images() async throws {
            try await Scene.run { scene in
                let swarm = try await Swarm.open(scene, nodes: 1)
                for (name, limit) in [("agent", 25_000_000), ("collector", 65_000_000)] {
                    let size = try #require(Int(try await swarm.docker(1, "image", "inspect", "--format", "{{.Size}}", "sonde-\(name)")))
                    #expect(size < limit, "sonde-\(name) has \(size) bytes")
                    #expect(size > 1_000_000)
                }
                #expect(try await swarm.docker(1, "image", "inspect", "--format", "{{.Config.User}}", "sonde-collector") == "65532:65532")
                #expect(try await swarm.docker(1, "run", "--rm", "sonde-agent", "--version") == Version.current)
                #expect(
                    try await swarm.docker(1, "run", "--rm", "--entrypoint", "sonde", "sonde-collector", "--version") == Version.current)

                let id = try await swarm.docker(1, "run", "--detach", "--read-only", "--cap-drop", "ALL", "sonde-collector")
                scene.later { _ = try? await swarm.docker(1, "rm", "--force", "--volumes", id) }
                try await swarm.isHealthy(id)
            }
        }
    }
}

extension IntegrationTests.Deploy {
    @Test("Each image says what it is made of: every package of Package.swift with the version that stands there", .engine, .root, .release)
    func billOfMaterials() async throws {
        try await Scene.run { scene in
            let swarm = try await Swarm.open(scene, nodes: 1)
            let package = try String(contentsOfFile: Checkout.path + "/Package.swift", encoding: .utf8)
            let direct = package.matches(of: /\/([a-z0-9-]+)", exact: "([0-9.]+)"/).map { "\($0.1) \($0.2)" }
            let indirect = package.matches(of: /\("(swift-[a-z0-9-]+)", "([0-9.]+)"/).map { "\($0.1) \($0.2)" }
            #expect(direct.count > 10 && indirect.count > 5)
            for name in ["sonde-agent", "sonde-collector"] {
                let id = try await swarm.docker(1, "create", name)
                scene.later { _ = try? await swarm.docker(1, "rm", "--volumes", id) }
                let path = scene.path("\(name).json")
                try await swarm.docker(1, "cp", "\(id):/usr/local/share/sonde/sonde.cdx.json", path)
                let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
                let bill = try JSONValue.object(bytes.span.bytes)
                guard case .array(let components)? = bill["components"] else {
                    throw Child.Failure(description: "no components in \(bill)")
                }
                let named = Set(components.map { "\($0["name"]?.text ?? "") \($0["version"]?.text ?? "")" })
                #expect(
                    named.isSuperset(of: direct + indirect)
                        && named.contains { $0.hasPrefix("swift Swift version") || $0.hasPrefix("swift Apple") })
            }
        }
    }
}

extension Swarm {
    /// Waits until a run in a container of the collector is closed, with whichever verdict, and `sonde verify` finds it intact.
    func closes(_ run: String, in container: String, on node: Int = 1) async throws {
        try await eventually("the end of the run \(run)", every: .milliseconds(200)) {
            let verdict = try await command(node, ["exec", container, "sonde", "verify", run])
            return verdict.status == 0 || verdict.status == 2 && verdict.output.contains("all that is missing is named")
        }
    }

    /// Waits until the image's own health check succeeds.
    func isHealthy(_ container: String, on node: Int = 1) async throws {
        try await eventually("health of \(container)", every: .milliseconds(200)) {
            let state = try await docker(node, "inspect", "--format", "{{.State.Status}} {{.State.Health.Status}}", container)
            guard state.hasPrefix("running") else {
                throw try await Child.Failure(description: "\(container) is \(state): \(docker(node, "logs", container))")
            }
            return state == "running healthy"
        }
    }
}
