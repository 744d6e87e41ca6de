import StatsCore
import TestSupport

/// A running `sonde-collector`.
struct Collector {
    let child: Child
    let data: String
    /// The address for agents.
    var listen: String
    var control: ControlClient

    /// `PORT` of `listen`.
    var port: UInt16 { UInt16(listen.split(separator: ":").last ?? "") ?? 0 }
}

/// A running `sonde-agent`.
struct Agent {
    let child: Child
    let node: String
    let state: String
}

extension Scene {
    /// Starts a collector and waits for its ready line.
    ///
    /// - Parameters:
    ///   - earlier: a collector whose data directory and ports it takes over.
    ///   - listen: the address for agents; by default a port that nobody else is given, also while the collector is away.
    ///   - data: its data directory; by default one of the test's own.
    ///   - prefix: words before its command line, such as those of env(1).
    ///   - options: further options.
    func collector(
        like earlier: Collector? = nil, listen: String? = nil, data given: String? = nil,
        executable: String = Products.collector, prefix: [String] = [], options: [String] = []
    ) async throws -> Collector {
        let data = try earlier?.data ?? given ?? makeDirectory("data")
        let agents = try earlier?.listen ?? listen ?? "127.0.0.1:\(reservedPort())"
        let control = try earlier?.control.port ?? reservedPort()
        let words = prefix + [executable, "--listen", agents, "--control", "127.0.0.1:\(control)", "--data", data] + options
        let child = try start(words[0], Array(words.dropFirst()))
        let line = try await readyLine(of: child, "sonde-collector")
        guard let ready = CollectorReady(line), let port = UInt16(exactly: ready.control.port) else {
            throw Child.Failure(description: "the collector's ready line can't be read: \(line)")
        }
        return Collector(child: child, data: data, listen: "\(ready.agents)", control: ControlClient(port: port))
    }

    /// A port on loopback that nobody else is given until the scene ends.
    private func reservedPort() throws -> UInt16 {
        let port = try ReservedPort()
        later { port.release() }
        return port.number
    }

    /// Starts an agent and waits for its ready line; `connected` waits until the collector knows it.
    ///
    /// - Parameters:
    ///   - prefix: words before its command line, such as those of setpriv(1).
    ///   - options: further options.
    func agent(
        _ collector: Collector, node: String = "here", containers: String = "off", socket: String? = nil, interval: String = "200ms",
        executable: String = Products.agent, prefix: [String] = [], options: [String] = [], state: String? = nil
    ) async throws -> Agent {
        let state = state ?? path("state-\(node)")
        let words =
            prefix + [executable, "--collector", collector.listen, "--node", node, "--interval", interval, "--containers", containers]
            + ["--docker-socket", socket ?? path("no-docker.sock"), "--state", state] + options
        let child = try start(words[0], Array(words.dropFirst()))
        let line = try await readyLine(of: child, "sonde-agent")
        guard AgentReady(line)?.node == node else { throw Child.Failure(description: "the agent's ready line can't be read: \(line)") }
        return Agent(child: child, node: node, state: state)
    }

    /// Starts an agent and waits until the collector has its first live tick.
    func connectedAgent(
        _ collector: Collector, node: String = "here", containers: String = "off", socket: String? = nil, prefix: [String] = [],
        options: [String] = []
    ) async throws -> Agent {
        let agent = try await agent(collector, node: node, containers: containers, socket: socket, prefix: prefix, options: options)
        _ = try await eventually("a live tick of \(node)") {
            try collector.control.instances().nodes.first { $0.node == node && $0.isConnected && $0.lastTickAgeMs != nil }
        }
        return agent
    }

    private func readyLine(of child: Child, _ program: String) async throws -> String {
        try await eventually("the ready line of \(child.name)") {
            if let status = child.poll() { throw Child.Failure(description: "\(child.name) ended with \(status) before it was ready") }
            // Only complete lines: the file may be read while a line is being written.
            return child.output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().first {
                $0.hasPrefix(ReadyLine.begin(of: program))
            }.map(
                String.init)
        }
    }

    /// Runs `sonde` against a collector.
    func sonde(_ collector: Collector, _ arguments: String..., within limit: Duration = .seconds(300)) async throws -> Command {
        try await sonde(collector, arguments, within: limit)
    }

    func sonde(_ collector: Collector, _ arguments: [String], within limit: Duration = .seconds(300)) async throws -> Command {
        try await command(Products.cli, ["--port", "\(collector.control.port)"] + arguments, within: limit)
    }
}
