import ArgumentParser
import FoundationEssentials
import StatsCore

/// Starts a run on several collectors: on all of them or on none.
///
/// First each makes all that could fail and waits; then their clocks are measured, tick 0 is set for all, and each is told. Whenever one can't, those that wait or have begun take the run away again.
/// If this process vanishes meanwhile, those that wait do so by themselves after half a minute; one that was told to begin records alone until it is stopped.
struct GroupStart {
    let group: CollectorGroup
    let run: GroupRun
    /// How many nodes there must be on all collectors together.
    var expect: Int?
    /// In µs. Agents take ten seconds at most to be ready, and the files of a large fleet some more.
    private static let longestLead: Int64 = 120_000_000
    private let id = UUID().uuidString.lowercased()

    init(_ group: CollectorGroup, _ run: GroupRun, expect: Int?) {
        (self.group, self.run, self.expect) = (group, run, expect)
    }

    /// - Throws: `CommandFailure` that says which collector can't, and what has become of the others.
    func start() async throws -> GroupStartReport {
        let held = try await all("can't record") { [run, id] in try await $0.hold(run, group: id) }
        try await check(held)
        let clocks = try await all("doesn't tell its time") { try await $0.measureClock() }
        let collectors = zip(held, clocks).map { held, clock in
            GroupGrid.Collector(name: held.collector, clock: clock.value, lead: Self.lead(of: held.value))
        }
        let grid = GroupGrid(collectors, now: Clocks.monotonicMicroseconds())
        let places = Dictionary(uniqueKeysWithValues: grid.members.enumerated().map { ($1.collector, $0) })
        let begun = try await all("can't begin") { [id] client in
            try await client.begin(RecordingGroup(id: id, place: places[client.endpoint.description] ?? 0, collectors: grid.members))
        }
        return GroupStartReport(
            id: id, collectors: grid.members,
            runs: zip(held, begun).map { GroupStartReport.Run(collector: $0.collector, nodes: $0.value.nodes.count, run: $1.value) })
    }

    /// How far ahead (µs) tick 0 has to be for a collector, whatever it says.
    static func lead(of held: HeldReport) -> Int64 { min(max(held.leadUs, 0), longestLead) }

    /// What is wrong with all of them together.
    private func check(_ held: [(collector: String, value: HeldReport)]) async throws {
        var places: [String: String] = [:]
        for (collector, report) in held {
            for node in report.nodes {
                guard let other = places.updateValue(collector, forKey: node) else { continue }
                try await giveUp(
                    CommandFailure(
                        code: "node_twice",
                        message:
                            "The node \(node) is connected to \(other) and to \(collector): a node has one row at a tick. Give one of the agents another name with --node."
                    ))
            }
        }
        if let expect, places.count < expect {
            let counts = held.map { "\($0.value.nodes.count) to \($0.collector)" }.joined(separator: ", ")
            try await giveUp(
                CommandFailure(
                    code: "too_few_nodes",
                    message:
                        "\(HumanUnits.count(expect, "node")) are expected on all collectors together, and \(places.count) are connected: \(counts)."
                ))
        }
    }

    /// Asks all collectors for something without which none can record.
    private func all<Value: Sendable>(
        _ cannot: String, _ question: @Sendable @escaping (ControlClient) async throws -> Value
    ) async throws -> [(collector: String, value: Value)] {
        let answers: [CollectorAnswer<Value>]
        do {
            answers = try await group.ask(question)
        } catch {
            _ = try? await disarm()
            throw error
        }
        let failures = answers.compactMap { answer in answer.failure.map { (answer.collector, $0) } }
        guard let first = failures.first else { return answers.compactMap { answer in answer.value.map { (answer.collector, $0) } } }
        let named = failures.map { collector, failure in
            isOlder(failure)
                ? "\(collector) \(cannot) together with others: its sonde-collector is older than this sonde \(Version.current). Update it."
                : "\(collector) \(cannot): \(failure.firstLine)"
        }
        try await giveUp(
            CommandFailure(
                code: isOlder(first.1) ? "older_collector" : first.1.code, message: named.joined(separator: "\n"), status: first.1.status))
        return []
    }

    /// An earlier version knows neither the option `group` nor the routes.
    private func isOlder(_ failure: CommandFailure) -> Bool {
        (failure.code == "bad_option" && failure.message.contains("`group`"))
            || (failure.code == "not_found" && failure.message.contains("/clock"))
    }

    /// Takes back what there is.
    /// - Throws: the failure, with what has become of the others.
    private func giveUp(_ failure: CommandFailure) async throws {
        let left = try await disarm()
        let rest =
            left.isEmpty
            ? "Nothing was started, and no collector keeps anything of this start."
            : left.map { collector, reason in
                "\(collector) couldn't be told to take the run away (\(reason)): one that waits does so by itself within half a minute; "
                    + "if it has begun, `sonde --host \(collector) stop` ends it."
            }.joined(separator: "\n")
        throw CommandFailure(code: failure.code, message: "\(failure.message)\n\(rest)", status: failure.status)
    }

    /// - Returns: those that may still have the run, and why they weren't told.
    private func disarm() async throws -> [(collector: String, reason: String)] {
        let answers = try await group.ask { [id] in try await $0.disarm(id) }
        return answers.compactMap { answer in
            // Who knows no such route has no such run.
            answer.failure.flatMap { $0.code == "not_found" ? nil : (answer.collector, $0.firstLine) }
        }
    }
}

/// A run that several collectors have begun.
struct GroupStartReport: Presentable {
    struct Run: Encodable {
        let collector: String
        let nodes: Int
        let run: RunReport
    }

    let id: String
    let collectors: [RecordingGroup.Member]
    let runs: [Run]

    var text: String {
        let widest = RecordingGroup(id: id, place: 0, collectors: collectors).widestError
        let first = runs.first?.run
        var lines = [
            "Run        \(first?.name ?? ""): \(first?.state.rawValue ?? ""), every \(Interval(microseconds: first?.intervalUs ?? 0)), from \(first?.t0 ?? "")",
            "Group      \(HumanUnits.count(runs.count, "collector")), \(HumanUnits.count(runs.reduce(0) { $0 + $1.nodes }, "node")), "
                + "one grid to within \(HumanUnits.fixed(Double(widest) / 1000, digits: 3)) ms",
        ].map { VisibleText.escape($0) }
        var table = TextTable("COLLECTOR", ">NODES", ">CLOCK AHEAD", ">ERROR", "DIRECTORY")
        for (run, member) in zip(runs, collectors) {
            table.append(
                run.collector, "\(run.nodes)", "\(HumanUnits.fixed(Double(member.clockAheadUs) / 1000, digits: 3)) ms",
                "\(HumanUnits.fixed(Double(member.clockErrorUs) / 1000, digits: 3)) ms", run.run.directory)
        }
        lines.append(table.text())
        for run in runs {
            let notes =
                (run.run.notReady.map { ["not ready: \($0.prefix(5).joined(separator: ", ")), which may miss the first ticks"] } ?? [])
                + (run.run.warnings ?? []).map(\.message) + (run.run.environmentComparison?.sentences ?? [])
            lines += notes.map { VisibleText.escape("\(run.collector): \($0)") }
        }
        return lines.joined(separator: "\n")
    }
}
