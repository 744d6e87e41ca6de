import ArgumentParser
import StatsCore

struct StopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop the run, and show its verdict.",
        discussion: "Ends with status 2 when the run is not complete.")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        if try connection.endpoints().count > 1 {
            let report = try await connection.connectedToAll { try await GroupStop(group: $0).stop() }
            try Output.show(report, as: connection.format)
            if !report.isComplete { throw ExitCode.incomplete }
            return
        }
        let manifest = try await connection.connected { try await $0.stop() }
        try Output.show(manifest, as: connection.format)
        if !manifest.isComplete { throw ExitCode.incomplete }
    }
}
