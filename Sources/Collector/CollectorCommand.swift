import ArgumentParser
import FoundationEssentials
import Logging
import NIOPosix
import RemoteWrite
import ServiceLifecycle
import StatsCore
import UnixSignals

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@main
struct CollectorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sonde-collector",
        abstract: "Takes in what sonde-agents measure, and writes runs as CSV files.",
        discussion: """
            Each option can also be given as an environment variable (SONDE_LISTEN, SONDE_CONTROL, SONDE_DATA, …), or as a key of the JSON file that --config names \
            ({"data": "/var/lib/sonde"}). A flag wins over a variable, a variable over the file.
            """,
        version: Version.current)

    @OptionGroup var options: CollectorOptions

    @Flag(help: "Only ask the collector on the control port whether it is alive: exit 0 when it is, 1 when not.")
    var healthcheck = false

    @Option(
        help: ArgumentHelp(
            "Only close this run of --data, which nobody records any more, with what is on the disk. `sonde close DIR` calls that.",
            valueName: "run", visibility: .hidden))
    var close: String?

    static func main() async {
        await main(layering: CollectorOptions.self, environment: ProcessInfo.processInfo.environment)
    }

    func run() async throws {
        let configuration = try CollectorConfiguration(options, environment: ProcessInfo.processInfo.environment)
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler(label: label, stream: LogStream())
            handler.logLevel = configuration.options.logLevel
            return handler
        }
        do {
            if healthcheck { return try await HealthCheck(control: options.control, tls: configuration.tls).run() }
            if let close {
                let data = try DataDirectory(options.data, state: configuration.state)
                _ = try await RunClosing(data: data, logger: Logger(label: "sonde-collector")).close(close)
                return
            }
            defer {
                if let lifeline = configuration.options.lifeline, !Lifeline.isHeld(lifeline) {
                    Lifeline.clear(configuration.state, beside: lifeline)
                }
            }
            try await Collector(configuration, logger: Logger(label: "sonde-collector")).run()
        } catch {
            LogStream().write("sonde-collector: \(error)")
            throw ExitCode.failure
        }
    }
}

/// The collector's parts, wired together.
struct Collector {
    private let configuration: CollectorConfiguration
    private let logger: Logger

    init(_ configuration: CollectorConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    /// Runs until SIGTERM or SIGINT. A run in progress stays as it is, and goes on with the next start.
    /// - Throws: `StartFailure`, or what made it impossible to go on.
    func run() async throws {
        DescriptorLimit.raise()
        let options = configuration.options
        let credentials = try Credentials(
            tokenFile: options.tokenFile, ca: options.tlsCa, certificate: options.tlsCertificate, key: options.tlsKey)
        let logger = logger
        let tls = try credentials.tls.map { files in
            try TLSContext(files, .server) { logger.error("the certificates can't be read again", metadata: [LogKey.reason: "\($0)"]) }
        }
        if configuration.isOpenToAll {
            logger.warning("anybody who reaches these ports may deliver and control: neither a token nor TLS is asked for (--insecure)")
        }
        let data = try DataDirectory(options.data, state: configuration.state)
        let clock = try CollectorClock.continuing(data.activeRun()) { data.lastTick(of: $0) }
        let difference = clock.now() - Clocks.wall() / 1000
        if difference.magnitude > 1_000_000 {
            logger.warning(
                "the wall clock was set while a run was in progress; the collector's clock stays with the run",
                metadata: [LogKey.ahead: "\(difference) us"])
        }
        let counters = RefusalCounters()
        let room = MemoryRoom(limit: OwnMemoryLimit.bytes())
        let live = NewestTicks(costLimit: room.live, most: room.mostLive, clock: clock, counters: counters)
        let remote = try remoteWrite(clock, live)
        let wake = RetentionWake()
        let recorder = Recorder(
            data: data, live: live, counters: counters, clock: clock, logger: logger,
            thread: MultiThreadedEventLoopGroup(numberOfThreads: 1), settle: { remote?.flush() }, runEnded: wake.wake)
        let care = RunCare(data: data, recorder: recorder, live: live, clock: clock, logger: logger)
        try await recorder.resume()
        let liveLog = try configuration.liveLog.map { try LiveLog($0, counters: counters, clock: clock, logger: logger) }
        let endpoints = Endpoints(isOpenToAll: configuration.isOpenToAll)
        let status = StatusRoutes(recorder: recorder, data: data, counters: counters, endpoints: endpoints) { remote?.reports ?? [] }
        let remoteSink = remote.map { RemoteWriteSink(remote: $0) { await status.report() } }
        let sinks: [any ReceivedTickSink] = [live] + (liveLog.map { [$0] } ?? []) + (remoteSink.map { [$0] } ?? [])
        let ingest = try await IngestServer(
            address: options.listen, recorder: recorder, sinks: sinks, counters: counters, clock: clock,
            logger: logger, collector: try data.collector(), token: credentials.token, tls: tls, budget: MemoryBudget(room: room.frames))
        let listening = ingest.address ?? options.listen
        let users = localUsers(listening)
        ingest.users = users
        endpoints.listen = "\(listening)"
        let hub = StreamHub(live: live, clock: clock) { await status.report() }
        let control = ControlServer(
            address: options.control, recorder: recorder, data: data, care: care, live: live, hub: hub, status: status,
            endpoints: endpoints,
            logger: logger, tls: tls, token: credentials.token, users: users, names: configuration.controlNames,
            showsProcesses: options.metricsProcesses
        ) { control in
            let ready = CollectorReady(agents: listening, control: control, isTLS: tls != nil, data: data.path)
            StandardStream.output.write(ready.text + "\n")
        }
        // They end in the reverse order: streams first, for which the control port would wait; what agents deliver until the last moment is still kept.
        let retention = RetentionService(retention: configuration.retention, care: care, wake: wake)
        let keepers: [any Service] =
            (remoteSink.map { [$0] } ?? []) + [RecorderService(recorder: recorder), retention] + (liveLog.map { [$0] } ?? [])
        var group = ServiceGroupConfiguration(
            services: keepers + [ingest, control, StreamHubService(hub: hub)], gracefulShutdownSignals: [.sigterm, .sigint, .sighup],
            logger: logger)
        group.maximumGracefulShutdownDuration = .seconds(10)
        group.maximumCancellationDuration = .seconds(5)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await endWithStarter(recorder) }
            defer { tasks.cancelAll() }
            try await ServiceGroup(configuration: group).run()
        }
    }

    /// Closes the run and asks this collector to end when `sonde record`, which started it, has gone. Nobody will go on with a run whose state is in a temporary directory.
    private func endWithStarter(_ recorder: Recorder) async {
        guard let lifeline = configuration.options.lifeline, await Lifeline.hasEnded(lifeline) else { return }
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await recorder.closeAbandoned() }
            tasks.addTask { try? await Task.sleep(for: Self.closingTime) }
            await tasks.next()
            // Whoever still waits for the run to be closed is told that it can't be.
            kill(getpid(), SIGTERM)
        }
    }

    /// - Throws: `StartFailure` when its directory can't be used.
    private func remoteWrite(_ clock: CollectorClock, _ live: NewestTicks) throws -> RemoteWrite? {
        guard let settings = configuration.remoteWrite else { return nil }
        do {
            return try RemoteWrite(
                settings, in: Descriptor.directory(making: configuration.state), instance: HostNames.own,
                withProcesses: configuration.options.metricsProcesses, clock: { clock.now() }, logger: logger
            ) { live.note(event: "remote_write", $0, at: clock.now()) }
        } catch {
            throw StartFailure(
                "what waits for remote write can't be kept: \(error). Give a directory that this user may write to with --state")
        }
    }

    /// How long the agent may take to deliver what it has.
    private static let closingTime = Duration.seconds(3)

    /// Who may do more than look when there is neither a token nor TLS; `nil` when that isn't asked.
    private func localUsers(_ listening: ListenAddress) -> LocalUsers? {
        guard configuration.asksKernel else { return nil }
        let users = LocalUsers.own
        guard SocketUser.isKnown(listening: listening) else {
            logger.warning(
                "nobody may start, stop and download runs or deliver rows: there is no token, and the kernel doesn't say whose a connection is (sock_diag); give --token-file, or --insecure to let every user of this machine in"
            )
            return users
        }
        logger.notice(
            "without a token only this user and root may start, stop and download runs and deliver rows; every user of this machine may look on",
            metadata: [LogKey.user: "\(users.owner.map { "\($0)" } ?? "")"])
        return users
    }
}
