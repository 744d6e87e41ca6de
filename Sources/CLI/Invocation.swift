import ArgumentParser
import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// One command line, from words to exit status.
enum Invocation {
    /// Runs the command that the words name, prints errors on standard error, and returns the exit status.
    static func run(_ words: [String]) async -> Int32 {
        let arguments = arranged(words)
        // What follows `--` belongs to another command.
        let format: OutputFormat = arguments.prefix { $0 != "--" }.contains("--json") ? .json : .text
        do {
            var command = try parsed(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            return ExitCode.success.rawValue
        } catch let failure as CommandFailure {
            Output.fail(failure, as: format)
            return failure.status.rawValue
        } catch let end as ExitCode {
            return end.rawValue
        } catch {
            let status = SondeCommand.exitCode(for: error)
            switch (status.isSuccess, format) {
            case (true, _): Output.line(SondeCommand.fullMessage(for: error))
            case (false, .text): Output.complain(SondeCommand.fullMessage(for: error))
            case (false, .json):
                let code = status == .validationFailure ? "usage" : "internal"
                Output.fail(CommandFailure(code: code, message: SondeCommand.message(for: error), status: status), as: .json)
            }
            return status.rawValue
        }
    }

    /// `ca` talks to no collector and has a `--host` of its own, which otherwise `SondeCommand` takes for the collector's, without a word.
    static func parsed(_ arguments: [String]) throws -> any ParsableCommand {
        try checkCommand(arguments)
        guard arguments.first == CACommand._commandName else {
            do {
                return try SondeCommand.parseAsRoot(arguments)
            } catch  where SondeCommand.exitCode(for: error) == .validationFailure {
                throw recordHint(arguments) ?? error
            }
        }
        return try CACommand.parseAsRoot(arguments.dropFirst().filter { $0 != "--json" })
    }

    /// Moves the command to the front, without its leading slash, followed by the connection options that stood before it.
    ///
    /// So `--host a --port 1 /start test000` becomes `start --host a --port 1 test000`, and each command declares these options once.
    static func arranged(_ words: [String]) -> [String] {
        var leading: [String] = []
        var rest = words[...]
        while let word = rest.first, let taken = ConnectionOptions.length(of: word) {
            leading += rest.prefix(taken)
            rest = rest.dropFirst(taken)
        }
        guard let first = rest.first else { return leading }
        let command = first.hasPrefix("/") ? String(first.dropFirst()) : first
        guard command == "help" || SondeCommand.configuration.subcommands.contains(where: { $0._commandName == command }) else {
            return leading + rest
        }
        let kept =
            switch command {
            case "help": [String]()
            case CACommand._commandName: leading.filter { $0 == "--json" }
            default: leading
            }
        return [command] + kept + rest.dropFirst()
    }
}
