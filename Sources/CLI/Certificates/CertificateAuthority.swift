import CNIOBoringSSL
import FoundationEssentials
import StatsCore

/// A private CA: `ca.pem` and `ca-key.pem` in a directory, next to the certificates that it has issued.
struct CertificateAuthority {
    private let directory: String
    private let certificate: X509Certificate
    private let key: SigningKey

    /// Clocks differ slightly: a new certificate has to be valid on a host whose clock is behind. In seconds.
    private static let leeway: Int64 = 3600
    private static let day: Int64 = 86_400

    /// Seconds since 1970.
    private static var now: Int64 { Clocks.wall() / 1_000_000_000 }

    /// Makes a CA.
    /// - Throws: `SecretFile.Failure`; existing files are never overwritten.
    static func create(in directory: String, days: Int) throws {
        try checkDays(days)
        try makeDirectory(directory)
        let key = try SigningKey()
        let content = X509Certificate.Content(
            subject: [(NID_organizationName, "Sonde"), (NID_commonName, "Sonde CA")], notBefore: now - leeway,
            notAfter: now + Int64(days) * day,
            extensions: [(NID_basic_constraints, "critical,CA:TRUE,pathlen:0"), (NID_key_usage, "critical,keyCertSign")])
        let certificate = try X509Certificate(content, for: key, issuer: nil, by: key)
        try write(key: key, certificate: certificate, to: "\(directory)/ca")
    }

    /// Opens the CA in a directory.
    init(in directory: String) throws {
        self.directory = directory
        let secret = try SecretFile.read("\(directory)/ca-key.pem", "the CA's key")
        let shown = try SecretFile.readPublic("\(directory)/ca.pem", "the CA's certificate")
        do {
            key = try SigningKey(pem: secret)
            certificate = try X509Certificate(pem: shown)
            guard certificate.isOf(key) else { throw SecretFile.Failure(description: "the key is that of another certificate") }
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
        let key = try SigningKey()
        // A collector's certificate also serves as a client's, for its own health check.
        let usage = role == .collector ? "serverAuth,clientAuth" : "clientAuth"
        let names = role == .collector ? [(NID_subject_alt_name, try CertificateNames.alternatives([name] + hosts))] : []
        let content = X509Certificate.Content(
            subject: [(NID_organizationalUnitName, role.rawValue), (NID_commonName, name)], notBefore: Self.now - Self.leeway,
            notAfter: min(Self.now + Int64(days) * Self.day, try certificate.notAfter),
            extensions: [
                (NID_basic_constraints, "critical,CA:FALSE"), (NID_key_usage, "critical,digitalSignature"), (NID_ext_key_usage, usage),
            ] + names)
        let made = try X509Certificate(content, for: key, issuer: certificate, by: self.key)
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
    private static func write(key: SigningKey, certificate: X509Certificate, to path: String) throws {
        try SecretFile.create("\(path)-key.pem", "the private key", key.pem)
        try SecretFile.create("\(path).pem", "the certificate", certificate.pem)
    }
}
