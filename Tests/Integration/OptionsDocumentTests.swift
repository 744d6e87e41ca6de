import Foundation
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// The page of options, held against what the programs say of themselves.
    @Suite("docs/OPTIONS.md") struct OptionsDocument {
        private static let path = URL(fileURLWithPath: Checkout.tests).deletingLastPathComponent().appending(path: "docs/OPTIONS.md").path

        private static func text(_ programs: [(name: String, options: [DeclaredOption])]) -> String {
            var text = """
                # Options

                Every option of the daemons, and what `sonde` has to know to reach a collector. `SONDE_UPDATE_GOLDEN=1 swift test --filter OptionsDocument` writes
                this page from the declarations, which are `AgentOptions`, `CollectorOptions` and `ConnectionOptions`.

                A flag of the command line counts before a variable, that before the configuration file, and that before the default. An empty variable is one that
                isn't there. In variables and files a switch is `true` or `false`, and what may be given again and again is one text with commas in between. The file
                that `--config` (or `SONDE_CONFIG`) names is one JSON object whose keys are the daemon's options without dashes in front; `sonde` reads none:

                    {"collector": "10.0.0.5:9822", "interval": "500ms", "exclude": "test-*, label=tier=batch", "all-devices": true}

                Secrets stand in files, and options name those.

                """
            for (program, options) in programs {
                text += "\n## \(program)\n\n| option | variable | default | meaning |\n|---|---|---|---|\n"
                for option in options {
                    // The default has a column of its own.
                    let help = option.help.replacing(/\s?\(default: [^)]*\)/, with: "")
                    let meaning = option.values.isEmpty ? help : "\(help) One of \(option.values.joined(separator: ", "))."
                    let cells = [
                        "`\(([option.flag] + [option.valueName.map { "<\($0)>" }].compactMap(\.self)).joined(separator: " "))`",
                        program == "sonde" && option.kind == .flag ? "" : "`\(option.variable)`",
                        option.defaultValue ?? (option.kind == .flag ? "off" : "none"), meaning,
                    ]
                    text += "| " + cells.map { $0.replacingOccurrences(of: "|", with: "\\|") }.joined(separator: " | ") + " |\n"
                }
            }
            return text
        }

        @Test("docs/OPTIONS.md names every option with its variable and its default")
        func isCurrent() async throws {
            try await Scene.run { scene in
                var programs: [(name: String, options: [DeclaredOption])] = []
                for (name, path) in [("sonde-agent", Products.agent), ("sonde-collector", Products.collector), ("sonde", Products.cli)] {
                    let description = try await scene.command(path, ["--experimental-dump-help"]).succeeded()
                    let options = DeclaredOption.all(in: description)
                    #expect(options.count > 5)
                    // It has neither variable nor key.
                    programs.append((name, options.filter { $0.name != "healthcheck" }))
                }
                let text = Self.text(programs)
                if ProcessInfo.processInfo.environment["SONDE_UPDATE_GOLDEN"] == "1" {
                    try text.write(toFile: Self.path, atomically: true, encoding: .utf8)
                }
                #expect(try String(contentsOfFile: Self.path, encoding: .utf8) == text)
            }
        }
    }
}
