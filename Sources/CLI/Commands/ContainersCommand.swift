import ArgumentParser
import StatsCore

struct ContainersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "containers", abstract: "Show live values of all containers, or every value of one.")

    @Argument(help: "A container's id, the beginning of one, or its name.")
    var id: String?

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        if try connection.endpoints().count > 1 { return try await runTogether() }
        let answer = try await connection.connected { try await $0.containers(id: id) }
        Self.tell(leftOut: answer.leftOut)
        if id == nil, let containers = answer.values.members {
            try Output.show(ContainerList(containers: containers), as: connection.format)
        } else {
            try Output.show(ContainerValues(container: answer.values), as: connection.format)
        }
    }

    private func runTogether() async throws {
        let answers = try await connection.connectedToAll { group in try await group.ask { [id] in try await $0.containers(id: id) } }
        for answer in answers { Self.tell(leftOut: answer.value?.leftOut ?? 0, by: answer.collector) }
        if id == nil {
            let lists = answers.map { answer in answer.map { ContainerList(containers: $0.values.members ?? [:]) } }
            try Output.show(GroupContainers(collectors: lists), as: connection.format)
        } else {
            let report = try GroupContainer.report(answers.map { answer in answer.map { ContainerValues(container: $0.values) } })
            try Output.show(report, as: connection.format)
        }
        try CollectorAnswer.check(answers.filter { id == nil || $0.failure?.code != "not_found" })
    }

    /// Says of how many containers a collector shows nothing.
    private static func tell(leftOut: Int, by collector: String? = nil) {
        guard leftOut > 0 else { return }
        let verb = leftOut == 1 ? "isn't" : "aren't"
        let place = collector.map { " of \($0)" } ?? ""
        Output.complain(
            VisibleText.escape(
                "Note: \(HumanUnits.count(leftOut, "container")) more\(place) \(verb) shown; `sonde status` says on which nodes."))
    }
}
