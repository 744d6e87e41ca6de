import ArgumentParser
import Configuration
import Logging
import StatsCore

/// What an agent runs with, after flags, environment and file were read and checked.
struct AgentConfiguration {
    /// Where a collector listens.
    struct CollectorAddress: Equatable {
        let host: String
        let port: Int
    }

    /// None when the agent is only scraped.
    let collector: CollectorAddress?
    let node: String
    let interval: Interval
    let containers: ContainerMode
    let containerFilter: ContainerFilter
    let dockerSocket: String
    let roots: KernelRoots
    let state: String
    /// In bytes.
    let spoolLimit: UInt64
    let credentials: Credentials
    let hostOptions: HostOptions
    let metrics: ListenAddress?
    /// Whether `/metrics` shows processes.
    let showsProcesses: Bool
    /// What the governor of containers follows.
    let governor: GovernorPolicy?
    let logLevel: Logger.Level

    private static let keys: Set<String> = [
        "collector", "node", "interval", "containers", "include", "exclude", "docker-socket", "proc", "sys", "state", "spool-limit",
        "all-devices", "all-interfaces", "log-level", "token-file", "tls-ca", "tls-certificate", "tls-key",
        "metrics", "metrics-processes", "insecure", "governor",
    ]

    /// - Throws: `ValidationError` that names the option and says what it takes.
    init(_ options: AgentOptions, environment: [String: String], isRoot: Bool) throws {
        let settings = try Settings(environment: environment, file: options.config, keys: Self.keys)
        metrics = try settings["metrics", options.metrics].map(Self.metrics)
        let collector = settings["collector", options.collector] ?? (metrics == nil ? "127.0.0.1:9822" : nil)
        self.collector = try collector.map(Self.address)
        node = settings["node", options.node] ?? HostFacts.hostname
        guard (1...255).contains(node.utf8.count), node.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f }) else {
            throw ValidationError("--node takes 1 to 255 bytes without control characters")
        }
        interval = try Self.interval(settings["interval", options.interval] ?? "1s")
        containers = try Self.choice(settings["containers", options.containers] ?? "auto", option: "containers")
        containerFilter = ContainerFilter(
            include: try Self.patterns(options.include, settings["include", nil], option: "include"),
            exclude: try Self.patterns(options.exclude, settings["exclude", nil], option: "exclude"))
        dockerSocket = settings["docker-socket", options.dockerSocket] ?? "/var/run/docker.sock"
        roots = KernelRoots(proc: settings["proc", options.proc] ?? "/proc", sys: settings["sys", options.sys] ?? "/sys")
        state = settings["state", options.state] ?? Self.defaultState(environment, isRoot: isRoot)
        spoolLimit = try Self.bytes(settings["spool-limit", options.spoolLimit] ?? "256MiB", option: "spool-limit")
        do {
            credentials = try Credentials(
                tokenFile: settings["token-file", options.tokenFile], ca: settings["tls-ca", options.tlsCa],
                certificate: settings["tls-certificate", options.tlsCertificate], key: settings["tls-key", options.tlsKey])
        } catch {
            throw ValidationError("\(error)")
        }
        showsProcesses = try options.metricsProcesses || Self.isSet(settings["metrics-processes", nil], option: "metrics-processes")
        let isInsecure = try options.insecure || Self.isSet(settings["insecure", nil], option: "insecure")
        if let metrics, !metrics.isLoopback, credentials.token == nil, !isInsecure {
            throw ValidationError(
                "--metrics \(metrics) can be reached from other machines, and nobody would be asked who they are: give --token-file, or --insecure if "
                    + "you mean it")
        }
        hostOptions = HostOptions(
            allDevices: try options.allDevices || Self.isSet(settings["all-devices", nil], option: "all-devices"),
            allInterfaces: try options.allInterfaces || Self.isSet(settings["all-interfaces", nil], option: "all-interfaces"))
        do {
            governor = try settings["governor", options.governor].map { path throws(PolicyFile.Failure) in try PolicyFile.load(path) }
        } catch {
            throw ValidationError("--governor: \(error)")
        }
        if governor != nil, containers == .off { throw ValidationError("--governor has nothing to do with --containers off") }
        logLevel = try Self.choice(settings["log-level", options.logLevel] ?? "info", option: "log-level")
    }

    private static func metrics(_ text: String) throws -> ListenAddress {
        guard let address = ListenAddress(text) else {
            throw ValidationError("--metrics takes HOST:PORT, such as 127.0.0.1:9823, not \"\(text)\"; port 0 means any free port")
        }
        return address
    }

    private static func address(_ text: String) throws -> CollectorAddress {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (1...65535).contains(port) else {
            throw ValidationError("--collector takes HOST:PORT, such as 192.168.0.2:9822, not \"\(text)\"")
        }
        let host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        guard !host.isEmpty else { throw ValidationError("--collector takes HOST:PORT; the host is absent in \"\(text)\"") }
        return CollectorAddress(host: String(isBracketed ? host.dropFirst().dropLast() : host), port: port)
    }

    private static func interval(_ text: String) throws -> Interval {
        guard let interval = Interval(text), (10_000...3_600_000_000).contains(interval.microseconds) else {
            throw ValidationError("--interval takes a time from 10ms to 1h, such as 500ms or 1s, not \"\(text)\"")
        }
        return interval
    }

    private static func choice<Choice: RawRepresentable & CaseIterable>(_ text: String, option: String) throws -> Choice
    where Choice.RawValue == String {
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--\(option) takes one of \(known), not \"\(text)\"")
        }
        return choice
    }

    /// - Parameter listed: what variable or file say, with commas in between; flags take its place.
    private static func patterns(_ flags: [String], _ listed: String?, option: String) throws -> [ContainerPattern] {
        let texts = flags.isEmpty ? (listed ?? "").split(separator: ",").map { String($0.drop { $0 == " " }) } : flags
        return try texts.map { text in
            guard let pattern = ContainerPattern(text) else {
                throw ValidationError(
                    "--\(option) takes a name, image=PATTERN, label=KEY or label=KEY=PATTERN, such as web-*, not \"\(text)\"")
            }
            return pattern
        }
    }

    private static func bytes(_ text: String, option: String) throws -> UInt64 {
        if let bytes = ByteSize.parse(text) { return bytes }
        throw ValidationError("--\(option) takes a size of 64KiB or more, such as 256MiB or 2GiB, not \"\(text)\"")
    }

    private static func isSet(_ text: String?, option: String) throws -> Bool {
        switch text {
        case nil, "false", "0", "": return false
        case "true", "1": return true
        case let text?: throw ValidationError("\(option) takes true or false, not \"\(text)\"")
        }
    }

    private static func defaultState(_ environment: [String: String], isRoot: Bool) -> String {
        if isRoot { return "/var/lib/sonde-agent" }
        let base = environment["XDG_STATE_HOME"] ?? "\(environment["HOME"] ?? "/tmp")/.local/state"
        return "\(base)/sonde-agent"
    }
}

/// The values of the environment and the configuration file, behind which the flags come first.
private struct Settings {
    private let reader: ConfigReader

    init(environment: [String: String], file: String?, keys: Set<String>) throws {
        var providers: [any ConfigProvider] = [EnvironmentVariablesProvider(environmentVariables: environment)]
        if let path = file ?? environment["SONDE_CONFIG"] {
            let values: [String: String]
            do { values = try SettingsFile.load(path, keys: keys) } catch { throw ValidationError("\(error)") }
            providers.append(
                InMemoryProvider(
                    name: path,
                    values: Dictionary(
                        uniqueKeysWithValues: values.map { (AbsoluteConfigKey(["sonde", $0]), ConfigValue(.string($1), isSecret: false)) }))
            )
        }
        reader = ConfigReader(providers: providers)
    }

    /// The flag if it was given, else what variable or file say.
    subscript(key: String, flag: String?) -> String? {
        flag ?? reader.string(forKey: ConfigKey(["sonde", key]))
    }
}
