import NIOCore
import NIOSSL
import StatsCore
import SwiftASN1
import X509

/// The facts in a peer's certificate. TLS has checked that it is from this CA and valid now.
struct PeerCertificate: Sendable, Equatable {
    /// The subject's common name; for an agent it is its node.
    let name: String
    /// The subject's organizational unit; `nil` when it is not one of Sonde's roles.
    let role: CertificateRole?

    /// - Parameter der: a certificate, encoded by the rules of X.690.
    init(der: [UInt8]) throws {
        let subject = try Certificate(derEncoded: der).subject
        var name = ""
        var role: CertificateRole?
        for attribute in subject.flatMap(\.self) {
            let text = String(describing: attribute.value)
            switch attribute.type {
            case .RDNAttributeType.commonName: name = text
            case .RDNAttributeType.organizationalUnitName: role = CertificateRole(rawValue: text)
            default: break
            }
        }
        self.name = name
        self.role = role
    }

    /// The certificate of the peer of `channel`, once the handshake is done. Call it on the channel's event loop.
    init?(of channel: any Channel) throws {
        guard let der = try channel.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self).peerCertificate?.toDERBytes() else {
            return nil
        }
        try self.init(der: der)
    }

    /// Why this peer may not deliver for `node`; `nil` when it may.
    func fault(delivering node: String) -> Refusal? {
        if role == .agent, name == node { return nil }
        let whose = role.map { "of the \($0.rawValue) `\(name)`" } ?? "of `\(name)`, without a role"
        return Refusal(
            code: "certificate",
            message: "the certificate is that \(whose); to deliver for the node `\(node)` takes one of the agent `\(node)`: "
                + "`sonde ca issue DIR \(node) --role agent`")
    }
}
