/// The secrets by which a program recognizes its peers and proves who it is: a token, TLS, both or neither.
package struct Credentials: Sendable {
    package var token: Token?
    package var tls: TLSFiles?

    package init(token: Token? = nil, tls: TLSFiles? = nil) {
        self.token = token
        self.tls = tls
    }

    /// Reads the files of `--token-file`, `--tls-ca`, `--tls-certificate` and `--tls-key`. If there are any, this process leaves no core file from now on.
    /// - Throws: `SecretFile.Failure`.
    package init(tokenFile: String?, ca: String?, certificate: String?, key: String?) throws(SecretFile.Failure) {
        if let tokenFile { token = try Token(file: tokenFile) }
        tls = try TLSFiles(ca: ca, certificate: certificate, key: key)
        if let tls { _ = try tls.configuration(.client) }
        if token != nil || tls != nil { SecretFile.forbidCoreDumps() }
    }

    /// Whether peers need neither a token nor a certificate.
    package var isEmpty: Bool { token == nil && tls == nil }
}
