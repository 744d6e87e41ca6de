import StatsCore

/// What becomes of an option of a daemon that stands in its file, in its variable and among its flags.
package struct OptionSources {
    private let option: DeclaredOption
    private let declared: [DeclaredOption]
    private let scratch: ScratchDirectory

    package init(_ option: DeclaredOption, of declared: [DeclaredOption]) throws {
        self.option = option
        self.declared = declared
        scratch = try ScratchDirectory()
    }

    /// - Parameters:
    ///   - samples: values that differ from each other and from the default; not looked at for a flag.
    ///   - meaning: what the daemon understands by words.
    /// - Returns: what isn't as it should be: that the file counts, the variable before that, and the flag before both.
    package func faults(_ samples: [String], _ meaning: ([String]) throws -> String) throws -> [String] {
        var faults: [String] = []
        func check(_ words: [String], _ expected: [String], _ rule: String) {
            if words != expected { faults.append("\(rule): \(words), not \(expected)") }
        }
        let isFlag = option.kind == .flag
        let flags = isFlag ? [option.flag] : samples.map { "\(option.flag)=\($0)" }
        // Each is understood, and means something else.
        let meanings = try Set(([[]] + flags.map { [$0] }).map(meaning))
        if meanings.count != Set((isFlag ? ["true"] : samples) + [option.typedDefault ?? ""]).count { faults.append("\(meanings)") }
        check(try words(), [], "nothing")
        check(try words(variable: ""), [], "an empty variable")
        if isFlag {
            check(try words(file: "true"), flags, "the file")
            check(try words(file: "true", variable: "false"), [], "the variable before the file")
            check(try words(file: "false", variable: "1"), flags, "the variable before the file")
            check(try words(file: "false", variable: "0", flags: flags), flags, "the flag before both")
        } else {
            // One with two values besides the default has the first of them once more.
            let last = flags.count > 2 ? flags[2] : flags[0]
            check(try words(file: samples[0]), [flags[0]], "the file")
            check(try words(file: samples[0], variable: samples[1]), [flags[1]], "the variable before the file")
            check(try words(file: samples[0], variable: samples[1], flags: [last]), [last], "the flag before both")
        }
        return faults
    }

    /// The words that are left for the option.
    private func words(file: String? = nil, variable: String? = nil, flags: [String] = []) throws -> [String] {
        let value = file.map { option.kind == .flag ? $0 : "\"\($0)\"" }
        try scratch.write(Array((value.map { "{\"\(option.name)\": \($0)}" } ?? "{}").utf8), to: "config.json")
        let layers = try OptionLayers(
            declared, commandLine: ["--config=\(scratch.path)/config.json"] + flags,
            environment: variable.map { [option.variable: $0] } ?? [:])
        return layers.words.filter { !$0.hasPrefix("--config=") }
    }
}
