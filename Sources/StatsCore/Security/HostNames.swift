import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The values of a `Host` header that an HTTP port accepts: `localhost`, this machine's host name, the given names, and every IP address.
/// Addresses are safe to accept: DNS rebinding needs a name that the attacker controls.
package struct HostNames: Sendable {
    private let names: Set<String>

    /// - Parameter given: names that a proxy or a DNS entry gives this host, without a port.
    package init(_ given: [String]) {
        let host = Self.own
        let short = host.prefix { $0 != "." }
        names = Set((given + ["localhost", host, String(short)]).map { $0.lowercased() }.filter { !$0.isEmpty })
    }

    /// This machine's name; empty where it has none.
    package static var own: String {
        // HOST_NAME_MAX is 64, and the last byte stays 0.
        var own = [CChar](repeating: 0, count: 256)
        return gethostname(&own, own.count - 1) == 0
            ? String(decoding: own.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) : ""
    }

    /// Whether a `Host` header, with or without a port, holds one of these names or an address.
    package func contains(_ host: String) -> Bool {
        var name = host[...]
        if let colon = name.lastIndex(of: ":"), !name.hasSuffix("]") {
            guard UInt16(name[name.index(after: colon)...]) != nil else { return false }
            name = name[..<colon]
        }
        if name.hasPrefix("["), name.hasSuffix("]") { return Self.isAddress(name.dropFirst().dropLast(), .inet6) }
        return names.contains(name.lowercased()) || Self.isAddress(name, .inet)
    }

    private static func isAddress(_ text: Substring, _ family: NIOBSDSocket.ProtocolFamily) -> Bool {
        (try? SocketAddress(ipAddress: String(text), port: 0))?.protocol == family
    }
}
