import NIOCore
import NIOSSL

/// The files of TLS, in PEM: the only CA that this side trusts, and this side's own certificate with its key.
package struct TLSFiles: Sendable, Equatable {
    package let ca: String
    package let certificate: String
    package let key: String

    package init(ca: String, certificate: String, key: String) {
        self.ca = ca
        self.certificate = certificate
        self.key = key
    }

    /// From the options `--tls-ca`, `--tls-certificate` and `--tls-key`; `nil` when none of them is given.
    /// - Throws: `SecretFile.Failure` when only some are.
    package init?(ca: String?, certificate: String?, key: String?) throws(SecretFile.Failure) {
        guard ca != nil || certificate != nil || key != nil else { return nil }
        guard let ca, let certificate, let key else {
            let absent = [("--tls-ca", ca), ("--tls-certificate", certificate), ("--tls-key", key)].filter { $0.1 == nil }.map(\.0)
            throw SecretFile.Failure(
                description:
                    "--tls-ca, --tls-certificate and --tls-key belong together; \(absent.joined(separator: " and ")) \(absent.count == 1 ? "isn't" : "aren't") given"
            )
        }
        self.init(ca: ca, certificate: certificate, key: key)
    }

    package enum Side: Sendable {
        case client
        case server
    }

    /// TLS 1.3 only; both sides need a certificate from this CA. A client also checks that the server's certificate names the host it connects
    /// to. What the holder of a client certificate may do is decided by the server's caller (`CertificateRole`).
    /// - Throws: `SecretFile.Failure` naming the file.
    package func configuration(_ side: Side) throws(SecretFile.Failure) -> TLSConfiguration {
        let roots = try Self.certificates(in: ca, "the CA's certificate")
        let chain = try Self.certificates(in: certificate, "the certificate").map { NIOSSLCertificateSource.certificate($0) }
        let key = try Self.privateKey(in: self.key)
        var configuration: TLSConfiguration
        switch side {
        case .client:
            configuration = .makeClientConfiguration()
            configuration.certificateChain = chain
            configuration.privateKey = .privateKey(key)
            configuration.certificateVerification = .fullVerification
            // A peer that stands still or is cut off says no goodbye, and whoever waits for it goes nowhere else meanwhile.
            configuration.shutdownTimeout = .seconds(1)
        case .server:
            configuration = .makeServerConfiguration(certificateChain: chain, privateKey: .privateKey(key))
            configuration.certificateVerification = .noHostnameVerification
        }
        configuration.trustRoots = .certificates(roots)
        configuration.minimumTLSVersion = .tlsv13
        return configuration
    }

    package static func certificates(in path: String, _ what: String) throws(SecretFile.Failure) -> [NIOSSLCertificate] {
        let bytes = try SecretFile.readPublic(path, what)
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(bytes), !certificates.isEmpty else {
            throw SecretFile.Failure(description: "\(what) \(path) holds no certificate in PEM; `sonde ca` makes some")
        }
        return certificates
    }

    package static func privateKey(in path: String) throws(SecretFile.Failure) -> NIOSSLPrivateKey {
        let bytes = try SecretFile.read(path, "the private key")
        do {
            return try NIOSSLPrivateKey(bytes: bytes, format: .pem)
        } catch {
            throw SecretFile.Failure(description: "the private key \(path) holds no key in PEM")
        }
    }
}
