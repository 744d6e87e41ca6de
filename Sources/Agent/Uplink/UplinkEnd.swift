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
        if end is Silence, address.port == DefaultPort.control {
            return "\(end): \(DefaultPort.control) is the port for operators, and agents go to another, \(DefaultPort.agents) by default"
        }
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

    /// This is another one of the list, too, and would take what it gets by two names for the same frames: it has the same id, or, if it tells none, frames of this start that weren't
    /// sent by this name.
    struct NamedTwice: Error, CustomStringConvertible {
        let others: [CollectorAddress]
        /// Whether it is told by its id.
        var hasID = false
        var description: String {
            let names = others.map(\.description).joined(separator: " or ")
            let words =
                "this is the same collector as \(names), and this agent goes there by that name only: "
                + "name each collector once in --collector, by one address"
            guard hasID else { return words }
            return words
                + "; if they are two, one's data directory (or --state) is a copy of the other's: "
                + "remove the file .id from the copy, and start that collector again"
        }
    }

    struct Closed: Error, CustomStringConvertible {
        var description: String { "the collector closed the connection" }
    }
}
