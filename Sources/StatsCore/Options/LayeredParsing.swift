import ArgumentParser

extension ParsableArguments {
    /// Parses a command line to which variables and the configuration file add what it leaves open of these options.
    ///
    /// - Parameter parse: reads words, as a command does that has these options among its own.
    /// - Throws: what `parse` throws; `ValidationError` that names the variable, or the file and its key, when the value at fault came from there.
    package static func layered<Result>(
        _ commandLine: [String], environment: [String: String], parse: ([String]) throws -> Result
    ) throws -> Result {
        let layers: OptionLayers
        do {
            layers = try OptionLayers(DeclaredOption.all(of: Self.self), commandLine: commandLine, environment: environment)
        } catch {
            _ = try parse(commandLine)
            throw ValidationError(error.description)
        }
        do {
            return try parse(layers.words)
        } catch {
            // Help is given whatever variables and files say, and a fault of the command line itself comes first.
            _ = try parse(commandLine)
            for (origin, words, option) in layers.elsewhere {
                do { _ = try Self.parse(words) } catch {
                    let value = option.valueName.map { " <\($0)>" } ?? ""
                    throw ValidationError("\(origin): \(message(for: error))\nHelp:  \(option.flag)\(value)  \(option.help)")
                }
            }
            throw error
        }
    }

    /// These options alone.
    package static func layered(_ commandLine: [String], environment: [String: String]) throws -> Self {
        try layered(commandLine, environment: environment) { try Self.parse($0) }
    }
}

extension AsyncParsableCommand {
    /// The `main` of a program whose `Options` can also be given by variables and by a configuration file.
    package static func main<Options: ParsableArguments>(layering options: Options.Type, environment: [String: String]) async {
        CrashLine.install(program: configuration.commandName ?? "sonde", version: configuration.version)
        do {
            let commandLine = Array(CommandLine.arguments.dropFirst())
            var command = try Options.layered(commandLine, environment: environment) { try parseAsRoot($0) }
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            exit(withError: error)
        }
    }
}
