import Logging
import NIOPosix
import ServiceLifecycle
import StatsCore
import UnixSignals

/// The agent: sources on threads of their own, a sampler that ticks, an uplink that sends, and what follows the engine.
struct Agent {
    private let configuration: AgentConfiguration
    private let logger: Logger
    private let services: [any Service]

    init(_ configuration: AgentConfiguration, identity: Identity) {
        self.configuration = configuration
        var logger = Logger(label: "sonde-agent")
        logger.logLevel = configuration.logLevel
        self.logger = logger

        let roots = configuration.roots
        let facts = HostFacts(roots: roots)
        let clock = CollectorClock()
        let outbox = Outbox(epoch: identity.epoch)
        // One thread serves the collector's connection and the engine's socket: both are idle nearly all the time.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

        let options = configuration.hostOptions
        var workers = [
            SourceWorker(name: "host") { HostSource(roots: roots, options: options) },
            SourceWorker(name: "filesystem") { FilesystemSource(roots: roots) },
        ]
        var engine: [any Service] = []
        let mode = configuration.containers
        if mode != .off {
            let index = ContainerIndex()
            let board = StatsBoard()
            let socket = configuration.dockerSocket
            let watched = EngineAPI(client: EngineClient(socket: socket, group: group))
            let polled = EngineAPI(client: EngineClient(socket: socket, group: group, connections: StatsPoller.connections))
            let worker = SourceWorker(name: "container") { ContainerSource(roots: roots, mode: mode, index: index, board: board) }
            index.setWake { worker.wake() }
            workers.append(worker)
            engine = [EngineWatcher(api: watched, index: index, logger: logger), StatsPoller(board: board, api: polled)]
        }
        let sampler = Sampler(clock: clock, outbox: outbox, workers: workers, liveInterval: configuration.interval) {
            Observer(engine: mode == .off ? nil : EngineProcesses(roots: roots))
        }
        let uplink = Uplink(
            host: configuration.host, port: configuration.port, identity: identity, facts: facts, outbox: outbox, sampler: sampler,
            clock: clock, group: group, logger: logger
        ) { monitor in
            StandardOutput.write("Connected \(monitor) to collector")
        }
        services = engine + [SamplerService(sampler: sampler), uplink]

        if !facts.isPrivileged { logger.warning("\(Self.unprivileged)") }
        StandardOutput.write("sonde-agent ready: node \(identity.node), collector \(configuration.host):\(configuration.port)")
    }

    /// Runs until SIGTERM or SIGINT, or until a service fails.
    func run() async throws {
        try await ServiceGroup(
            configuration: .init(
                services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        ).run()
    }

    private static let unprivileged = """
        not running as root: in the process table read_chars, write_chars, read_syscalls, write_syscalls, read_bytes, write_bytes and \
        cancelled_write_bytes stay empty for processes of other users, and without access to the Docker socket so do the containers' \
        names, images, health and limits
        """
}

/// Runs the sampler on its thread. The uplink ends it, since what was sampled last is still to be sent.
private struct SamplerService: Service {
    let sampler: Sampler

    func run() async throws {
        await withCheckedContinuation { continuation in
            PlainThread.start(name: "sonde-sampler") {
                sampler.run()
                continuation.resume()
            }
        }
        // The uplink stops the sampler before it is this service's turn, and to end before its turn is a fault for the group.
        try? await gracefulShutdown()
    }
}
