import ArgumentParser
import StatsCore

/// `sonde token FILE`: makes a token.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make a token that collector, agents and operators share.",
        discussion: """
            Writes 256 random bits to a new file that only its owner can read. Give the same file to sonde-collector, to every sonde-agent and to \
            sonde with --token-file, or as a secret of Docker or Kubernetes.
            """)

    @Argument(help: "The file to make.")
    var file: String

    func run() async throws {
        do {
            try Token().write(newFile: file)
        } catch {
            throw CommandFailure(code: "bad_file", message: "\(error).")
        }
    }
}
