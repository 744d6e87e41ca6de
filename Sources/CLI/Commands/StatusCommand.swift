import ArgumentParser

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the collector, the run that is under way, and the nodes.")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        if try connection.endpoints().count > 1 {
            let report = GroupReport(try await connection.connectedToAll { try await $0.ask { try await $0.status() } })
            try Output.show(report, as: connection.format)
            return try report.checkAnswers()
        }
        let report = try await connection.connected { try await $0.status() }
        try Output.show(report, as: connection.format)
    }
}
