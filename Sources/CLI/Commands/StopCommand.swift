import ArgumentParser
import StatsCore

struct StopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop the run, and show its verdict.",
        discussion: "Ends with status 2 when the run is not complete.")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let manifest = try await connection.connected { try await $0.stop() }
        try Output.show(manifest, as: connection.format)
        if !manifest.isComplete { throw ExitCode.incomplete }
    }
}
