import ArgumentParser
import FoundationEssentials
import NIOCore
import StatsCore

/// The options that every command takes, before or after the command's name.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help:
            "The collector's host, or host:port; several, with commas, for a run over all of them; else what SONDE_HOST says. (default: 127.0.0.1)"
    )
    var host: String?

    @Option(help: "The collector's control port, or one for each host; else what SONDE_PORT says. (default: \(DefaultPort.control))")
    var port: String?

    @Option(help: ArgumentHelp("The file of the collector's token; else what SONDE_TOKEN_FILE says.", valueName: "file"))
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "The CA of the collector's certificate, else what SONDE_TLS_CA says; the connection is TLS then.", valueName: "file"))
    var tlsCa: String?

    @Option(help: ArgumentHelp("Your own certificate, an operator's; else what SONDE_TLS_CERTIFICATE says.", valueName: "file"))
    var tlsCertificate: String?

    @Option(help: ArgumentHelp("The private key of this certificate; else what SONDE_TLS_KEY says.", valueName: "file"))
    var tlsKey: String?

    @Flag(help: "Print JSON.")
    var json = false

    var format: OutputFormat { json ? .json : .text }

    /// The address of the one collector that the command talks to.
    ///
    /// - Throws: `ValidationError` that names the option or variable whose value is wrong, or says that it names several collectors.
    func endpoint() throws -> Endpoint {
        let list = try endpoints()
        guard list.count == 1 else {
            throw ValidationError(
                "This command talks to one collector, and \(list.count) are named: \(list.map(\.description).joined(separator: ", ")). "
                    + "Say which one, such as: --host \(list[0])"
            )
        }
        return list[0]
    }

    /// The addresses of all collectors that are named: one or more.
    ///
    /// - Throws: `ValidationError` that names the option or variable whose value is wrong.
    func endpoints() throws -> [Endpoint] {
        let given = try layers()
        func value(_ name: String) -> (name: String, value: String)? { given[name].map { ($0.origin, $0.values.last ?? "") } }
        return try Endpoint.list(hosts: value("host"), ports: value("port"))
    }

    /// Runs `body` with clients of all collectors that are named.
    func connectedToAll<Value>(_ body: (CollectorGroup) async throws -> Value) async throws -> Value {
        try await CollectorGroup.connected(to: endpoints()[...], credentials(), body)
    }

    /// This user's token and TLS files.
    ///
    /// - Throws: `ValidationError` naming the file that can't be used.
    private func credentials() throws -> Credentials {
        let given = try layers()
        func value(_ name: String) -> String? { given[name]?.values.last }
        do {
            return try Credentials(
                tokenFile: value("token-file"), ca: value("tls-ca"), certificate: value("tls-certificate"), key: value("tls-key"))
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// What these options say, and variables where they say nothing; how to print is asked for on the command line alone.
    private func layers() throws -> OptionLayers {
        let options = Self.declared.filter { $0.kind != .flag }
        return try OptionLayers(options, commandLine: arguments, environment: ProcessInfo.processInfo.environment)
    }

    /// Runs `body` with a connected client; `silence` is how long an answer may make no progress.
    /// - Parameter other: the collector, where something else than these options names it.
    func connected<Value>(
        to other: Endpoint? = nil, silence: TimeAmount? = nil, _ body: (ControlClient) async throws -> Value
    ) async throws -> Value {
        try await ControlClient.connected(to: other ?? endpoint(), credentials(), silence: silence, body)
    }

    /// Variables by which `sonde`, called by a command that this one runs, finds the collector.
    func environment(for endpoint: Endpoint) -> [String: String] {
        var variables = ["SONDE_HOST": endpoint.host, "SONDE_PORT": "\(endpoint.port)"]
        for (name, value) in [
            ("SONDE_TOKEN_FILE", tokenFile), ("SONDE_TLS_CA", tlsCa), ("SONDE_TLS_CERTIFICATE", tlsCertificate), ("SONDE_TLS_KEY", tlsKey),
        ] { variables[name] = value }
        return variables
    }

    func validate() throws { _ = try endpoints() }

    /// These options as words again, for the command lines of the prompt.
    var arguments: [String] {
        let values = [
            ("--host", host), ("--port", port), ("--token-file", tokenFile), ("--tls-ca", tlsCa), ("--tls-certificate", tlsCertificate),
            ("--tls-key", tlsKey),
        ]
        return values.flatMap { name, value in value.map { [name, $0] } ?? [] } + (json ? ["--json"] : [])
    }

    private static let declared = DeclaredOption.all(of: Self.self)

    /// How many words the option that begins with `word` takes; `nil` when it isn't one of these options.
    static func length(of word: String) -> Int? {
        for option in declared {
            if word == option.flag { return option.kind == .flag ? 1 : 2 }
            if option.kind != .flag, word.hasPrefix(option.flag + "=") { return 1 }
        }
        return nil
    }
}
