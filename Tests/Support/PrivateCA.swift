/// A CA of `sonde ca`, and the certificates that it has issued.
struct PrivateCA {
    let directory: String

    init(_ scene: Scene, _ name: String = "pki") async throws {
        directory = scene.path(name)
        try await scene.command(Products.cli, ["ca", "init", directory]).succeeded()
    }

    /// - Parameters:
    ///   - hosts: by which a collector is reached; on this machine if there is none.
    ///   - prefix: words before the command line, such as those of env(1).
    func issue(_ scene: Scene, _ name: String, _ role: String, hosts: [String] = [], prefix: [String] = []) async throws {
        let own = role != "collector" ? [] : hosts.isEmpty ? ["--loopback"] : hosts.flatMap { ["--host", $0] }
        let words = prefix + [Products.cli, "ca", "issue", directory, name, "--role", role] + own
        try await scene.command(words[0], Array(words.dropFirst())).succeeded()
    }

    /// The options of a program with this certificate.
    /// - Parameter ca: the certificate of the CA that it trusts; by default this one's.
    func tls(_ name: String, ca: String? = nil) -> [String] {
        [
            "--tls-ca", ca ?? "\(directory)/ca.pem", "--tls-certificate", "\(directory)/\(name).pem", "--tls-key",
            "\(directory)/\(name)-key.pem",
        ]
    }
}
