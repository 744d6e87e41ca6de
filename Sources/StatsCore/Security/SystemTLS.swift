import NIOCore
import NIOSSL

/// TLS to servers that have nothing to do with Sonde's own certificates: who the system trusts is trusted.
package enum SystemTLS {
    /// Reading the system's certificates takes a while, so that it is done when somebody needs them.
    private static let context = Result { try NIOSSLContext(configuration: .makeClientConfiguration()) }

    /// The handler of a connection to `host`, a name or an address, which the server's certificate has to name.
    package static func clientHandler(host: String) throws -> NIOSSLClientHandler {
        try NIOSSLClientHandler(context: context.get(), serverHostname: ServerName(host)?.text)
    }

    /// Why a connection failed, in plain words where the cause is known; `nil` for what is no fault of TLS.
    ///
    /// - Parameter text: what the library says.
    package static func words(_ text: String) -> String? {
        for (sign, words) in causes where text.contains(sign) { return words }
        return text.contains("BoringSSLError") || text.contains("NIOSSL") ? "TLS fails" : nil
    }

    private static let causes = [
        ("CERTIFICATE_VERIFY_FAILED", "its certificate isn't from a CA that this system trusts, or isn't valid now"),
        ("failedToValidateHostname", "its certificate isn't made for this host"),
        ("unableToValidateCertificate", "its certificate isn't made for this host"),
        ("WRONG_VERSION_NUMBER", "it doesn't speak TLS: name it with http://"),
        ("HTTP_REQUEST", "it doesn't speak TLS: name it with http://"),
    ]
}
