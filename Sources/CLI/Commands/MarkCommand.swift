import ArgumentParser

struct MarkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mark", abstract: "Write a marker row into the run's event.csv.")

    @Argument(help: "What happens now, such as `load on`.")
    var label: [String]

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let mark = Mark(label: label.joined(separator: " "))
        try await ControlClient.connected(to: connection.endpoint()) { try await $0.mark(mark.label) }
        try Output.show(mark, as: connection.format)
    }
}

/// A marker row that has been written.
struct Mark: Presentable {
    let label: String

    var text: String { "Marked: \(TerminalText.escape(label))" }
}
