/// What a program that listens, or its user, knows of others.
package struct Credentials: Sendable {
    package var token: Token?
    package var tls: TLSFiles?

    package init(token: Token? = nil, tls: TLSFiles? = nil) {
        self.token = token
        self.tls = tls
    }

    /// From the values of `--token-file`, `--tls-ca`, `--tls-certificate` and `--tls-key`. Where there are secrets, this process leaves no core file from now on.
    /// - Throws: `SecretFile.Failure`.
    package init(tokenFile: String?, ca: String?, certificate: String?, key: String?) throws(SecretFile.Failure) {
        if let tokenFile { token = try Token(file: tokenFile) }
        tls = try TLSFiles(ca: ca, certificate: certificate, key: key)
        if let tls { _ = try tls.configuration(.client) }
        if token != nil || tls != nil { SecretFile.forbidCoreDumps() }
    }

    /// Whether nobody is asked who they are.
    package var isEmpty: Bool { token == nil && tls == nil }
}
