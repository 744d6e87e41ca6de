import Foundation
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// `sonde --host a,b` with each command that there is.
    @Suite("Commands over several collectors") struct GroupCommands {
        enum Asks: Sendable {
            /// All of them.
            case all
            /// None, as the command talks to one and is told two: it says so and names both.
            case refuses
            /// None: it has nothing to do with collectors.
            case none
        }

        /// The command's name, further words, and whom it asks.
        static let commands: [(name: String, words: [String], asks: Asks)] = [
            ("instances", [], .all), ("start", ["x"], .all), ("stop", [], .all), ("status", [], .all), ("mark", ["m"], .all),
            ("containers", [], .all), ("containers", ["web1"], .all),
            ("runs", [], .all), ("runs", ["x"], .all), ("runs", ["x", "--download", "here"], .all),
            ("runs", ["x", "--delete", "--yes"], .all), ("runs", ["x", "--pin"], .all), ("runs", ["x", "--unpin"], .all),
            ("runs", ["x", "--compress"], .all),
            ("runs", ["x", "--decompress"], .all),
            ("top", [], .refuses), ("top", ["--once"], .refuses), ("top", ["--json"], .refuses),
            ("record", ["--duration", "1s"], .refuses), ("matrix", ["plan.yaml"], .refuses),
            ("matrix", ["plan.yaml", "--check"], .refuses), ("matrix", ["plan.yaml", "--dry-run"], .refuses),
            ("verify", ["x"], .none), ("close", ["x"], .none), ("compress", ["x"], .none), ("summary", ["x"], .none),
            ("compare", ["x", "--to", "y"], .none),
            ("plot", ["x", "--column", "cpu_percent"], .none), ("report", ["x"], .none),
            ("export", ["x", "--format", "csv", "--output", "y"], .none),
            ("merge", ["x", "y", "--output", "z"], .none), ("pack", ["x", "--output", "x.tar"], .none),
            ("governor check", ["policy.yaml"], .none), ("governor try", ["policy.yaml", "--run", "x"], .none),
            ("token", ["token"], .none), ("ca init", ["pki"], .none), ("ca issue", ["pki", "n", "--role", "agent"], .none),
        ]

        @Test(
            "Of several collectors no command takes the first without a word: it asks all, or refuses and names them, or asks none",
            arguments: commands)
        func asksAllOrNone(name: String, words: [String], asks: Asks) async throws {
            try await Scene.run { scene in
                let plan = "name: p\nfactors:\n  a: [1, 2]\nload: \"true\"\n"
                try plan.write(toFile: scene.path("plan.yaml"), atomically: true, encoding: .utf8)
                let ports = try (0..<2).map { _ in
                    try ControlStandIn(scene) { _ in .json(404, #"{"code":"not_found","message":"there is nothing here"}"#) }
                }
                let hosts = ports.map { "127.0.0.1:\($0.port)" }
                // In the scene's directory, where what is named isn't there.
                let shell = ["-c", "cd \"$0\" && exec \"$@\"", scene.directory, Products.cli, "--host", hosts.joined(separator: ",")]
                let result = try await scene.command("sh", shell + name.split(separator: " ").map(String.init) + words)
                switch asks {
                case .all: #expect(ports.allSatisfy { !$0.asked.isEmpty }, "\(result)")
                case .refuses:
                    #expect(result.status == 64 && ports.allSatisfy(\.asked.isEmpty), "\(result)")
                    let isNamed = hosts.allSatisfy(result.errors.contains) || result.errors.contains("leave it out")
                    #expect(isNamed, "\(result)")
                case .none: #expect(result.status != 64 && ports.allSatisfy(\.asked.isEmpty), "\(result)")
                }
            }
        }

        @Test("That table has every command")
        func everyCommand() async throws {
            try await Scene.run { scene in
                /// The names under which help lists commands: behind two blanks, below SUBCOMMANDS.
                func listed(_ words: [String]) async throws -> [String] {
                    let help = try await scene.command(Products.cli, words + ["--help"]).succeeded()
                    guard let list = help.components(separatedBy: "SUBCOMMANDS:\n").dropFirst().first else { return [] }
                    return list.components(separatedBy: "\n\n")[0].split(separator: "\n").compactMap { line in
                        line.hasPrefix("  ") && !line.hasPrefix("   ") ? line.split(separator: " ").first.map(String.init) : nil
                    }
                }
                var names: [String] = []
                for command in try await listed([]) {
                    let nested = try await listed([command])
                    names += nested.isEmpty ? [command] : nested.map { "\(command) \($0)" }
                }
                #expect(Set(names) == Set(Self.commands.map(\.name)) && names.count > 20)
            }
        }
    }
}
