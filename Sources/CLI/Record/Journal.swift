import StatsCore
import Synchronization

/// A daemon's output: its ready line, its warnings as they come, and its last lines in case it fails.
final class Journal: Sendable {
    /// Its ready line; `nil` when it ended before it was ready.
    let ready = Latch<String?>()

    private struct State {
        var lastLines: [String] = []
        var warnings: Set<String> = []
    }

    private static let kept = 20

    private let name: String
    private let state = Mutex(State())
    private let warn: @Sendable (String) -> Void

    /// - Parameter warn: is called with each warning when it comes for the first time.
    init(name: String, warn: @escaping @Sendable (String) -> Void) {
        self.name = name
        self.warn = warn
    }

    func noteOutput(_ line: String) {
        if line.hasPrefix(ReadyLine.begin(of: name)) { ready.set(line) }
    }

    func noteError(_ line: String) {
        let warning = Self.warning(in: line)
        let isNew = state.withLock { state in
            state.lastLines.append(line)
            if state.lastLines.count > Self.kept { state.lastLines.removeFirst() }
            guard let warning, state.warnings.count < Self.kept else { return false }
            return state.warnings.insert(warning).inserted
        }
        if isNew, let warning { warn("\(name): \(warning)") }
    }

    /// The last lines of its standard error; empty when there were none.
    var lastWords: String {
        state.withLock { $0.lastLines }.map { "\n  \($0)" }.joined()
    }

    /// The message of a log line that the user should see, followed by its metadata. swift-log's stream handler writes
    /// `<time> <level> <label>: <key>=<value> … [<source>] <message>`.
    static func warning(in line: String) -> String? {
        let words = line.split(separator: " ", maxSplits: 2)
        guard words.count == 3, ["warning", "error", "critical"].contains(words[1]) else { return nil }
        guard let label = words[2].firstIndex(of: " ") else { return String(words[2]) }
        let rest = words[2][label...].drop { $0 == " " }
        guard let source = rest.firstIndex(of: "["), let end = rest[source...].firstIndex(of: "]") else { return String(rest) }
        let message = rest[rest.index(after: end)...].drop { $0 == " " }
        let facts = rest[..<source].split(separator: " ").joined(separator: " ")
        return facts.isEmpty ? String(message) : "\(message) (\(facts))"
    }
}
