import ArgumentParser
import FoundationEssentials
import NIOCore
import NIOSSL
import StatsCore
import Synchronization

/// Who the targets are told that this is: a token or a password, a certificate, more headers. Files are read again when they change.
final class TargetAccess: Sendable {
    private struct Loaded {
        var stamps: [FileStamp?]
        var headers: [(String, String)]
        var tls: NIOSSLContext?
    }

    private let files: [String]
    private let load: @Sendable () throws -> (headers: [(String, String)], tls: NIOSSLContext?)
    private let loaded: Mutex<Loaded>

    /// Headers that requests have already, or that say what no user should.
    private static let reserved: Set<String> = [
        "host", "content-length", "content-type", "content-encoding", "transfer-encoding", "connection", "authorization",
        "x-prometheus-remote-write-version", "user-agent",
    ]

    /// - Throws: `ValidationError` that names the option.
    init(_ options: RemoteWriteOptions) throws {
        let extra = try options.remoteWriteHeader.map { try Self.header($0) }
        let (token, user, password) = (options.remoteWriteTokenFile, options.remoteWriteUser, options.remoteWritePasswordFile)
        guard (user == nil) == (password == nil) else {
            throw ValidationError("--remote-write-user and --remote-write-password-file go together")
        }
        guard token == nil || user == nil else {
            throw ValidationError("give --remote-write-token-file or --remote-write-user, not both: a request has one Authorization")
        }
        if let user, user.contains(":") { throw ValidationError("--remote-write-user: no user name has a colon (RFC 7617)") }
        let (ca, certificate, key) = (options.remoteWriteCa, options.remoteWriteCertificate, options.remoteWriteKey)
        guard (certificate == nil) == (key == nil) else {
            throw ValidationError("--remote-write-certificate and --remote-write-key go together")
        }
        files = [token, password, ca, certificate, key].compactMap(\.self)
        load = {
            var headers = extra
            if let token { headers.append(("Authorization", "Bearer \(try Self.secret(token, "the token of --remote-write-token-file"))")) }
            if let user, let password {
                let word = "\(user):\(try Self.secret(password, "the password of --remote-write-password-file"))"
                headers.append(("Authorization", "Basic \(Data(word.utf8).base64EncodedString())"))
            }
            return (headers, try Self.context(ca: ca, certificate: certificate, key: key))
        }
        let stamps = files.map { FileStamp($0) }
        do {
            let (headers, tls) = try load()
            loaded = Mutex(Loaded(stamps: stamps, headers: headers, tls: tls))
        } catch {
            throw ValidationError("--remote-write: \(error)")
        }
    }

    /// Has the files read again if one has changed.
    /// - Returns: why they can't be used; what they said before then still counts.
    func refresh() -> String? {
        loaded.withLock { loaded in
            let stamps = files.map { FileStamp($0) }
            guard stamps != loaded.stamps else { return nil }
            loaded.stamps = stamps
            do {
                (loaded.headers, loaded.tls) = try load()
                return nil
            } catch {
                return "\(error); what it said before is still used"
            }
        }
    }

    var headers: [(String, String)] { loaded.withLock { $0.headers } }

    func tlsHandler(host: String) throws -> NIOSSLClientHandler {
        guard let context = loaded.withLock({ $0.tls }) else { return try SystemTLS.clientHandler(host: host) }
        return try NIOSSLClientHandler(context: context, serverHostname: ServerName(host)?.text)
    }

    private static func header(_ text: String) throws -> (String, String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let isName =
            !parts[0].isEmpty && parts[0].utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"()<>@,;:\\\"/[]?={}".utf8.contains($0) }
        guard parts.count == 2, isName, parts[1].utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw ValidationError("--remote-write-header takes a header such as \"X-Scope-OrgID: team\"")
        }
        guard !reserved.contains(parts[0].lowercased()) else {
            throw ValidationError(
                "--remote-write-header \(parts[0]): every request has its own; for access give --remote-write-token-file or --remote-write-user"
            )
        }
        return (parts[0], String(parts[1].drop { $0 == " " }))
    }

    private static func secret(_ path: String, _ what: String) throws(SecretFile.Failure) -> String {
        let text = String(decoding: try SecretFile.read(path, what), as: UTF8.self)
        let line = text.prefix { !$0.isNewline }
        guard !line.isEmpty, line.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw SecretFile.Failure(description: "\(what) \(path) has no line of text in it")
        }
        return String(line)
    }

    private static func context(ca: String?, certificate: String?, key: String?) throws -> NIOSSLContext? {
        guard ca != nil || certificate != nil else { return nil }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let ca { configuration.trustRoots = .certificates(try TLSFiles.certificates(in: ca, "the CA's certificate")) }
        if let certificate, let key {
            configuration.certificateChain = try TLSFiles.certificates(in: certificate, "the certificate").map { .certificate($0) }
            configuration.privateKey = .privateKey(try TLSFiles.privateKey(in: key))
        }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw SecretFile.Failure(description: "the certificate and its key can't be used together: \(TLSFailure.words(error))")
        }
    }
}
