import ArgumentParser

/// The option that every daemon has for its configuration file, by whose name `OptionLayers` finds the file.
package struct FileOption: ParsableArguments {
    /// As the option's declaration has it.
    static let name = "config"

    @Option(
        help: ArgumentHelp("A configuration file: a JSON object whose keys are these options without dashes in front.", valueName: "file"))
    package var config: String?

    package init() {}
}
