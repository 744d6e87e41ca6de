import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

extension IntegrationTests.Deploy {
    @Test(
        "A Swarm has an agent on each node, also on one that joins and on none that is drained, and records a complete run of all",
        .engine, .root, .release)
    func swarm() async throws {
        try await Scene.run { scene in
            let swarm = try await Swarm.open(scene, nodes: 3)
            let stack = try await Stack(scene, swarm)
            let collector = try await stack.collector()
            #expect(try await swarm.docker(1, "ps", "--quiet", "--filter", "name=sonde_collector") == "", "not on the manager")
            try await stack.hasAgents(on: ["n1", "n2", "n3"])

            try await swarm.add()
            try await stack.hasAgents(on: ["n1", "n2", "n3", "n4"])
            try await swarm.docker(1, "node", "update", "--availability", "drain", "n3")
            try await stack.hasAgents(on: ["n1", "n2", "n4"])

            try await stack.sonde("start", "all", "--interval", "200ms", "--duration", "4s", "--expect", "3")
            try await swarm.closes("/data/all", in: collector, on: 2)
            try await swarm.docker(2, "cp", "\(collector):/data/all", scene.path("all"))
            let run = try RecordedRun(scene.path("all"))
            try run.checkWhole("n1", "n2", "n4", ticks: 20)
            let names = try Set(run.table("container").rows.compactMap { $0["container"] })
            #expect(names.contains { $0.hasPrefix("sonde_collector.1.") }, "\(names)")
            // Without the host's pid namespace, which a Swarm can't give to a service.
            let processes = try run.table("process").rows
            #expect(Set(processes.compactMap { $0["comm"] }).isSuperset(of: ["sonde-agent", "sonde-collector"]))
            #expect(!processes.contains { $0.integer("pid") == 1 }, "the host's first process is in no container")

            try await stack.addStranger()
            try await eventually("the refusal", every: .milliseconds(500)) {
                try await stack.sonde("status", "--json").contains("token_wrong")
            }
            #expect(try await stack.connected() == ["n1", "n2", "n4"])
        }
    }
}

/// The shipped stack.yaml, deployed on node 1, with the collector on node 2.
private struct Stack {
    private let scene: Scene
    private let swarm: Swarm

    init(_ scene: Scene, _ swarm: Swarm) async throws {
        self.scene = scene
        self.swarm = swarm
        try await scene.command("\(Release.directory)/sonde", ["token", scene.path("token")]).succeeded()
        try await swarm.docker(1, "secret", "create", "sonde_token", scene.path("token"))
        scene.later { _ = try? await swarm.docker(1, "secret", "rm", "sonde_token") }
        try await swarm.docker(1, "node", "update", "--label-add", "sonde.collector=true", "n2")
        try await swarm.docker(1, "stack", "deploy", "--compose-file", "\(Release.deploy)/stack.yaml", "sonde")
        scene.later { _ = try? await swarm.docker(1, "stack", "rm", "sonde") }
    }

    /// The collector's container on node 2, once it is healthy.
    func collector() async throws -> String {
        let id = try await eventually("the collector's container", every: .milliseconds(200)) {
            let id = try await swarm.docker(2, "ps", "--quiet", "--filter", "name=sonde_collector")
            return id.isEmpty ? nil : id
        }
        try await swarm.isHealthy(id, on: 2)
        return id
    }

    /// Runs `sonde` in the collector's container, as an operator would.
    @discardableResult func sonde(_ words: String...) async throws -> String {
        try await swarm.command(2, ["exec", collector(), "sonde"] + words).succeeded()
    }

    /// Waits until exactly these nodes have a connected agent.
    func hasAgents(on nodes: Set<String>) async throws {
        try await eventually("agents on \(nodes.sorted())", every: .milliseconds(500)) {
            try await connected() == nodes
        }
    }

    /// The nodes with a connected agent.
    func connected() async throws -> Set<String> {
        let report = try await JSONDecoder().decode(InstancesReport.self, from: Data(sonde("instances", "--json").utf8))
        return Set(report.nodes.filter(\.isConnected).map(\.node))
    }

    /// Starts an agent in the stack's network that has another token.
    func addStranger() async throws {
        try await scene.command("\(Release.directory)/sonde", ["token", scene.path("other")]).succeeded()
        try await swarm.docker(1, "secret", "create", "other", scene.path("other"))
        scene.later { [swarm] in _ = try? await swarm.docker(1, "secret", "rm", "other") }
        try await swarm.docker(
            1, "service", "create", "--detach", "--quiet", "--name", "stranger", "--network", "sonde_sonde", "--secret", "other",
            "--constraint", "node.hostname == n1", "--env", "SONDE_COLLECTOR=collector:9822", "--env", "SONDE_NODE=stranger",
            "--env", "SONDE_CONTAINERS=off", "--env", "SONDE_TOKEN_FILE=/run/secrets/other", "sonde-agent")
        scene.later { [swarm] in _ = try? await swarm.docker(1, "service", "rm", "stranger") }
    }
}
