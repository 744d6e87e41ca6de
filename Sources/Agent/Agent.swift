import Logging
import RemoteWrite
import StatsCore
import UnixSignals

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The agent: sources on threads of their own, a sampler that ticks, an uplink that sends, a spool for when it can't, and what follows
/// the engine.
///
/// A new source is made in `sources`, a new sink of ticks in `init`.
struct Agent {
    private let base: AgentBase
    private let services: [any Service]

    /// - Throws: `StateDirectory.Failure` when the spool can't be opened or a new epoch can't be begun, `SecretFile.Failure`, `MetricsServer.Failure`.
    init(_ configuration: AgentConfiguration, state: StateDirectory) async throws {
        base = try AgentBase(configuration, state: state)
        let exits = Self.exits(base)
        let containers = AgentContainers(base, exits: exits?.container)
        let metrics = Self.metrics(base)
        let remote = try Self.remoteWrite(base)
        let sampler = Self.sampler(
            base, sources: Self.sources(base, containers, exits: exits?.host),
            sinks: [metrics?.ticks, containers?.governor?.ticks].compactMap(\.self) + (remote.map { [$0] } ?? []))

        // Services end in the reverse order: first the uplink, which ends sampling, and last the spool, which keeps what is left.
        var services: [any Service] = []
        for destination in base.destinations.all {
            services.append(SpoolService(writer: SpoolWriter(destination.deliveries, logger: base.logger)))
        }
        services += containers?.engine ?? []
        if let remote { services.append(remote) }
        services.append(SamplerService(sampler: sampler))
        var metricsAddress: ListenAddress?
        if configuration.collectors.isEmpty {
            services.append(SamplerEnd(sampler: sampler))
        } else {
            let environment = EnvironmentReader(
                roots: configuration.roots, engine: containers?.environment, targets: configuration.targets)
            Self.goOn(base, sampler)
            for place in configuration.collectors.indices { services.append(Self.uplink(to: place, base, sampler, environment)) }
        }
        if let metrics, let address = base.options.metrics {
            let server = try await MetricsServer(on: address, MetricsPort(store: metrics, token: configuration.credentials.token))
            services.append(server)
            metricsAddress = server.address ?? address
        }
        // Ends before sampling does: the events of its last actions still go with a tick.
        if let governor = containers?.governor { services.append(governor) }
        self.services = services

        if !base.facts.isPrivileged { base.logger.warning("\(Self.unprivileged)") }
        if base.facts.hidesProcesses { base.logger.warning("\(Self.hidden)", metadata: ["proc": "\(base.configuration.roots.proc)"]) }
        let collectors = configuration.collectors.map { ListenAddress(host: $0.host, port: $0.port) }
        StandardStream.output.write(AgentReady(node: base.identity.node, collectors: collectors, metrics: metricsAddress).text + "\n")
    }

    /// Runs until SIGTERM or SIGINT, or until a service fails.
    func run() async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await endWithStarter() }
            defer { tasks.cancelAll() }
            try await ServiceGroup(services: services).run(until: [.sigterm, .sigint, .sighup])
        }
    }

    /// Asks this agent to end when `sonde record`, which started it, has gone: behind the collector, which closes the run first.
    private func endWithStarter() async {
        guard let lifeline = base.options.lifeline, await Lifeline.hasEnded(lifeline) else { return }
        let deadline = ContinuousClock.now + Self.collectorsTime
        while base.destinations[0].deliveries.current.isConnected, ContinuousClock.now < deadline, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(20))
        }
        // The command's keeper has removed its cgroup, unless that had ended with the command before.
        if let path = base.options.commandCgroup, let location = CgroupMount(roots: base.configuration.roots)?.location(at: path) {
            for directory in [location.unified].compactMap(\.self) + location.controllers.values { rmdir(directory) }
        }
        kill(getpid(), SIGTERM)
    }

    /// How long the collector may take to close the run.
    private static let collectorsTime = Duration.seconds(4)

    /// Each on a thread of its own.
    private static func sources(_ base: AgentBase, _ containers: AgentContainers?, exits: ExitBox?) -> [SourceWorker] {
        let (roots, options) = (base.configuration.roots, base.configuration.hostOptions)
        let host = [
            SourceWorker(name: "host") { HostSource(roots: roots, options: options) },
            SourceWorker(name: "filesystem") { FilesystemSource(roots: roots) },
        ]
        var sources = host + (containers.map { [$0.source] } ?? [])
        if !base.configuration.units.isEmpty || base.configuration.command != nil { sources.append(units(base)) }
        let choice = base.configuration.processes
        if choice.scope.takesHost {
            let smaps = base.options.smaps
            sources.append(
                SourceWorker(name: "process") { ProcessSource(roots: roots, choice, files: .ofProcesses(smaps: smaps), exits: exits) })
        }
        return sources + scraped(base)
    }

    /// One for each target, so that none waits for another.
    private static func scraped(_ base: AgentBase) -> [SourceWorker] {
        let targets = base.configuration.targets
        let limits = MetricSource.Limits(series: base.options.scrapeSeries, targets: targets.count)
        return targets.map { target in
            SourceWorker(name: "metric") { [group = base.group, logger = base.logger] in
                MetricSource(target, limits: limits, group: group, logger: logger)
            }
        }
    }

    private static func units(_ base: AgentBase) -> SourceWorker {
        let news = CgroupNews()
        let source = SourceWorker(name: "unit") { [configuration = base.configuration] in
            UnitSource(
                roots: configuration.roots, configuration.units, command: configuration.command, news: news, watch: EndWatch())
        }
        news?.start { source.wake() }
        return source
    }

    /// Has the kernel tell of processes that end, where all of a host are recorded: it tells of all of them.
    ///
    /// - Returns: a box for each source that reads processes; `nil` where the kernel doesn't tell this agent.
    private static func exits(_ base: AgentBase) -> (host: ExitBox, container: ExitBox?)? {
        guard base.configuration.processes.scope == .all else { return nil }
        let boxes = (host: ExitBox(), container: base.options.containers == .off ? nil : ExitBox())
        do throws(TaskStatsSocket.Failure) {
            try ExitWatch.start(base.configuration.roots, [boxes.host, boxes.container].compactMap(\.self))
            return boxes
        } catch {
            base.logger.info("the last counters of processes that end can't be had", metadata: ["reason": "\(error)"])
            return nil
        }
    }

    private static func sampler(_ base: AgentBase, sources: [SourceWorker], sinks: [any TickSink]) -> Sampler {
        let roots = base.configuration.roots
        let followsEngine = base.options.containers != .off
        return Sampler(
            destinations: base.destinations, workers: sources, liveInterval: base.options.interval, state: base.state,
            sinks: sinks, top: base.options.top.map { ProcessTop(places: $0) }
        ) {
            Observer(engine: followsEngine ? EngineProcesses(roots: roots) : nil)
        }
    }

    /// - Returns: `nil` when nobody may scrape this agent.
    private static func metrics(_ base: AgentBase) -> MetricsStore? {
        guard base.options.metrics != nil else { return nil }
        return MetricsStore(node: base.identity.node, kernel: base.facts.kernel, showsProcesses: base.options.metricsProcesses)
    }

    /// - Throws: `StateDirectory.Failure` when what waits can't be kept.
    private static func remoteWrite(_ base: AgentBase) throws -> RemoteWriteSink? {
        guard let settings = base.configuration.remoteWrite else { return nil }
        do {
            let remote = try RemoteWrite(
                settings, in: base.state.directory, instance: base.identity.node, withProcesses: base.options.metricsProcesses,
                clock: { [destinations = base.destinations] in destinations.clock.now() }, logger: base.logger)
            return RemoteWriteSink(remote, node: base.identity.node, kernel: base.facts.kernel)
        } catch {
            throw StateDirectory.Failure(
                description: "what waits for remote write can't be kept: \(error); name another directory with --state")
        }
    }

    /// Goes on with the run in which the agent was before it was restarted.
    private static func goOn(_ base: AgentBase, _ sampler: Sampler) {
        guard let (place, note) = base.destinations.recalled else { return }
        base.destinations[place].clock.assume(offset: note.offset)
        sampler.order(.run(note.run, of: place))
        base.logger.info("going on with the run that this agent was in", metadata: ["run": "\(note.run.name)"])
    }

    private static func uplink(to place: Int, _ base: AgentBase, _ sampler: Sampler, _ environment: EnvironmentReader) -> Uplink {
        Uplink(
            collectors: base.configuration.collectors, place: place, identity: base.identity,
            token: base.configuration.credentials.token, tls: base.tls, facts: base.facts, destinations: base.destinations,
            sampler: sampler, group: base.group, logger: base.logger, environment: environment
        ) { monitor in
            StandardStream.output.write("Connected \(monitor) to collector\n")
        }
    }

    private static let hidden = """
        processes of other users are hidden from this agent (hidepid in the mount options of proc): the process table lacks them, and without access to the \
        Docker socket rx_… and tx_… of containers stay empty. Run it with CAP_SYS_PTRACE, or in the group of the mount option gid
        """
    private static let unprivileged = """
        not running as root with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH: in the process table read_chars, write_chars, read_syscalls, \
        write_syscalls, read_bytes, write_bytes and cancelled_write_bytes stay empty for processes of other users, and without access to \
        the Docker socket so do the containers' names, images, health and limits
        """
}
