import Logging
import StatsCore

extension Recorder {
    /// An agent has told of its host. Of the run in progress, what is there when it begins is kept, and what changes then is said.
    func noteEnvironment(session: UInt64) {
        guard let hello = connections[session]?.hello, let run = active, !run.isSealed, run.takesPart(hello.node),
            let told = environments[hello.node]
        else { return }
        let now = clock.now()
        for difference in run.note(told, of: hello.node, at: now) {
            note("environment changed", message: difference.text, node: hello.node, in: run, now: now)
            logger.warning(
                "a host has changed in the middle of the run",
                metadata: [LogKey.run: "\(run.path)", LogKey.node: "\(hello.node)", LogKey.reason: "\(difference.text)"])
        }
    }

    /// Writes into a new run what its hosts are, what spoils measurements there, and in what they differ from those of the run before.
    func describeHosts(_ manifest: inout RunManifest, of path: RunPath) -> RunEnvironments {
        var kept = RunEnvironments()
        for place in manifest.nodes.indices {
            guard let told = environments[manifest.nodes[place].node] else { continue }
            kept.describe(&manifest.nodes[place], told)
        }
        let warnings = environments.warnings(of: manifest.nodes.map(\.node))
        manifest.warnings = warnings.isEmpty ? nil : warnings
        manifest.environmentComparison = RunCatalogue.before(path, data).flatMap { EnvironmentComparison(from: $0, to: manifest) }
        return kept
    }
}
