import ArgumentParser
import StatsCore

struct ContainersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "containers", abstract: "Show live values of all containers, or every value of one.")

    @Argument(help: "A container's id, the beginning of one, or its name.")
    var id: String?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let answer = try await connection.connected { try await $0.containers(id: id) }
        if id == nil, let containers = answer.members {
            try Output.show(ContainerList(containers: containers), as: connection.format)
        } else {
            try Output.show(ContainerValues(container: answer), as: connection.format)
        }
    }
}
