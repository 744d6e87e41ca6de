import ArgumentParser
import Configuration
import NIOCore
import StatsCore

/// The options that every command takes, before or after its name.
struct ConnectionOptions: ParsableArguments {
    @Option(help: "The collector's host. (default: SONDE_HOST, or 127.0.0.1)")
    var host: String?

    @Option(help: "The collector's control port. (default: SONDE_PORT, or 9880)")
    var port: String?

    @Option(help: "The file of the collector's token. (default: SONDE_TOKEN_FILE)")
    var tokenFile: String?

    @Option(help: "The CA of the collector's certificate; the connection is TLS then. (default: SONDE_TLS_CA)")
    var tlsCa: String?

    @Option(help: "Your own certificate, an operator's. (default: SONDE_TLS_CERTIFICATE)")
    var tlsCertificate: String?

    @Option(help: "The private key of this certificate. (default: SONDE_TLS_KEY)")
    var tlsKey: String?

    @Flag(help: "Print JSON.")
    var json = false

    var format: OutputFormat { json ? .json : .text }

    /// Where the collector is.
    ///
    /// - Throws: `ValidationError` that names the option or variable whose value is wrong.
    func endpoint() throws -> Endpoint {
        let environment = ConfigReader(provider: EnvironmentVariablesProvider())
        return try Endpoint(
            host: host.map { ("--host", $0) } ?? environment.string(forKey: "sonde.host").map { ("SONDE_HOST", $0) },
            port: port.map { ("--port", $0) } ?? environment.string(forKey: "sonde.port").map { ("SONDE_PORT", $0) })
    }

    /// What this user can show and wants to see.
    ///
    /// - Throws: `ValidationError` naming the file that can't be used.
    private func credentials() throws -> Credentials {
        let environment = ConfigReader(provider: EnvironmentVariablesProvider())
        func value(_ option: String?, _ key: ConfigKey) -> String? {
            option ?? environment.string(forKey: key).flatMap { $0.isEmpty ? nil : $0 }
        }
        do {
            return try Credentials(
                tokenFile: value(tokenFile, "sonde.token.file"), ca: value(tlsCa, "sonde.tls.ca"),
                certificate: value(tlsCertificate, "sonde.tls.certificate"), key: value(tlsKey, "sonde.tls.key"))
        } catch {
            throw ValidationError("\(error)")
        }
    }

    /// Lets `body` talk to the collector; `silence` is how long an answer may stand still.
    func connected<Value>(silence: TimeAmount? = nil, _ body: (ControlClient) async throws -> Value) async throws -> Value {
        try await ControlClient.connected(to: endpoint(), credentials(), silence: silence, body)
    }

    func validate() throws { _ = try endpoint() }

    /// These options as words again, for the command lines of a prompt.
    var arguments: [String] {
        let values = [
            ("--host", host), ("--port", port), ("--token-file", tokenFile), ("--tls-ca", tlsCa), ("--tls-certificate", tlsCertificate),
            ("--tls-key", tlsKey),
        ]
        return values.flatMap { name, value in value.map { [name, $0] } ?? [] } + (json ? ["--json"] : [])
    }

    private static let valued = ["--host", "--port", "--token-file", "--tls-ca", "--tls-certificate", "--tls-key"]

    /// How many words the option takes that begins with `word`; `nil` when it isn't one of these.
    static func length(of word: String) -> Int? {
        switch word {
        case "--json": 1
        case _ where valued.contains(word): 2
        default: valued.contains { word.hasPrefix($0 + "=") } ? 1 : nil
        }
    }
}
