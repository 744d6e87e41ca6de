import Crypto
import FoundationEssentials
import StatsCore
import SwiftASN1
import X509

/// A private CA: `ca.pem` and `ca-key.pem` in a directory, next to the certificates that it has issued.
struct CertificateAuthority {
    private let directory: String
    private let certificate: Certificate
    private let key: Certificate.PrivateKey

    /// Clocks differ slightly: a new certificate has to be valid on a host whose clock is behind.
    private static let leeway: TimeInterval = 3600
    private static let day: TimeInterval = 86_400

    /// Makes a CA.
    /// - Throws: `SecretFile.Failure`; existing files are never overwritten.
    static func create(in directory: String, days: Int) throws {
        try checkDays(days)
        try makeDirectory(directory)
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let subject = try DistinguishedName {
            OrganizationName("Sonde")
            CommonName("Sonde CA")
        }
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey, notValidBefore: Date() - leeway,
            notValidAfter: Date() + TimeInterval(days) * day, issuer: subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true))
            },
            issuerPrivateKey: key)
        try write(key: key, certificate: certificate, to: "\(directory)/ca")
    }

    /// Opens the CA in a directory.
    init(in directory: String) throws {
        self.directory = directory
        let secret = String(decoding: try SecretFile.read("\(directory)/ca-key.pem", "the CA's key"), as: UTF8.self)
        let shown = String(decoding: try SecretFile.readPublic("\(directory)/ca.pem", "the CA's certificate"), as: UTF8.self)
        do {
            key = try Certificate.PrivateKey(pemEncoded: secret)
            certificate = try Certificate(pemEncoded: shown)
        } catch {
            throw SecretFile.Failure(description: "\(directory) holds no CA that can be read (\(error)); `sonde ca init DIR` makes one")
        }
    }

    /// Makes `NAME.pem` and `NAME-key.pem`.
    ///
    /// - Parameters:
    ///   - name: the subject's common name; for an agent it is its node.
    ///   - hosts: further names and addresses of a collector, besides its name.
    /// - Throws: `SecretFile.Failure`; existing files are never overwritten.
    func issue(_ name: String, role: CertificateRole, hosts: [String], days: Int) throws {
        try Self.checkDays(days)
        guard CertificateNames.isSubject(name), name != "ca" else {
            throw SecretFile.Failure(
                description:
                    "a certificate can't be made for '\(VisibleText.escape(name))': a name has 1 to 64 bytes without blanks, control "
                    + "characters, slashes and commas, doesn't begin with a dot or a dash, and is not `ca`")
        }
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let subject = try DistinguishedName {
            OrganizationalUnitName(role.rawValue)
            CommonName(name)
        }
        // A collector's certificate also serves as a client's, for its own health check.
        let usage: [ExtendedKeyUsage.Usage] = role == .collector ? [.serverAuth, .clientAuth] : [.clientAuth]
        let names = role == .collector ? try CertificateNames.alternatives([name] + hosts) : []
        let made = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey, notValidBefore: Date() - Self.leeway,
            notValidAfter: min(Date() + TimeInterval(days) * Self.day, certificate.notValidAfter), issuer: certificate.subject,
            subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage(usage)
                if !names.isEmpty { SubjectAlternativeNames(names) }
            },
            issuerPrivateKey: self.key)
        try Self.write(key: key, certificate: made, to: "\(directory)/\(name)")
    }

    private static func checkDays(_ days: Int) throws {
        guard (1...36_500).contains(days) else { throw SecretFile.Failure(description: "--days takes 1 to 36500, not \(days)") }
    }

    private static func makeDirectory(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw SecretFile.Failure(description: "the directory \(path) can't be made: \(error)")
        }
    }

    /// Writes the key first: a certificate without its key would be useless.
    private static func write(key: Certificate.PrivateKey, certificate: Certificate, to path: String) throws {
        try SecretFile.create("\(path)-key.pem", "the private key", Array((try key.serializeAsPEM().pemString + "\n").utf8))
        try SecretFile.create("\(path).pem", "the certificate", Array((try certificate.serializeAsPEM().pemString + "\n").utf8))
    }
}
