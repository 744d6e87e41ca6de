import ArgumentParser
import NIOSSL
import StatsCore

/// What all targets of remote write have in common.
package struct RemoteWriteSettings: Sendable {
    let targets: [WebAddress]
    let access: TargetAccess
    let labels: [(name: String, value: String)]
    /// Microseconds; `nil` for every tick.
    let interval: Int64?
    let `protocol`: RemoteWriteProtocol
    let queueBytes: UInt64
    let connections: Int
    let proxies: ProxyChoice

    private static let mostTargets = 8
    private static let leastQueue: UInt64 = 1 << 20

    /// - Parameter environment: names the proxies.
    /// - Returns: `nil` without a target.
    /// - Throws: `ValidationError` that names the option and says what it takes.
    package init?(_ options: RemoteWriteOptions, environment: [String: String]) throws {
        guard !options.remoteWrite.isEmpty else {
            if let option = Self.idle(options) {
                throw ValidationError("\(option) says how --remote-write is done: give --remote-write URL, too")
            }
            return nil
        }
        var targets: [WebAddress] = []
        for url in options.remoteWrite {
            do throws(WebAddress.Failure) {
                let target = try Self.target(url, options.remoteWriteProtocol)
                guard !targets.contains(target) else { throw WebAddress.Failure(description: "the same URL twice") }
                targets.append(target)
            } catch {
                throw ValidationError("--remote-write takes a URL such as http://127.0.0.1:8428/api/v1/write: \(error)")
            }
        }
        guard targets.count <= Self.mostTargets else {
            throw ValidationError("--remote-write takes at most \(Self.mostTargets) URLs, not \(targets.count)")
        }
        if let interval = options.remoteWriteInterval, !Grid.intervals.contains(interval.microseconds) {
            throw ValidationError("--remote-write-interval takes a time from 10ms to 1h, such as 10s, not \"\(interval)\"")
        }
        guard options.remoteWriteQueue.bytes >= Self.leastQueue else {
            throw ValidationError("--remote-write-queue takes 1MiB or more, such as 1GiB, not \(options.remoteWriteQueue)")
        }
        guard (1...64).contains(options.remoteWriteConnections) else {
            throw ValidationError("--remote-write-connections takes a number from 1 to 64, not \(options.remoteWriteConnections)")
        }
        self.targets = targets
        access = try TargetAccess(options)
        labels = try options.remoteWriteLabel.map { try Self.label($0) }
        interval = options.remoteWriteInterval?.microseconds
        `protocol` = options.remoteWriteProtocol
        queueBytes = options.remoteWriteQueue.bytes
        connections = options.remoteWriteConnections
        do throws(WebAddress.Failure) {
            proxies = try ProxyChoice(environment)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    private static func target(_ url: String, _ protocol: RemoteWriteProtocol) throws(WebAddress.Failure) -> WebAddress {
        let target = try WebAddress(url)
        guard target.path.isEmpty || target.path == "/" else { return target }
        // The path that OTLP's specification names.
        if `protocol` == .otlp { return target.at("/v1/metrics") }
        throw WebAddress.Failure(
            description:
                "the URL has no path: Prometheus and VictoriaMetrics take /api/v1/write, Mimir and Cortex /api/v1/push, Thanos /api/v1/receive"
        )
    }

    /// An option that means nothing without a target.
    private static func idle(_ options: RemoteWriteOptions) -> String? {
        let given: [(String, Bool)] = [
            ("--remote-write-token-file", options.remoteWriteTokenFile != nil), ("--remote-write-user", options.remoteWriteUser != nil),
            ("--remote-write-password-file", options.remoteWritePasswordFile != nil), ("--remote-write-ca", options.remoteWriteCa != nil),
            ("--remote-write-certificate", options.remoteWriteCertificate != nil), ("--remote-write-key", options.remoteWriteKey != nil),
            ("--remote-write-header", !options.remoteWriteHeader.isEmpty), ("--remote-write-label", !options.remoteWriteLabel.isEmpty),
            ("--remote-write-interval", options.remoteWriteInterval != nil),
        ]
        return given.first { $0.1 }?.0
    }

    private static func label(_ text: String) throws -> (name: String, value: String) {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, isLabelName(parts[0]) else {
            throw ValidationError(
                "--remote-write-label takes NAME=VALUE, such as cluster=berlin, where NAME has letters, digits and '_', no digit first, not \"\(text)\""
            )
        }
        return (parts[0], parts[1])
    }

    /// Prometheus' data model: `[a-zA-Z_][a-zA-Z0-9_]*`; names with two underlines in front are its own.
    private static func isLabelName(_ name: String) -> Bool {
        guard !name.hasPrefix("__"), let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return name.utf8.allSatisfy {
            $0 == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20)
        }
    }
}
