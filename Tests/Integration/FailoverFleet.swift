import Foundation
import StatsCore
import TestSupport

/// Collectors of which each agent names several.
final class FailoverFleet {
    let scene: Scene
    var collectors: [Collector] = []
    /// Of those collectors whose clocks aren't this machine's.
    private var clocks: [FakedClock] = []
    /// The file with the token that all have; none without one.
    private let token: String?

    private var credentials: [String] { token.map { ["--token-file", $0] } ?? [] }

    /// - Parameters:
    ///   - hours: by how much the wall clock of each is ahead; empty when all have this machine's.
    ///   - hasToken: whether agents, collectors and commands have a token.
    init(_ scene: Scene, count: Int, hours: [Int] = [], hasToken: Bool = false) async throws {
        self.scene = scene
        token = hasToken ? scene.path("token") : nil
        if let token { try await scene.command(Products.cli, ["token", token]).succeeded() }
        for hours in hours { clocks.append(try await FakedClock(scene, hours: hours)) }
        for number in 0..<count {
            var collector = try await scene.collector(
                data: scene.makeDirectory("data\(number)"), prefix: prefix(of: number), options: credentials)
            collector.control.token = try token.map {
                try String(contentsOfFile: $0, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
            }
            collectors.append(collector)
        }
    }

    private func prefix(of number: Int) -> [String] { clocks.isEmpty ? [] : clocks[number].prefix }

    /// Starts an agent.
    /// - Parameters:
    ///   - places: its collectors in the order in which it names them.
    ///   - state: its state directory; by default that of its node.
    func agent(_ node: String, of places: [Int], state: String? = nil) async throws -> Agent {
        try await agent(node, named: places.map { collectors[$0].listen }, state: state)
    }

    /// - Parameter names: its collectors, as it names them.
    func agent(_ node: String, named names: [String], state: String? = nil) async throws -> Agent {
        try await scene.agent(
            collectors[0], node: node, options: ["--collector", names.joined(separator: ","), "--failover-after", "1s"] + credentials,
            state: state)
    }

    /// Starts a collector again where it was.
    func restart(_ place: Int) async throws {
        let control = collectors[place].control
        collectors[place] = try await scene.collector(like: collectors[place], prefix: prefix(of: place), options: credentials)
        collectors[place].control.token = control.token
    }

    func sonde(_ words: String..., at places: [Int]) async throws -> Command {
        let hosts = places.map { "127.0.0.1:\(collectors[$0].control.port)" }.joined(separator: ",")
        return try await scene.command(Products.cli, ["--host", hosts] + credentials + words)
    }

    /// What a collector says of a node.
    func report(_ node: String, at place: Int) throws -> NodeReport? {
        try collectors[place].control.status().nodes.first { $0.node == node }
    }

    func missing(_ node: String, at place: Int) throws -> [String: UInt64] { try report(node, at: place)?.missing ?? [:] }

    func joined(_ node: String, at place: Int) async throws {
        try await eventually("\(node) at collector \(place)") { try self.report(node, at: place)?.isConnected == true }
    }

    /// How often a collector has refused an agent since it was started.
    func refusals(_ code: String, at place: Int) throws -> UInt64 { try collectors[place].control.status().collector.refused[code] ?? 0 }
}
