import ArgumentParser
import FoundationEssentials
import NIOCore
import NIOPosix
import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `sonde-agent snapshot`: the current use of resources by the containers' processes, without a collector.
struct SnapshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Print the host's memory and every process of its containers as one JSON object.",
        discussion:
            "Of the agent's options it takes --docker-socket, --proc, --sys and --node. It looks twice, half a second apart, since CPU use is what lies between two readings. Nothing is recorded."
    )

    /// Its options are the agent's; they may stand before or after `snapshot`.
    @ParentCommand var agent: AgentCommand

    func run() async throws {
        let configuration = try AgentConfiguration(agent.options, environment: ProcessInfo.processInfo.environment, isRoot: geteuid() == 0)
        DescriptorLimit.raise()
        let index = ContainerIndex()
        let client = EngineClient(socket: configuration.options.dockerSocket, group: MultiThreadedEventLoopGroup.singleton)
        do {
            index.publish(try await EngineAPI(client: client).running(within: .seconds(5)).map { ContainerInfo($0) })
            index.setEngineAvailable(true)
        } catch {
            index.setEngineAvailable(false, reason: "\(error)")
            LogStream().write("sonde-agent: the containers' names stay unknown: \(error)")
        }
        client.close()
        var snapshot = HostSnapshot(roots: configuration.roots, index: index)
        snapshot.read()
        try await Task.sleep(for: .milliseconds(500))
        snapshot.read()
        StandardStream.output.write(snapshot.json(node: configuration.node) + "\n")
    }
}
