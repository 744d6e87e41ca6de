import ArgumentParser
import Configuration
import FoundationEssentials
import Logging
import StatsCore

/// The options of the collector: a flag over a `SONDE_…` variable over a key in the configuration file over the default.
struct Options: Sendable, Equatable {
    var listen: ListenAddress
    var control: ListenAddress
    var data: String
    /// The data directory, unless another was named.
    var state: String
    var logLevel: Logger.Level
    var tokenFile: String?
    var tls: TLSFiles?
    /// Whether a port beyond loopback may be open to everybody.
    var isInsecure: Bool
    /// Names by which browsers and the CLI may ask for the control port, besides its host's.
    var controlNames: [String]
    /// Where live ticks are kept; `nil` when they aren't.
    var liveLog: LiveLogOptions?
    /// Whether `/metrics` shows processes.
    var showsProcesses: Bool

    /// Each option, as its flag and its key in the file are called.
    static let keys: Set<String> = [
        "listen", "control", "data", "state", "log-level", "token-file", "tls-ca", "tls-certificate", "tls-key", "insecure",
        "control-name", "log-live", "log-live-size", "log-live-age", "metrics-processes",
    ]

    /// - Parameters:
    ///   - flags: what the command line gave, by key.
    ///   - file: the configuration file's path; none for the one that `SONDE_CONFIG` names, if any.
    /// - Throws: `ValidationError` naming the option and its value.
    init(flags: [String: String], file: String?, environment: [String: String]) throws {
        var stored: [String: String] = [:]
        if let file = file ?? environment["SONDE_CONFIG"] {
            do {
                stored = try SettingsFile.load(file, keys: Self.keys)
            } catch {
                throw ValidationError(error.description)
            }
        }
        let reader = ConfigReader(providers: [
            Self.provider("flags", flags),
            EnvironmentVariablesProvider(environmentVariables: environment.filter { !$0.value.isEmpty }).prefixKeys(with: "sonde"),
            Self.provider("file", stored),
        ])
        listen = try Self.address(reader, "listen", "127.0.0.1:9822")
        control = try Self.address(reader, "control", "127.0.0.1:9880")
        data = reader.string(forKey: "data", default: "./data")
        guard !data.isEmpty, !data.utf8.contains(0) else { throw ValidationError("--data takes a directory") }
        state = reader.string(forKey: "state", default: data)
        let level = reader.string(forKey: "log.level", default: "info")
        guard let logLevel = Logger.Level(rawValue: level) else {
            let known = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("--log-level can't be `\(level)`: give one of \(known)")
        }
        self.logLevel = logLevel
        tokenFile = reader.string(forKey: "token.file")
        controlNames = reader.string(forKey: "control.name", default: "").split(separator: ",").map { $0.filter { $0 != " " } }
        do {
            tls = try TLSFiles(
                ca: reader.string(forKey: "tls.ca"), certificate: reader.string(forKey: "tls.certificate"),
                key: reader.string(forKey: "tls.key"))
        } catch {
            throw ValidationError("\(error)")
        }
        liveLog = try Self.liveLog(reader)
        isInsecure = try Self.isSet(reader, "insecure")
        showsProcesses = try Self.isSet(reader, "metrics-processes")
        try checkExposure()
    }

    private static func liveLog(_ reader: ConfigReader) throws -> LiveLogOptions? {
        let sizeText = reader.string(forKey: "log.live.size", default: "1GiB")
        guard let size = ByteSize.parse(sizeText) else {
            throw ValidationError("--log-live-size can't be `\(sizeText)`: give a size of 64KiB or more, such as 256MiB or 2GiB")
        }
        let ageText = reader.string(forKey: "log.live.age", default: "24h")
        guard let age = Interval(ageText), age.microseconds >= 8_000_000 else {
            throw ValidationError("--log-live-age can't be `\(ageText)`: give a time of 8s or more, such as 90m or 24h")
        }
        guard let directory = reader.string(forKey: "log.live") else { return nil }
        guard !directory.isEmpty, !directory.utf8.contains(0) else { throw ValidationError("--log-live takes a directory") }
        return LiveLogOptions(directory: directory, size: size, age: age)
    }

    /// A port that others can reach doesn't let everybody in unless that was asked for.
    private func checkExposure() throws {
        guard tokenFile == nil, tls == nil, !isInsecure else { return }
        for (option, address) in [("listen", listen), ("control", control)] where !address.isLoopback {
            throw ValidationError(
                "--\(option) \(address) can be reached from other machines, and nobody would be asked who they are: give --token-file (`sonde token FILE` makes "
                    + "one), or --tls-ca, --tls-certificate and --tls-key (`sonde ca`), or --insecure if you mean it")
        }
    }

    /// Whether some port beyond loopback is open to everybody.
    var isOpenToAll: Bool { tokenFile == nil && tls == nil && !(listen.isLoopback && control.isLoopback) }

    private static func isSet(_ reader: ConfigReader, _ option: String) throws -> Bool {
        switch reader.string(forKey: ConfigKey(option.split(separator: "-").map(String.init)), default: "false") {
        case "true", "1": return true
        case "false", "0": return false
        case let text: throw ValidationError("--\(option) takes true or false, not `\(text)`")
        }
    }

    private static func address(_ reader: ConfigReader, _ key: String, _ fallback: String) throws -> ListenAddress {
        let text = reader.string(forKey: ConfigKey([key]), default: fallback)
        guard let address = ListenAddress(text) else {
            throw ValidationError("--\(key) can't be `\(text)`: give HOST:PORT, such as \(fallback); port 0 means any free port")
        }
        return address
    }

    private static func provider(_ name: String, _ values: [String: String]) -> InMemoryProvider {
        var keyed: [AbsoluteConfigKey: ConfigValue] = [:]
        for (key, value) in values {
            keyed[AbsoluteConfigKey(key.split(separator: "-").map(String.init))] = ConfigValue(.string(value), isSecret: false)
        }
        return InMemoryProvider(name: name, values: keyed)
    }
}
