import ArgumentParser
import FoundationEssentials

/// An option of a program, as its declaration (`@Option`, `@Flag`) says. The names of its variable and of its key in a file follow from its own name.
package struct DeclaredOption: Sendable, Equatable {
    package enum Kind: Sendable {
        case flag
        case value
        /// May be given again and again.
        case list
    }

    /// Without the dashes in front.
    package let name: String
    package let kind: Kind
    package let valueName: String?
    /// All that it may be, where there are few; else empty.
    package let values: [String]
    /// What it is for.
    package let help: String
    package let typedDefault: String?

    package var flag: String { "--" + name }
    package var variable: String { "SONDE_" + name.uppercased().replacing("-", with: "_") }

    /// What counts when nobody says anything: the value of the declaration, or what its help says of one that isn't known before the start.
    package var defaultValue: String? {
        if let typedDefault { return typedDefault }
        let parts = help.split(separator: "(default: ", maxSplits: 1)
        return parts.count == 2 ? parts[1].split(separator: ")").first.map(String.init) : nil
    }

    /// All options of `type`, in the order of their declarations.
    package static func all(of type: any ParsableArguments.Type) -> [DeclaredOption] { all(in: type._dumpHelp()) }

    /// All options of a program or a group of options.
    /// - Parameter description: what the program says to `--experimental-dump-help`. ArgumentParser tells what is declared in this form alone, which
    ///   is what its own tools for manuals and completions read.
    package static func all(in description: String) -> [DeclaredOption] {
        let description = try? JSONDecoder().decode(Description.self, from: Data(description.utf8))
        return (description?.command.arguments ?? []).compactMap { argument in
            // A hidden one is for Sonde's own programs: neither a variable nor a file may set it.
            guard argument.kind != "positional", argument.shouldDisplay ?? true, let name = argument.preferredName?.name,
                !["help", "version"].contains(name)
            else {
                return nil
            }
            let kind: Kind = argument.kind == "flag" ? .flag : argument.isRepeating ? .list : .value
            return DeclaredOption(
                name: name, kind: kind, valueName: kind == .flag ? nil : argument.valueName, values: argument.allValues ?? [],
                help: argument.abstract ?? "",
                typedDefault: argument.defaultValue)
        }
    }

    private struct Description: Decodable {
        struct Command: Decodable { let arguments: [Argument]? }
        struct Name: Decodable { let name: String }
        struct Argument: Decodable {
            let kind: String
            let isRepeating: Bool
            let shouldDisplay: Bool?
            let preferredName: Name?
            let valueName: String?
            let allValues: [String]?
            let defaultValue: String?
            let abstract: String?
        }
        let command: Command
    }
}
