import NIOCore
import NIOSSL

/// The name of a host by which a client asks for a server, and which the server's certificate has to have.
///
/// NIOSSL also takes a certificate for the *address* that the name resolves to. Whoever answers for names could then lead a client to any host that has a
/// certificate of the same CA.
package struct ServerName: Sendable {
    package struct Mismatch: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    package let text: String

    /// - Returns: `nil` for an address: then only a certificate for that address will do, as NIOSSL checks.
    package init?(_ host: String) {
        guard (try? SocketAddress(ipAddress: host, port: 0)) == nil else { return nil }
        text = host
    }

    package func check(_ certificate: NIOSSLCertificate?) throws(Mismatch) {
        let hasName = certificate?._subjectAlternativeNames().contains {
            $0.nameType == .dnsName && matches(String(decoding: $0.contents, as: UTF8.self))
        }
        if hasName == true { return }
        throw Mismatch(
            description: "its certificate doesn't have the name \(text): give that to `sonde ca issue` with --host (localhost: --loopback)")
    }

    /// Whether a name of a certificate is this one. `*` stands for one label in front (RFC 9525, section 6.3).
    func matches(_ pattern: String) -> Bool {
        let (name, pattern) = (text.lowercased(), pattern.lowercased())
        let wanted = name.hasSuffix(".") ? name.dropLast() : name[...]
        if pattern == wanted { return true }
        guard pattern.hasPrefix("*."), let dot = wanted.firstIndex(of: "."), dot > wanted.startIndex else { return false }
        return pattern.dropFirst() == wanted[dot...]
    }
}
