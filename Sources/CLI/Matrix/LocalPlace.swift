import StatsCore
import SystemPackage

/// Runs on this machine, each with a collector and an agent of its own, as `sonde record` has them.
struct LocalPlace: RunPlace {
    /// The matrix's directory, as an absolute path.
    let parent: FilePath
    let agentArguments: [String]

    /// How long a collector whose `sonde` was killed may take to close its run.
    private static let patience = Duration.seconds(15)

    var environment: [String: String] { [:] }

    func name(_ directory: String) -> String { directory }

    func check(isNew: Bool) async throws { for name in ["sonde-collector", "sonde-agent"] { _ = try await Executables.sibling(name) } }

    func record(_ order: RecordingOrder, until ending: Latch<Ending>) async throws -> (run: RunManifest, outcome: RunCourse.Outcome) {
        let directory = try OutputDirectory(parent.appending(order.name).string, workingDirectory: "/")
        try directory.prepare()
        let recording = Recording(
            directory: directory, interval: order.interval, duration: nil, note: order.plan.note, labels: order.labels,
            command: order.command, keepsArguments: false, streams: order.streams, environment: order.environment,
            agentArguments: agentArguments, course: order.plan.course, isOver: order.isOver, progress: order.progress)
        let result = try await recording.run(until: ending)
        if let problem = result.problem { throw problem }
        return (result.run, result.outcome)
    }

    func settle(_ name: String) async throws -> RunManifest? {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            let file = try? WholeFile(parent.appending(name).appending(RunFiles.manifest).string, limit: 64 << 20)
            guard let file, let manifest = try? RunManifest(decoding: file.bytes) else { return nil }
            if !manifest.state.isActive { return manifest }
            guard ContinuousClock.now < deadline else { return nil }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
