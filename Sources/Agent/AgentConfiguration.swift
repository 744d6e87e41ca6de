import ArgumentParser
import RemoteWrite
import StatsCore

/// What an agent runs with: its options, what follows from them, and what stands in the files that they name.
struct AgentConfiguration {
    let options: AgentOptions
    /// In the order in which they are tried. None when the agent is only scraped, or only sends to other receivers.
    let collectors: [CollectorAddress]
    let node: String
    let state: String
    let credentials: Credentials
    /// What the governor of containers follows.
    let governor: GovernorPolicy?
    /// Whose metrics are recorded.
    let targets: [ScrapeTarget]
    /// Where ticks are sent besides; `nil` for nowhere.
    let remoteWrite: RemoteWriteSettings?

    /// - Parameter environment: where a user's directories are, and which proxies remote write has.
    /// - Throws: `ValidationError` that names the option and says what it takes.
    init(_ options: AgentOptions, environment: [String: String], isRoot: Bool) throws {
        self.options = options
        let isAlone = options.metrics != nil || !options.remote.remoteWrite.isEmpty
        collectors = options.collector?.addresses ?? (isAlone ? [] : [CollectorAddress(host: "127.0.0.1", port: DefaultPort.agents)])
        remoteWrite = try RemoteWriteSettings(options.remote, environment: environment)
        node = options.node ?? HostFacts.hostname
        state = options.state ?? Self.defaultState(environment, isRoot: isRoot)
        do {
            credentials = try Credentials(
                tokenFile: options.tokenFile, ca: options.tlsCa, certificate: options.tlsCertificate, key: options.tlsKey)
        } catch {
            throw ValidationError("\(error)")
        }
        if let metrics = options.metrics, !metrics.isLoopback, credentials.token == nil, !options.insecure {
            throw ValidationError(
                "--metrics \(metrics) can be reached from other machines, and nobody would be asked who they are: give --token-file, or --insecure if "
                    + "you mean it")
        }
        do throws(ScrapeTarget.Failure) {
            targets = try ScrapeTarget.all(options.scrape)
        } catch {
            throw ValidationError("\(error)")
        }
        do {
            governor = try options.governor.map { path throws(PolicyFile.Failure) in try PolicyFile.load(path) }
        } catch {
            throw ValidationError("--governor: \(error)")
        }
        if governor != nil, options.containers == .off { throw ValidationError("--governor has nothing to do with --containers off") }
        try checkProcesses()
    }

    var roots: KernelRoots { KernelRoots(proc: options.proc, sys: options.sys) }
    var containerFilter: ContainerFilter {
        ContainerFilter(include: options.include, exclude: options.exclude, sandboxes: options.sandboxes)
    }
    var nameRoots: NameRoots { NameRoots(run: options.run, lib: options.lib, log: options.log) }
    var hostOptions: HostOptions { HostOptions(allDevices: options.allDevices, allInterfaces: options.allInterfaces) }

    var processes: ProcessChoice {
        ProcessChoice(
            scope: options.processes, match: options.match, kernelThreads: options.kernelThreads, hidesArguments: options.hideArguments,
            units: units,
            command: launcher.map { .init(launcher: $0, keepsArguments: options.commandArguments) })
    }

    /// The process of `sonde record`, if that runs a command.
    var launcher: Int32? { options.commandOf.flatMap { Int32(exactly: $0) } }

    /// The command that is summed up by its processes.
    var command: CommandTree? { options.commandCgroup == nil ? launcher.map { CommandTree(roots: roots, launcher: $0) } : nil }

    /// Where containers have no rows of the names that LXC's have for ids, those are units.
    var units: UnitChoice {
        let command = options.commandCgroup.flatMap { UnitPattern("cgroup=\($0)") }
        return UnitChoice(
            patterns: options.units + (command.map { [$0] } ?? []),
            takesNamedContainers: options.containers == .off || options.containers == .docker)
    }

    private func checkProcesses() throws {
        let scope = options.processes
        if scope == .none, !options.match.isEmpty || options.top != nil {
            throw ValidationError(
                "--match and --top choose among processes, and --processes none records none of them: leave out one or the other")
        }
        if scope == .containers, options.containers == .off, !options.match.isEmpty || options.top != nil {
            throw ValidationError("--match and --top choose among processes, and --containers off records none without --processes all")
        }
        if scope == .units, options.units.isEmpty, options.commandOf == nil {
            throw ValidationError("--processes units are those of the units that --units names: name some, such as --units kind=service")
        }
        if options.smaps, scope == .none { throw ValidationError("--smaps has nothing to read with --processes none") }
        if options.kernelThreads, scope != .all { throw ValidationError("--kernel-threads takes --processes all: no container has any") }
        let summedUp = governor?.groups.lazy.flatMap(\.order).first { $0.metric == .rss || $0.metric == .vsz }
        if let summedUp, !scope.takesContainers || !options.match.isEmpty {
            throw ValidationError(
                "the policy of --governor compares containers by \(summedUp.metric), the sum of all their processes: leave out --match, --processes none and --processes units"
            )
        }
    }

    private static func defaultState(_ environment: [String: String], isRoot: Bool) -> String {
        if isRoot { return "/var/lib/sonde-agent" }
        let base = environment["XDG_STATE_HOME"] ?? "\(environment["HOME"] ?? "/tmp")/.local/state"
        return "\(base)/sonde-agent"
    }
}
