import ArgumentParser

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Runs commands line by line, from a person at a terminal or from a file or a pipe.
struct Prompt {
    /// A command that a line can name.
    struct Command {
        let name: String
        let abstract: String
    }

    /// Options that were given to sonde itself; they apply to every line.
    let prefix: [String]
    let commands: [Command]
    /// Arranges a line's words as `execute` takes them: the command first.
    let arrange: ([String]) -> [String]
    /// Runs one command and returns its exit status.
    let execute: ([String]) async -> Int32

    func run() async throws {
        let status = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 ? await converse() : await follow()
        if status != 0 { throw ExitCode(status) }
    }

    /// At a terminal: prints an error and shows the prompt again.
    private func converse() async -> Int32 {
        let file = HistoryFile { name in getenv(name).map { String(cString: $0) } }
        var editor = LineEditor(prompt: "sonde> ", history: History(lines: file?.load() ?? []))
        Output.line("`help` lists the commands, `quit` ends.")
        while true {
            switch editor.readLine() {
            case .abandoned: continue
            case .endOfInput: return 0
            case .line(let line):
                if editor.history.note(line) { file?.save(editor.history.lines) }
                if await perform(line) == nil { return 0 }
            }
        }
    }

    /// Not at a terminal: continues after an error, and ends with the status of the first command that failed.
    private func follow() async -> Int32 {
        var failed: Int32 = 0
        while let line = readLine() {
            guard let status = await perform(line) else { break }
            if failed == 0 { failed = status }
        }
        return failed
    }

    /// Runs one line and returns its status; `nil` when the line asks to end. Blank lines and comments (`#`) do nothing.
    private func perform(_ line: String) async -> Int32? {
        let words: [String]
        do {
            words = try Words.split(line)
        } catch {
            Output.complain("Error: \(error)")
            return ExitCode.validationFailure.rawValue
        }
        guard let first = words.first, !first.hasPrefix("#") else { return 0 }
        switch first.hasPrefix("/") ? String(first.dropFirst()) : first {
        case "quit", "exit": return nil
        case "help" where words.count == 1:
            Output.line(help)
            return 0
        default: break
        }
        // Words without a command would open another prompt.
        let arguments = arrange(prefix + words)
        guard arguments.first?.hasPrefix("-") == false || arguments.contains(where: { ["-h", "--help", "--version"].contains($0) }) else {
            Output.complain("Error: A command is missing. `help` lists them.")
            return ExitCode.validationFailure.rawValue
        }
        let signals = SignalActions()
        let status = await execute(arguments)
        // So that Ctrl-C ends the next command, too.
        signals.restore()
        return status
    }

    private var help: String {
        var table = TextTable("COMMAND", "")
        for command in commands { table.append(command.name, command.abstract) }
        table.append("help COMMAND", "Say more about a command.")
        table.append("quit", "End the prompt.")
        return table.text()
    }
}
