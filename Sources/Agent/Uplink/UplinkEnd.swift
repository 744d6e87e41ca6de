import NIOCore
import NIOPosix
import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Why a connection of an uplink has ended, where neither the network nor the collector says it.
enum UplinkEnd {
    /// What the log says of an end, whoever caused it.
    static func words(_ end: any Error, at address: CollectorAddress) -> String {
        if TLSFailure.isTLS(end) { return "TLS with the collector failed: \(TLSFailure.words(end))" }
        if TLSFailure.isCutOff(end) { return "\(Closed())" }
        guard let failure = end as? NIOConnectionError else { return "\(end)" }
        guard let reason = failure.connectionErrors.first?.error else { return "the name \(address.host) isn't known here" }
        if case ChannelError.connectTimeout = reason { return "\(address) doesn't answer" }
        return (reason as? IOError)?.errnoCode == ECONNREFUSED ? "nobody listens at \(address)" : "\(reason)"
    }

    struct Silence: Error, CustomStringConvertible {
        let length: Duration
        var description: String { "the collector has said nothing for \(length)" }
    }

    /// Another collector has the agent now, or this one has all that there was for it.
    struct Unneeded: Error {}

    /// The collector has frames of this start that weren't sent under its name: it is another one of the list, too, and would take what it gets under two names for the same frames.
    struct NamedTwice: Error, CustomStringConvertible {
        let others: [CollectorAddress]
        var description: String {
            "this is the same collector as \(others.map(\.description).joined(separator: " or ")): name each collector once in --collector, by one address"
        }
    }

    struct Closed: Error, CustomStringConvertible {
        var description: String { "the collector closed the connection" }
    }
}
