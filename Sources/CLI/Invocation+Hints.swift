import ArgumentParser
import StatsCore

/// What a command line that isn't understood may have meant, where ArgumentParser only counts words too many.
extension Invocation {
    /// - Parameter arguments: as `arranged` gives them.
    /// - Throws: `CommandFailure` for a command that there isn't.
    static func checkCommand(_ arguments: [String]) throws(CommandFailure) {
        var rest = arguments[...]
        while let word = rest.first, let taken = ConnectionOptions.length(of: word) { rest = rest.dropFirst(taken) }
        guard var word = rest.first else { return }
        if word == "help", let named = rest.dropFirst().first { word = named }
        let name = word.hasPrefix("/") ? String(word.dropFirst()) : word
        let known = SondeCommand.configuration.subcommands.map { $0._commandName }
        guard !name.hasPrefix("-"), name != "help", !known.contains(name) else { return }
        let hint = SimilarWord.nearest(to: name, among: known).map { " Did you mean `\($0)`?" } ?? ""
        throw wrongUsage("There is no command `\(name)`.\(hint) `help` lists all.")
    }

    /// For a command to be recorded that doesn't stand behind `--`.
    /// - Returns: `nil` when that isn't what is wrong.
    static func recordHint(_ arguments: [String]) -> CommandFailure? {
        guard arguments.first == RecordCommand._commandName else { return nil }
        let options = DeclaredOption.all(of: RecordCommand.self)
        var place = 1
        while place < arguments.count, arguments[place].hasPrefix("-"), arguments[place] != "--" {
            let parts = arguments[place].split(separator: "=", maxSplits: 1)
            let name = parts[0] == "-o" ? "--output" : String(parts[0])
            guard let option = options.first(where: { $0.flag == name }) else { return nil }
            place += option.kind == .flag || parts.count == 2 ? 1 : 2
        }
        guard place < arguments.count, arguments[place] != "--" else { return nil }
        let words = { (words: ArraySlice<String>) in words.map { ShellWord.quoted($0) }.joined(separator: " ") }
        let line = (["sonde", words(arguments[..<place]), "--", words(arguments[place...])]).joined(separator: " ")
        return wrongUsage("A command to record stands behind `--`: \(line)")
    }

    private static func wrongUsage(_ message: String) -> CommandFailure {
        CommandFailure(code: "usage", message: message, status: .validationFailure)
    }
}
