import ArgumentParser
import StatsCore

/// Why options of `sonde record` can't stand in a plan.
struct RecordOptionFault: Error {
    let message: String
}

extension MatrixPlan {
    /// What the plan says otherwise, or what no run of a plan has.
    private static let refused: Set<String> = [
        "--output", "-o", "--interval", "--duration", "--note", "--label", "--keep-arguments", "--json", "--host", "--port", "--token-file",
        "--tls-ca", "--tls-certificate", "--tls-key", "--", "--help", "-h", "--version",
    ]

    /// What the agent of a recording on this machine is told.
    /// - Parameter words: options of `sonde record`.
    static func agentArguments(_ words: [String], interval: String) throws(RecordOptionFault) -> [String] {
        for word in words where refused.contains(String(word.prefix { $0 != "=" })) {
            throw RecordOptionFault(
                message: "`\(word)` can't stand here: only options of sonde record that say what is recorded can, such as --units=none")
        }
        do {
            var command = try RecordCommand.parse(words)
            if let interval = Interval(interval) { command.interval = interval }
            return command.agentArguments
        } catch {
            throw RecordOptionFault(message: "isn't understood: \(RecordCommand.message(for: error))")
        }
    }
}
