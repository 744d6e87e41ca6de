import ArgumentParser
import StatsCore

/// Stops a run on several collectors at the same tick, and sums up their verdicts.
struct GroupStop {
    let group: CollectorGroup

    /// - Throws: `CommandFailure` when none of them has a run, they have several, or none can be reached.
    func stop() async throws -> GroupStopReport {
        let statuses = try await group.ask { client in try await client.status() }
        let running = statuses.compactMap { answer in answer.value?.run.map { (answer.collector, $0) } }
        guard !running.isEmpty else {
            let failure = statuses.compactMap(\.failure).first
            throw failure ?? CommandFailure(code: "no_run", message: "No run is in progress on any of these collectors.")
        }
        let common = Self.common(running.map(\.1))
        if common == nil, running.count > 1 {
            let named = running.map { "\($0.1.name) on \($0.0)" }.joined(separator: ", ")
            throw CommandFailure(
                code: "several_runs",
                message: "These are several runs, and none was stopped: \(named). Name the collector whose run is meant with --host.")
        }
        let end = try await end(running, common)
        let runs = Dictionary(uniqueKeysWithValues: running)
        let away = Dictionary(uniqueKeysWithValues: statuses.compactMap { answer in answer.failure.map { (answer.collector, $0) } })
        let answers = try await group.ask { client in
            if let failure = away[client.endpoint.description] { throw failure }
            if runs[client.endpoint.description] != nil {
                do {
                    return try await client.stop(at: end.last, clock: end.clocks[client.endpoint.description])
                } catch let failure as CommandFailure where failure.code == "no_run" {}
            }
            // Its part may have ended by itself, or with its collector.
            guard let common, let part = try? await client.run(named: common.name), part.group?.id == common.group?.id, !part.state.isActive
            else {
                throw CommandFailure(code: "no_run", message: "no run is in progress there")
            }
            return part
        }
        return GroupStopReport(collectors: answers, others: common.map { Self.others(of: $0, statuses.map(\.collector)) } ?? [])
    }

    /// The run that all of them record together; `nil` when they record several.
    private static func common(_ runs: [RunReport]) -> RunReport? {
        guard let first = runs.first, let id = first.group?.id, runs.allSatisfy({ $0.group?.id == id }) else { return nil }
        return first
    }

    /// Collectors that record the run, too, and were not named.
    private static func others(of run: RunReport, _ named: [String]) -> [String] {
        guard let members = run.group?.collectors, members.count > named.count else { return [] }
        return members.map(\.collector).filter { !named.contains($0) }
    }

    /// The tick at which all of them stop, `nil` where each stops by itself; and by collector how its clock stands towards the first one's.
    private func end(_ running: [(String, RunReport)], _ common: RunReport?) async throws -> (
        last: UInt64?, clocks: [String: RecordingGroup.Clock]
    ) {
        guard let common else { return (nil, [:]) }
        let clocks = try await group.ask { try await $0.measureClock(exchanges: 6) }
        let runs = clocks.compactMap { clock -> (t0: Int64, collector: GroupGrid.Collector)? in
            guard let run = running.first(where: { $0.0 == clock.collector })?.1, let t0 = run.group?.own?.t0Us, let value = clock.value
            else {
                return nil
            }
            return (t0, GroupGrid.Collector(name: clock.collector, clock: value))
        }
        let first = running.first { $0.1.group?.place == 0 }?.0
        let reference = clocks.first { $0.collector == first }?.value
        let ahead = clocks.compactMap { clock -> (String, RecordingGroup.Clock)? in
            guard let reference, let value = clock.value else { return nil }
            return (clock.collector, RecordingGroup.Clock(aheadUs: value.offset - reference.offset, errorUs: value.error))
        }
        let last = GroupGrid.lastTick(runs, interval: common.intervalUs, now: Clocks.monotonicMicroseconds())
        return (last, Dictionary(ahead) { first, _ in first })
    }
}

/// What has become of a run over several collectors.
struct GroupStopReport: Presentable {
    let collectors: [CollectorAnswer<RunManifest>]
    /// Collectors that record the run, too, and were not named: they go on.
    let others: [String]

    private enum CodingKeys: CodingKey { case complete, verdict, collectors }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(isComplete, forKey: .complete)
        try members.encode(verdict, forKey: .verdict)
        try members.encode(collectors, forKey: .collectors)
    }

    var isComplete: Bool { others.isEmpty && collectors.allSatisfy { $0.value?.isComplete == true } }

    /// One sentence over all.
    var verdict: String {
        let manifests = collectors.compactMap(\.value)
        if isComplete {
            let counts = Set(manifests.compactMap { $0.lastTick.map { $0 + 1 } }).sorted()
            let ticks = counts.count == 1 ? "\(counts[0])" : "\(counts.first ?? 0) to \(counts.last ?? 0)"
            let nodes = manifests.reduce(0) { $0 + $1.nodes.count }
            return
                "complete: \(ticks) ticks on each of \(HumanUnits.count(nodes, "node")) of \(HumanUnits.count(collectors.count, "collector"))"
        }
        let failed = collectors.compactMap { answer -> String? in
            if let failure = answer.failure { return "\(answer.collector) has no verdict: \(failure.clause)" }
            guard let manifest = answer.value, !manifest.isComplete else { return nil }
            return "\(answer.collector) is \(manifest.verdict ?? manifest.state.rawValue)"
        }
        let rest =
            others.isEmpty
            ? []
            : [
                "\(others.joined(separator: ", ")) record\(others.count == 1 ? "s" : "") it, too, and \(others.count == 1 ? "was" : "were") not stopped"
            ]
        return "incomplete: " + (failed + rest + movedNodes(manifests)).joined(separator: "; ")
    }

    /// What has to be said of nodes whose ticks are in several parts: each part alone lacks some.
    private func movedNodes(_ manifests: [RunManifest]) -> [String] {
        let nodes = Set(manifests.flatMap(\.nodes).filter { $0.missing?[GapReason.elsewhere.rawValue] != nil }.map(\.node)).sorted()
        guard !nodes.isEmpty else { return [] }
        return [
            "\(RunClaims.naming(nodes)) went from one collector to another, and sonde merge says what the whole run has of \(nodes.count == 1 ? "it" : "them")"
        ]
    }

    var text: String {
        let name = collectors.compactMap(\.value).first?.name ?? ""
        let head = VisibleText.escape("Run      \(name)\nVerdict  \(verdict)", keeping: "\n")
        return ([head] + collectors.map { GroupText.section($0) { $0.text } }).joined(separator: "\n\n")
    }
}
