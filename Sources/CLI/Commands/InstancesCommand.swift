import ArgumentParser

struct InstancesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "instances", abstract: "Show the connected nodes and how many instances they monitor.")

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let report = try await connection.connected { try await $0.instances() }
        try Output.show(report, as: connection.format)
    }
}
