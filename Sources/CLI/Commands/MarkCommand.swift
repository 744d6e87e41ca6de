import ArgumentParser
import StatsCore

struct MarkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mark", abstract: "Write a marker row into the run's event.csv.")

    @Argument(help: "What happens now, such as `load on`.")
    var label: [String]

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let label = label.joined(separator: " ")
        guard !label.isEmpty else { throw ValidationError("A mark needs a label, such as 'load on'.") }
        if try connection.endpoints().count > 1 {
            let report = try await connection.connectedToAll { try await GroupMark(group: $0).mark(label) }
            try Output.show(report, as: connection.format)
            return try report.checkAnswers()
        }
        let report = try await connection.connected { try await $0.mark(label) }
        try Output.show(report, as: connection.format)
    }
}

extension MarkReport: Presentable {
    var text: String { "Marked: \(VisibleText.escape(label)), at tick \(tick)" }
}
