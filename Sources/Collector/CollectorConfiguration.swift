import ArgumentParser
import RemoteWrite
import StatsCore

/// What a collector runs with: its options, and what follows from them.
struct CollectorConfiguration: Sendable {
    let options: CollectorOptions
    let tls: TLSFiles?
    /// Which runs are removed; `nil` when none is.
    let retention: Retention?
    /// Where ticks are sent besides; `nil` for nowhere.
    let remoteWrite: RemoteWriteSettings?

    /// - Parameter environment: names the proxies of remote write.
    /// - Throws: `ValidationError` naming the option.
    init(_ options: CollectorOptions, environment: [String: String] = [:]) throws {
        self.options = options
        remoteWrite = try RemoteWriteSettings(options.remote, environment: environment)
        let limit = try KeepLimit.merged(options.keep)
        retention = limit == KeepLimit() ? nil : Retention(limit: limit, takesIncomplete: options.removeIncomplete)
        if options.removeIncomplete, retention == nil {
            throw ValidationError("--remove-incomplete says what --keep removes; give --keep, too")
        }
        do {
            tls = try TLSFiles(ca: options.tlsCa, certificate: options.tlsCertificate, key: options.tlsKey)
        } catch {
            throw ValidationError("\(error)")
        }
        // A port that others can reach doesn't let everybody in unless that was asked for.
        guard asksKernel else { return }
        for (option, address) in [("listen", options.listen), ("control", options.control)] where !address.isLoopback {
            throw ValidationError(
                "--\(option) \(address) can be reached from other machines, and nobody would be asked who they are: give --token-file (`sonde token FILE` makes "
                    + "one), or --tls-ca, --tls-certificate and --tls-key (`sonde ca`), or --insecure if you mean it")
        }
    }

    /// Where the collector notes which run is in progress.
    var state: String { options.state ?? options.data }

    /// Names by which browsers and the CLI may ask for the control port, besides its host's.
    var controlNames: [String] { (options.controlName ?? "").split(separator: ",").map { $0.filter { $0 != " " } } }

    /// Where live ticks are kept; `nil` when they aren't.
    var liveLog: LiveLogOptions? {
        options.logLive.map { LiveLogOptions(directory: $0, size: options.logLiveSize.bytes, age: options.logLiveAge) }
    }

    /// Whether nobody is asked who they are.
    var isOpenToAll: Bool { hasNoSecret && options.insecure }

    /// Whether only the kernel can say who somebody is: on loopback, with neither token nor certificates.
    var asksKernel: Bool { hasNoSecret && !options.insecure }

    private var hasNoSecret: Bool { options.tokenFile == nil && tls == nil }
}
