import Logging
import NIOPosix
import ServiceLifecycle
import StatsCore
import UnixSignals

/// The agent: sources on threads of their own, a sampler that ticks, an uplink that sends, a spool for when it can't, and what follows
/// the engine.
struct Agent {
    private let configuration: AgentConfiguration
    private let logger: Logger
    private let services: [any Service]

    /// - Throws: `StateDirectory.Failure` when the spool can't be opened or a new epoch can't be begun, `SecretFile.Failure`, `MetricsServer.Failure`.
    init(_ configuration: AgentConfiguration, state: StateDirectory) async throws {
        self.configuration = configuration
        var configured = Logger(label: "sonde-agent")
        configured.logLevel = configuration.options.logLevel
        let logger = configured
        self.logger = logger

        let roots = configuration.roots
        let facts = HostFacts(roots: roots)
        let tls = try configuration.credentials.tls.map { files in
            try TLSContext(files, .client) { logger.error("the certificates can't be read again", metadata: ["reason": "\($0)"]) }
        }
        let clock = CollectorTime()
        let spool = try Self.spool(in: state, quota: configuration.options.spoolLimit.bytes, logger: logger)
        let identity = try Identity.begin(in: state, node: configuration.node, above: spool.newestEpoch)
        let deliveries = Deliveries(identity: identity, spool: spool)
        let runNote = RunNote(in: state, bootID: facts.bootID, logger: logger)
        // One thread serves the collector's connection and the engine's socket: both are idle nearly all the time.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

        let options = configuration.hostOptions
        var workers = [
            SourceWorker(name: "host") { HostSource(roots: roots, options: options) },
            SourceWorker(name: "filesystem") { FilesystemSource(roots: roots) },
        ]
        var engine: [any Service] = []
        var governor: GovernorService?
        let mode = configuration.options.containers
        if mode != .off {
            let index = ContainerIndex(filter: configuration.containerFilter)
            let board = StatsBoard()
            let socket = configuration.options.dockerSocket
            let watched = EngineAPI(client: EngineClient(socket: socket, group: group))
            let polled = EngineAPI(client: EngineClient(socket: socket, group: group, connections: StatsPoller.connections))
            let worker = SourceWorker(name: "container") { ContainerSource(roots: roots, mode: mode, index: index, board: board) }
            index.setWake { worker.wake() }
            workers.append(worker)
            if let policy = configuration.governor {
                // A connection for each action that may be under way at once.
                let client = EngineClient(socket: socket, group: group, connections: policy.actionsPerMinute)
                governor = GovernorService(
                    policy: policy, ticks: GovernorService.mailbox(), index: index, api: EngineAPI(client: client),
                    journal: GovernorJournal(
                        in: state, bootID: facts.bootID, cooldown: policy.groups.map(\.cooldown).max() ?? 0), logger: logger)
                logger.notice(
                    policy.mode == .enforce ? "the governor acts on containers" : "the governor says what it would do, and does nothing",
                    metadata: ["policy": "\(policy.name)", "sha256": "\(policy.hash)"])
            }
            engine = [EngineWatcher(api: watched, index: index, logger: logger), StatsPoller(board: board, api: polled)]
        }
        let metrics = configuration.options.metrics.map { _ in
            MetricsStore(node: identity.node, kernel: facts.kernel, showsProcesses: configuration.options.metricsProcesses)
        }
        let sinks = [metrics?.ticks, governor?.ticks].compactMap(\.self)
        let sampler = Sampler(
            clock: clock, deliveries: deliveries, workers: workers, liveInterval: configuration.options.interval, state: state, sinks: sinks
        ) {
            Observer(engine: mode == .off ? nil : EngineProcesses(roots: roots))
        }
        var ready = "sonde-agent ready: node \(identity.node)"
        var last: [any Service] = [SamplerEnd(sampler: sampler)]
        if let collector = configuration.collector {
            if let note = runNote.recall() {
                clock.assume(offset: note.offset)
                sampler.order(.run(note.run))
                logger.info("going on with the run that this agent was in", metadata: ["run": "\(note.run.name)"])
            }
            let uplink = Uplink(
                host: collector.host, port: collector.port, identity: identity, token: configuration.credentials.token, tls: tls,
                facts: facts, deliveries: deliveries,
                runNote: runNote, sampler: sampler, clock: clock, group: group, logger: logger
            ) { monitor in
                StandardOutput.write("Connected \(monitor) to collector")
            }
            last = [uplink]
            ready += ", collector \(collector.host):\(collector.port)"
        }
        if let metrics, let address = configuration.options.metrics {
            let server = try await MetricsServer(on: address, MetricsPort(store: metrics, token: configuration.credentials.token))
            last.append(server)
            ready += ", metrics on http://\(server.address ?? address)"
        }
        // Ends before sampling does: what it did last is still to be told.
        if let governor { last.append(governor) }
        // They end in the reverse order: first the uplink, which ends sampling, last the spool, which keeps what is left.
        services = [SpoolService(writer: SpoolWriter(deliveries, logger: logger))] + engine + [SamplerService(sampler: sampler)] + last

        if !facts.isPrivileged { logger.warning("\(Self.unprivileged)") }
        StandardOutput.write(ready)
    }

    /// Runs until SIGTERM or SIGINT, or until a service fails.
    func run() async throws {
        try await ServiceGroup(
            configuration: .init(
                services: services.map { .init(service: $0) }, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        ).run()
    }

    private static func spool(in state: StateDirectory, quota: UInt64, logger: Logger) throws(StateDirectory.Failure) -> Spool {
        do {
            // Several segments, however small the quota: what is dropped is a whole segment.
            return try Spool(in: state.directory, quota: quota, segmentBytes: Int(min(4 << 20, quota / 8)), logger: logger)
        } catch {
            throw StateDirectory.Failure(description: "the spool can't be opened: \(error); name another directory with --state")
        }
    }

    private static let unprivileged = """
        not running as root with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH: in the process table read_chars, write_chars, read_syscalls, \
        write_syscalls, read_bytes, write_bytes and cancelled_write_bytes stay empty for processes of other users, and without access to \
        the Docker socket so do the containers' names, images, health and limits
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

/// Ends sampling where there is no uplink that would.
private struct SamplerEnd: Service {
    let sampler: Sampler

    func run() async throws {
        try? await gracefulShutdown()
        sampler.order(.shutDown)
    }
}
