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
        if answer.leftOut > 0 {
            let verb = answer.leftOut == 1 ? "isn't" : "aren't"
            Output.complain(
                "Note: \(HumanUnits.count(answer.leftOut, "container")) more \(verb) shown; `sonde status` says on which nodes.")
        }
        if id == nil, let containers = answer.values.members {
            try Output.show(ContainerList(containers: containers), as: connection.format)
        } else {
            try Output.show(ContainerValues(container: answer.values), as: connection.format)
        }
    }
}
