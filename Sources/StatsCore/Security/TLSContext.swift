import NIOCore
import NIOSSL
import Synchronization

/// TLS for new connections. It notices files that have changed, so certificates are renewed without a restart.
package final class TLSContext: Sendable {
    private struct Loaded {
        var context: NIOSSLContext
        var stamps: [FileStamp?]
    }

    private let files: TLSFiles
    private let side: TLSFiles.Side
    private let loaded: Mutex<Loaded>
    private let warn: @Sendable (String) -> Void

    /// - Parameter warn: called when changed files can't be used; the context then keeps the earlier ones.
    /// - Throws: `SecretFile.Failure`.
    package init(_ files: TLSFiles, _ side: TLSFiles.Side, warn: @escaping @Sendable (String) -> Void) throws(SecretFile.Failure) {
        self.files = files
        self.side = side
        self.warn = warn
        // Taken before the files are read: a change during the reading is then noticed next time.
        let stamps = Self.stamps(files)
        loaded = Mutex(Loaded(context: try Self.load(files, side), stamps: stamps))
    }

    private static func stamps(_ files: TLSFiles) -> [FileStamp?] { [files.ca, files.certificate, files.key].map { FileStamp($0) } }

    private static func load(_ files: TLSFiles, _ side: TLSFiles.Side) throws(SecretFile.Failure) -> NIOSSLContext {
        let configuration = try files.configuration(side)
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw SecretFile.Failure(
                description:
                    "the certificate \(files.certificate) and the key \(files.key) can't be used together: \(TLSFailure.words(error))")
        }
    }

    private func current() -> NIOSSLContext {
        loaded.withLock { loaded in
            let stamps = Self.stamps(files)
            if stamps != loaded.stamps {
                loaded.stamps = stamps
                do {
                    loaded.context = try Self.load(files, side)
                } catch {
                    warn("\(error); the certificates from before are still used")
                }
            }
            return loaded.context
        }
    }

    /// The handler of an accepted connection.
    package func serverHandler() -> NIOSSLServerHandler { NIOSSLServerHandler(context: current()) }

    /// The handler of a connection to `host`, a name or an address, which the server's certificate has to name.
    package func clientHandler(host: String) throws -> NIOSSLClientHandler {
        // Without a server name, NIOSSL checks the certificate against the address of the connection.
        guard let name = ServerName(host) else { return try NIOSSLClientHandler(context: current(), serverHostname: nil) }
        return try NIOSSLClientHandler._makeSSLClientHandler(context: current(), serverHostname: name.text) { certificate, channel in
            channel.eventLoop.makeCompletedFuture { try name.check(certificate) }
        }
    }
}

/// Explains to the user why TLS failed.
package enum TLSFailure {
    /// Plain words for a known cause, else the library's own text.
    package static func words(_ error: any Error) -> String {
        let text = "\(error)"
        for (sign, words) in causes where text.contains(sign) { return words }
        return text
    }

    /// Whether the error is a fault of TLS. A peer that closes without TLS's close_notify is none: frames and answers carry their own length.
    package static func isTLS(_ error: any Error) -> Bool {
        if isCutOff(error) { return false }
        return error is ServerName.Mismatch || error is NIOSSLError || error is BoringSSLError || error is NIOSSLExtraError
    }

    /// Whether the peer has gone without TLS's close_notify, as one does that is killed.
    package static func isCutOff(_ error: any Error) -> Bool {
        if case NIOSSLError.uncleanShutdown = error { return true }
        return false
    }

    private static let closed =
        "it closed the connection in the middle of the TLS handshake: it doesn't speak TLS, or doesn't accept the certificate here"

    private static let causes = [
        ("CERTIFICATE_VERIFY_FAILED", "its certificate isn't from the CA that --tls-ca names, isn't valid now, or isn't made for this use"),
        (
            "failedToValidateHostname",
            "its certificate isn't made for this host: give `sonde ca issue` that name or address with --host (127.0.0.1: --loopback)"
        ),
        (
            "unableToValidateCertificate",
            "its certificate isn't made for this host: give `sonde ca issue` that name or address with --host (127.0.0.1: --loopback)"
        ),
        ("WRONG_VERSION_NUMBER", "it doesn't speak TLS: start it with --tls-ca, --tls-certificate and --tls-key"),
        ("HTTP_REQUEST", "it was asked without TLS"),
        ("CERTIFICATE_REQUIRED", "it asks for a certificate"),
        ("PEER_DID_NOT_RETURN_A_CERTIFICATE", "it showed no certificate"),
        ("UNKNOWN_CA", "it doesn't know the CA of the certificate here"),
        // All CAs of `sonde ca` have one name, so that it is the signature that doesn't fit.
        ("ALERT_DECRYPT_ERROR", "it doesn't know the CA of the certificate here"),
        ("CERTIFICATE_EXPIRED", "the certificate here has expired"),
        ("BAD_CERTIFICATE", "it doesn't accept the certificate here"),
        ("CERTIFICATE_UNKNOWN", "it doesn't accept the certificate here"),
        ("UNSUPPORTED_PROTOCOL", "it doesn't speak TLS 1.3"), ("PROTOCOL_VERSION", "it doesn't speak TLS 1.3"),
        ("KEY_VALUES_MISMATCH", "the key isn't that of the certificate"),
        ("eofDuringHandshake", closed),
        ("EOF during handshake", closed),
    ]
}
