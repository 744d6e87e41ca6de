import ArgumentParser
import NIOCore
import NIOPosix
import StatsCore

/// `sonde-agent snapshot`: what the containers' processes use now, without a collector.
struct SnapshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot",
        abstract: "Print the host's memory and every process of its containers as one JSON object.",
        discussion: "It looks twice, half a second apart, since CPU use is what lies between two readings. Nothing is recorded.")

    @Option(help: "The Docker engine's socket, which knows the containers' names.")
    var dockerSocket = "/var/run/docker.sock"

    @Option(help: "Where the host's /proc is.")
    var proc = "/proc"

    @Option(help: "Where the host's /sys is.")
    var sys = "/sys"

    func run() async throws {
        DescriptorLimit.raise()
        let index = ContainerIndex()
        let client = EngineClient(socket: dockerSocket, group: MultiThreadedEventLoopGroup.singleton)
        do {
            index.publish(try await EngineAPI(client: client).running(within: .seconds(5)).map { ContainerInfo($0) })
            index.setEngineAvailable(true)
        } catch {
            index.setEngineAvailable(false, reason: "\(error)")
        }
        client.close()
        var snapshot = HostSnapshot(roots: KernelRoots(proc: proc, sys: sys), index: index)
        snapshot.read()
        try await Task.sleep(for: .milliseconds(500))
        snapshot.read()
        StandardOutput.write(snapshot.json(node: HostFacts.hostname))
    }
}
