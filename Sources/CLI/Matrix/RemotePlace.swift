import StatsCore
import SystemPackage

/// Runs of a collector elsewhere, with whatever agents it has. Only the commands run on this machine.
struct RemotePlace: RunPlace {
    let client: ControlClient
    let plan: MatrixPlan
    /// By which `sonde` finds the collector.
    let environment: [String: String]

    func name(_ directory: String) -> String { "\(plan.name)/\(directory)" }

    func check(isNew: Bool) async throws {
        let status = try await client.status()
        if let run = status.run {
            throw CommandFailure(
                code: "run_active",
                message:
                    "The collector at \(client.endpoint) records the run \(run.name), and one at a time. Stop it, or wait for its end, then give the same command again."
            )
        }
        if isNew, let run = try await client.runListings().first(where: { $0.name.hasPrefix("\(plan.name)/") }) {
            throw CommandFailure(
                code: "run_exists",
                message:
                    "The collector at \(client.endpoint) has a run \(run.name) already, of another matrix: give the plan another name, or go on with that one by its --output."
            )
        }
        let (there, expected) = (status.nodes.count { $0.isConnected }, plan.expect ?? 1)
        guard there < expected else { return }
        throw CommandFailure(
            code: "too_few_nodes",
            message:
                "Of \(HumanUnits.count(expected, "node")), \(there) are connected to the collector at \(client.endpoint). Start sonde-agent on the others, then give the same command again."
        )
    }

    func record(_ order: RecordingOrder, until ending: Latch<Ending>) async throws -> (run: RunManifest, outcome: RunCourse.Outcome) {
        let recorder = RunRecorder(
            client: client, name: order.name, interval: order.interval, expect: plan.expect ?? 1, note: plan.note, labels: order.labels,
            command: order.command, course: plan.course, progress: order.progress)
        guard !order.command.isEmpty else { return try await record(recorder, nil, order, ending) }
        return try await TemporaryDirectory.with { directory in
            let child = try CommandChild(
                executable: .init(MatrixShell.path), words: order.command, streams: order.streams, environment: order.environment,
                directory: directory)
            return try await child.run { keeper in
                try await record(recorder, RunRecorder.Kept(child: child, keeper: keeper, cgroup: nil), order, ending)
            }
        }
    }

    private func record(
        _ recorder: RunRecorder, _ kept: RunRecorder.Kept?, _ order: RecordingOrder, _ ending: Latch<Ending>
    ) async throws -> (run: RunManifest, outcome: RunCourse.Outcome) {
        do {
            let (_, outcome) = try await recorder.record(kept, ending: ending)
            try order.isOver(outcome)
            return (try await recorder.stop(), outcome)
        } catch {
            // Nobody else would stop it, and no other run could begin.
            _ = try? await settle(order.name)
            throw error
        }
    }

    func settle(_ name: String) async throws -> RunManifest? {
        if let active = try await client.status().run, active.name == name { return try await client.stop() }
        do {
            let run = try await client.run(named: name)
            return run.state.isActive ? nil : run
        } catch let failure as CommandFailure where failure.code == "not_found" {
            return nil
        }
    }
}
