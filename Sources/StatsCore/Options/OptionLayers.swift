import ArgumentParser

/// What a program is told by its command line, its environment and its configuration file: a flag counts before a variable (`SONDE_…`), that before a
/// key of the file, and what none of them says is the default of the option's declaration.
///
/// What variables and file say is put in front of the command line's words, so that ArgumentParser reads and checks all of it in the same way.
package struct OptionLayers: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// What the highest layer that names an option says of it.
    package struct Given: Sendable, Equatable {
        /// The flag, the variable, or the file and its key.
        package let origin: String
        /// Several for a list; none for a flag that is off.
        package let values: [String]
        fileprivate let layer: Layer
    }

    fileprivate enum Layer {
        case file
        case variable
        case commandLine
    }

    private let options: [DeclaredOption]
    private let commandLine: [String]
    private var given: [String: Given] = [:]

    /// - Throws: `Failure` that names the file, or the flag whose variable or key is neither true nor false.
    package init(_ options: [DeclaredOption], commandLine: [String], environment: [String: String]) throws(Failure) {
        self.options = options
        self.commandLine = commandLine
        for option in options {
            let values = Self.values(of: option, in: commandLine)
            if !values.isEmpty { given[option.name] = Given(origin: option.flag, values: values, layer: .commandLine) }
            // An empty variable is how a shell or a unit says that there is none.
            guard given[option.name] == nil, let text = environment[option.variable], !text.isEmpty else { continue }
            given[option.name] = Given(
                origin: option.variable, values: try Self.values(text, of: option, option.variable), layer: .variable)
        }
        // In the file itself it isn't understood.
        guard let path = self[FileOption.name]?.values.last else { return }
        let keys = options.filter { $0.name != FileOption.name }
        let stored: [String: String]
        do { stored = try OptionFile.load(path, keys: Set(keys.map(\.name))) } catch { throw Failure(description: error.description) }
        for option in keys where given[option.name] == nil {
            guard let text = stored[option.name] else { continue }
            let origin = "\(path): \(option.name)"
            given[option.name] = Given(origin: origin, values: try Self.values(text, of: option, origin), layer: .file)
        }
    }

    /// What is said of an option; `nil` where the default counts.
    package subscript(name: String) -> Given? { given[name] }

    /// All that is said, as one command line.
    package var words: [String] { options.flatMap { words(for: $0) } + commandLine }

    /// What variables and file say, with the words that stand for it.
    package var elsewhere: [(origin: String, words: [String], option: DeclaredOption)] {
        options.compactMap { option in
            let words = words(for: option)
            return words.isEmpty ? nil : given[option.name].map { ($0.origin, words, option) }
        }
    }

    private func words(for option: DeclaredOption) -> [String] {
        guard let given = given[option.name], given.layer != .commandLine else { return [] }
        return option.kind == .flag ? given.values.map { _ in option.flag } : given.values.map { "\(option.flag)=\($0)" }
    }

    /// What the command line gives: `--node a`, `--node=a`, or just `--insecure`.
    private static func values(of option: DeclaredOption, in commandLine: [String]) -> [String] {
        var values: [String] = []
        let words = commandLine.prefix { $0 != "--" }
        for (index, word) in words.enumerated() {
            if word == option.flag {
                // An absent value is ArgumentParser's to complain of.
                values.append(option.kind == .flag || index + 1 == words.count ? "" : words[index + 1])
            } else if word.hasPrefix(option.flag + "=") {
                values.append(String(word.dropFirst(option.flag.count + 1)))
            }
        }
        return values
    }

    /// What a variable or a file's key says: a list has commas in between, a flag is true or false.
    private static func values(_ text: String, of option: DeclaredOption, _ origin: String) throws(Failure) -> [String] {
        switch option.kind {
        case .value: return [text]
        case .list: return text.split(separator: ",").map { String($0.drop { $0 == " " }) }
        case .flag:
            switch text {
            case "true", "1": return [""]
            case "false", "0", "": return []
            default: throw Failure(description: "\(origin) takes true or false, not \"\(text)\"")
            }
        }
    }
}
