import NIOCore
import NIOSSL
import StatsCore

/// The facts in a peer's certificate. TLS has checked that it is from this CA and valid now.
struct PeerCertificate: Sendable, Equatable {
    /// The subject's common name; for an agent it is its node.
    let name: String
    /// The subject's organizational unit; `nil` when it is not one of Sonde's roles.
    let role: CertificateRole?

    /// - Parameter der: a certificate, encoded by the rules of X.690.
    init(der: [UInt8]) throws {
        let subject = try CertificateSubject(der: der)
        name = subject.commonName
        role = subject.organizationalUnit.flatMap { CertificateRole(rawValue: $0) }
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
