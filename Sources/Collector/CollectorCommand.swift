import ArgumentParser
import FoundationEssentials
import Logging
import NIOPosix
import ServiceLifecycle
import StatsCore
import SystemPackage
import UnixSignals

@main
struct CollectorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sonde-collector",
        abstract: "Takes in what sonde-agents measure, and writes runs as CSV files.",
        discussion: """
            Each option can also be given as an environment variable (SONDE_LISTEN, SONDE_CONTROL, SONDE_DATA, …), or as a key of a JSON configuration file ({"data": "/var/lib/sonde"}). A flag wins over a variable, \
            a variable over the file.
            """,
        version: Version.current)

    @Option(help: ArgumentHelp("Where agents connect; default 127.0.0.1:9822, this machine only.", valueName: "host:port"))
    var listen: String?

    @Option(help: ArgumentHelp("Where the control port is; default 127.0.0.1:9880.", valueName: "host:port"))
    var control: String?

    @Option(
        help: ArgumentHelp(
            "More names by which the control port is asked for, with commas in between; this host's are known.", valueName: "name"))
    var controlName: String?

    @Option(help: ArgumentHelp("The directory for the runs, made when it is absent; default ./data.", valueName: "dir"))
    var data: String?

    @Option(help: ArgumentHelp("Where the collector notes which run is in progress; default: the data directory.", valueName: "dir"))
    var state: String?

    @Option(help: ArgumentHelp("The token that agents and operators have to have; `sonde token FILE` makes one.", valueName: "file"))
    var tokenFile: String?

    @Option(help: ArgumentHelp("The CA whose certificates are let in: both ports speak TLS then; `sonde ca` makes one.", valueName: "file"))
    var tlsCa: String?

    @Option(help: ArgumentHelp("This collector's certificate, read again when it changes.", valueName: "file"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("The private key of this certificate.", valueName: "file"))
    var tlsKey: String?

    @Option(
        help: ArgumentHelp(
            "Also keep live ticks, those that belong to no run, as CSV files in this directory; the oldest go.", valueName: "dir"))
    var logLive: String?

    @Option(help: ArgumentHelp("How much of them is kept: 64KiB or more; default 1GiB.", valueName: "size"))
    var logLiveSize: String?

    @Option(help: ArgumentHelp("How long they are kept; default 24h.", valueName: "time"))
    var logLiveAge: String?

    @Flag(help: "Listen beyond this machine without a token or TLS.")
    var insecure = false

    @Flag(help: "Also show processes at /metrics: of each node the 100 that use the most CPU time.")
    var metricsProcesses = false

    @Option(help: ArgumentHelp("A configuration file.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("trace, debug, info, notice, warning, error or critical; default info.", valueName: "level"))
    var logLevel: String?

    @Flag(help: "Only ask the collector on the control port whether it is alive: exit 0 when it is, 1 when not.")
    var healthcheck = false

    func run() async throws {
        let flags = [
            "listen": listen, "control": control, "data": data, "state": state, "log-level": logLevel, "token-file": tokenFile,
            "tls-ca": tlsCa, "tls-certificate": tlsCertificate, "tls-key": tlsKey, "control-name": controlName,
            "insecure": insecure ? "true" : nil, "log-live": logLive, "log-live-size": logLiveSize, "log-live-age": logLiveAge,
            "metrics-processes": metricsProcesses ? "true" : nil,
        ].compactMapValues(\.self)
        let options = try Options(flags: flags, file: config, environment: ProcessInfo.processInfo.environment)
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler(label: label, stream: LogStream())
            handler.logLevel = options.logLevel
            return handler
        }
        do {
            if healthcheck { return try await HealthCheck(control: options.control, tls: options.tls).run() }
            try await Collector(options: options, logger: Logger(label: "sonde-collector")).run()
        } catch {
            LogStream().write("sonde-collector: \(error)")
            throw ExitCode.failure
        }
    }
}

/// The collector's parts, wired together.
struct Collector {
    let options: Options
    let logger: Logger

    /// Runs until SIGTERM or SIGINT. A run in progress stays as it is, and goes on with the next start.
    /// - Throws: `StartFailure`, or what made it impossible to go on.
    func run() async throws {
        DescriptorLimit.raise()
        let credentials = try Credentials(
            tokenFile: options.tokenFile, ca: options.tls?.ca, certificate: options.tls?.certificate, key: options.tls?.key)
        let logger = logger
        let tls = try credentials.tls.map { files in
            try TLSContext(files, .server) { logger.error("the certificates can't be read again", metadata: [LogKey.reason: "\($0)"]) }
        }
        if options.isOpenToAll {
            logger.warning("anybody who reaches these ports may deliver and control: neither a token nor TLS is asked for (--insecure)")
        }
        let data = try DataDirectory(options.data, state: options.state)
        let clock = try CollectorClock.continuing(data.activeRun()) { data.lastTick(of: $0) }
        let difference = clock.now() - Clocks.wall() / 1000
        if difference.magnitude > 1_000_000 {
            logger.warning(
                "the wall clock was set while a run was in progress; the collector's clock stays with the run",
                metadata: [LogKey.ahead: "\(difference) us"])
        }
        let live = LiveStore()
        let counters = RefusalCounters()
        let recorder = Recorder(
            data: data, live: live, counters: counters, clock: clock, logger: logger,
            thread: MultiThreadedEventLoopGroup(numberOfThreads: 1))
        try await recorder.resume()
        let liveLog = try options.liveLog.map { try LiveLog($0, counters: counters, clock: clock, logger: logger) }
        let ingest = try await IngestServer(
            address: options.listen, recorder: recorder, sinks: [live] + (liveLog.map { [$0] } ?? []), counters: counters, clock: clock,
            logger: logger, token: credentials.token, tls: tls)
        let listening = ingest.address ?? options.listen
        let endpoints = Endpoints(isOpenToAll: options.isOpenToAll)
        endpoints.listen = "\(listening)"
        let status = StatusRoutes(
            recorder: recorder, data: data, counters: counters, clock: clock, endpoints: endpoints, started: clock.now())
        let hub = LiveHub(live: live, clock: clock) { await status.report() }
        let control = ControlServer(
            address: options.control, recorder: recorder, data: data, live: live, hub: hub, status: status, endpoints: endpoints,
            logger: logger, tls: tls, token: credentials.token, names: options.controlNames, showsProcesses: options.showsProcesses
        ) { control in
            let line =
                "sonde-collector ready: agents on \(listening), control on \(tls == nil ? "http" : "https")://\(control), data in \(data.path)\n"
            _ = try? FileDescriptor.standardOutput.writeAll(line.utf8)
        }
        // They end in the reverse order: streams first, for which the control port would wait; what agents deliver until the last moment is still kept.
        let keepers: [any Service] = [RecorderService(recorder: recorder)] + (liveLog.map { [$0] } ?? [])
        var configuration = ServiceGroupConfiguration(
            services: keepers + [ingest, control, LiveHubService(hub: hub)], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(10)
        configuration.maximumCancellationDuration = .seconds(5)
        try await ServiceGroup(configuration: configuration).run()
    }
}
