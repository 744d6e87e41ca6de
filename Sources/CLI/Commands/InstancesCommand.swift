import ArgumentParser

struct InstancesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "instances", abstract: "Show the connected nodes and how many instances they monitor.")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        if try connection.endpoints().count > 1 {
            let report = GroupReport(try await connection.connectedToAll { try await $0.ask { try await $0.instances() } })
            try Output.show(report, as: connection.format)
            return try report.checkAnswers()
        }
        let report = try await connection.connected { try await $0.instances() }
        try Output.show(report, as: connection.format)
    }
}
