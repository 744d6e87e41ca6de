import ArgumentParser
import StatsCore

/// `sonde governor`: checks and tries a policy before an agent uses it.
struct GovernorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "governor",
        abstract: "Check a policy for the agent's governor, and try it on a recorded run.",
        discussion: """
              sonde governor check policy.yaml
              sonde governor try policy.yaml --run data/test000

            Nothing is done to any container. The agent follows a policy with: sonde-agent --governor policy.yaml
            """,
        subcommands: [CheckCommand.self, TryCommand.self])

    struct CheckCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check", abstract: "Say in words what a policy does, or all that is wrong with it (status 65).")

        @Argument(help: "The policy's file.", completion: .file(extensions: ["yaml", "yml"]))
        var policy: String

        @OptionGroup var connection: ConnectionOptions

        func run() throws { try Output.show(PolicyText(GovernorCommand.load(policy)), as: connection.format) }
    }

    struct TryCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "try", abstract: "Show a recorded run to a policy, and say what it would have done.",
            discussion: """
                What would have been stopped counts as gone from then on, although it goes on in the run. --json prints a line for each decision, \
                with all that it follows from.
                """)

        @Argument(help: "The policy's file.", completion: .file(extensions: ["yaml", "yml"]))
        var policy: String

        @Option(name: .customLong("run"), help: "The directory of a run.", completion: .directory)
        var directory: String

        @Option(help: "Only this node. (default: all, one after the other)")
        var node: String?

        @OptionGroup var connection: ConnectionOptions

        func validate() throws {
            if directory.isEmpty { throw ValidationError("A run's directory can't be an empty text.") }
        }

        func run() throws {
            let policy = try GovernorCommand.load(policy)
            let disk = try RunOnDisk(directory)
            let all = disk.manifest.nodes.map(\.node)
            if let node, !all.contains(node) {
                throw CommandFailure(code: "no_node", message: "The run has no node \(node). It has: \(RunClaims.naming(all)).")
            }
            var replay = GovernorReplay(policy)
            var count = 0
            for name in node.map({ [$0] }) ?? all {
                try RunOnDisk.naming(directory) {
                    try replay.run(disk, node: name) { result in
                        count += 1
                        Output.line(connection.format == .json ? result.json : result.line)
                    }
                }
            }
            for remark in disk.remarks + replay.remarks { Output.complain("Note: \(VisibleText.escape(remark))") }
            if connection.format == .text {
                let nodes = node == nil ? "\(all.count) nodes" : "one node"
                Output.line("\(count) decisions in \(replay.ticks) ticks of \(nodes), by the policy \(VisibleText.escape(policy.name)).")
            }
        }
    }

    /// - Throws: `CommandFailure` with status 65 (EX_DATAERR of sysexits.h) when the policy has faults.
    static func load(_ path: String) throws(CommandFailure) -> GovernorPolicy {
        do throws(PolicyFile.Failure) {
            return try PolicyFile.load(path)
        } catch {
            if error.faults.isEmpty { throw CommandFailure(code: "unreadable", message: "\(error).") }
            throw CommandFailure(code: "bad_policy", message: "\(error)", status: ExitCode(65))
        }
    }
}

extension GovernorReplay.Result {
    /// For a person: when, where, which action, on which container, why.
    fileprivate var line: String {
        let passed = passed == 0 ? "0s" : "\(Interval(microseconds: passed))"
        return VisibleText.escape(
            "\(passed)  \(node)  \(decision.action.name) \(decision.victim.name) (\(decision.group)): \(decision.why)")
    }

    /// One line of JSON.
    fileprivate var json: String {
        var out = ByteWriter(capacity: 1024)
        out.append("{")
        out.member("node", node, isFirst: true)
        out.append(",\"tick\":")
        out.append(decimal: tick)
        out.append(",\"passed_us\":")
        out.append(decimal: passed)
        out.append(",\"decision\":")
        out.append(Array(decision.detail().utf8))
        out.append("}")
        return TerminalText.escapeJSON(out.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
    }
}
