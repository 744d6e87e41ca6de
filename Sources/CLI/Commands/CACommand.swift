import ArgumentParser
import StatsCore

/// `sonde ca`: a private certificate authority in a directory.
struct CACommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca",
        _superCommandName: "sonde",
        abstract: "Make a private CA, and certificates for TLS.",
        discussion: """
              sonde ca init pki
              sonde ca issue pki c1 --role collector --host 192.168.0.2
              sonde ca issue pki host7 --role agent
              sonde ca issue pki me --role operator

            The first makes pki/ca.pem and its key, which stays where it is. The others make a certificate and a key each: pki/c1.pem and pki/c1-key.pem, for these \
            two names only; one for the node host7 and no other; and yours, for the control port.
            The files are the values of --tls-ca, --tls-certificate and --tls-key.
            """,
        subcommands: [InitCommand.self, IssueCommand.self])

    struct InitCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "init", abstract: "Make a CA in a directory.")

        @Argument(help: "The directory, made when it is absent.")
        var directory: String

        @Option(help: "How many days it is valid.")
        var days = 3650

        func run() async throws { try CommandFailure.naming { try CertificateAuthority.create(in: directory, days: days) } }
    }

    struct IssueCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "issue", abstract: "Make a certificate and its key.")

        @Argument(help: "The CA's directory.")
        var directory: String

        @Argument(help: "Whose it is; for an agent, its node's name.")
        var name: String

        @Option(help: "agent, collector or operator.")
        var role: CertificateRole

        @Option(help: "A name or an address that the collector is reached by; repeat it for more.")
        var host: [String] = []

        @Flag(help: "A collector's: it is also reached on its own machine, as localhost, 127.0.0.1 and ::1.")
        var loopback = false

        @Option(help: "How many days it is valid.")
        var days = 365

        func validate() throws {
            if role != .collector, loopback || !host.isEmpty { throw ValidationError("--host and --loopback are for --role collector") }
        }

        func run() async throws {
            try CommandFailure.naming {
                try CertificateAuthority(in: directory).issue(
                    name, role: role, hosts: host + (loopback ? CertificateNames.loopback : []), days: days)
            }
        }
    }
}

extension CertificateRole: ExpressibleByArgument {}

extension CommandFailure {
    /// Turns a fault of a file into an error for the user.
    fileprivate static func naming(_ body: () throws -> Void) throws {
        do {
            try body()
        } catch let failure as SecretFile.Failure {
            throw CommandFailure(code: "bad_file", message: "\(failure).")
        }
    }
}
