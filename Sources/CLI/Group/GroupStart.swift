import ArgumentParser
import FoundationEssentials
import StatsCore

/// Starts a run on several collectors: on all of them or on none.
///
/// First each makes all that could fail and waits; then their clocks are measured, tick 0 is set for all, and each is told. Whenever one can't, or a signal asks this process to end, those that wait or
/// have begun take the run away again (`GroupUndo`). If this process vanishes meanwhile, those that wait do so by themselves after half a minute; one that was told to begin records alone until it is
/// stopped.
struct GroupStart {
    let group: CollectorGroup
    let run: GroupRun
    /// How many nodes there must be on all collectors together.
    var expect: Int?
    /// Is called when a signal has come, as a collector that doesn't answer is waited for.
    var whenInterrupted: @Sendable () -> Void = {}
    /// In µs. Agents take ten seconds at most to be ready, and the files of a large fleet some more.
    private static let longestLead: Int64 = 120_000_000
    private let id = UUID().uuidString.lowercased()
    /// Set when collectors are told to begin.
    private let isBeginning = Latch<Bool>()

    init(_ group: CollectorGroup, _ run: GroupRun, expect: Int?) {
        (self.group, self.run, self.expect) = (group, run, expect)
    }

    /// Why not all collectors have begun.
    private struct Refusal: Error {
        let failure: CommandFailure
        /// Collectors that have certainly heard nothing of this start.
        var unheard: Set<String> = []
    }

    /// - Parameter ending: is set when a signal has come.
    /// - Throws: `CommandFailure` that says which collector can't, or that a signal came, and what has become of the run.
    func start(until ending: Latch<Ending>) async throws -> GroupStartReport {
        do {
            return try await withThrowingTaskGroup(of: GroupStartReport.self) { tasks in
                tasks.addTask { try await give() }
                tasks.addTask { throw Self.interrupted(by: try await ending.wait()) }
                defer { tasks.cancelAll() }
                guard let report = try await tasks.next() else { throw CancellationError() }
                return report
            }
        } catch {
            // Here and not in the task that gives the orders: one that is cancelled can't send any.
            let refusal = error as? Refusal
            if ending.value != nil { whenInterrupted() }
            let undo = GroupUndo(group: group, id: id, isBeginning: isBeginning.value == true)
            let outcome = try await undo.run(without: refusal?.unheard ?? [])
            guard let failure = refusal?.failure else { throw error }
            throw CommandFailure(code: failure.code, message: "\(failure.message)\n\(outcome)", status: failure.status)
        }
    }

    /// At a second signal nobody waits for what becomes of the run.
    static let abandoned = CommandFailure(
        code: "interrupted",
        message: "Interrupted again, before all collectors were told to take the run away: one that waits does so by itself within half a "
            + "minute; one that has begun records until it is stopped. `sonde status` says who does.")

    private static func interrupted(by ending: Ending) -> Refusal {
        let status: ExitCode = if case .interrupted(let signal) = ending { ExitCode(128 + signal) } else { .failure }
        return Refusal(
            failure: CommandFailure(code: "interrupted", message: "Interrupted before the run had begun on all collectors.", status: status)
        )
    }

    /// Gives all collectors one order after the other.
    /// - Throws: `Refusal`; some may wait or have begun then.
    private func give() async throws -> GroupStartReport {
        let held = try await all("can't record", isFirst: true) { [run, id] in try await $0.hold(run, group: id) }
        try check(held)
        let clocks = try await all("doesn't tell its time") { try await $0.measureClock() }
        let collectors = zip(held, clocks).map { held, clock in
            GroupGrid.Collector(name: held.collector, clock: clock.value, lead: Self.lead(of: held.value))
        }
        let grid = GroupGrid(collectors, now: Clocks.monotonicMicroseconds())
        let places = Dictionary(uniqueKeysWithValues: grid.members.enumerated().map { ($1.collector, $0) })
        isBeginning.set(true)
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
    private func check(_ held: [(collector: String, value: HeldReport)]) throws {
        var places: [String: String] = [:]
        for (collector, report) in held {
            for node in report.nodes {
                guard let other = places.updateValue(collector, forKey: node) else { continue }
                throw Refusal(
                    failure: CommandFailure(
                        code: "node_twice",
                        message:
                            "The node \(node) is connected to \(other) and to \(collector): a node has one row at a tick. Give one of the agents another name with --node."
                    ))
            }
        }
        if let expect, places.count < expect {
            let counts = held.map { "\($0.value.nodes.count) to \($0.collector)" }.joined(separator: ", ")
            throw Refusal(
                failure: CommandFailure(
                    code: "too_few_nodes",
                    message:
                        "\(HumanUnits.count(expect, "node")) are expected on all collectors together, and \(places.count) are connected: \(counts)."
                ))
        }
    }

    /// Asks all collectors for something without which none can record.
    /// - Parameter isFirst: whether they hear of this start for the first time.
    private func all<Value: Sendable>(
        _ cannot: String, isFirst: Bool = false, _ question: @Sendable @escaping (ControlClient) async throws -> Value
    ) async throws -> [(collector: String, value: Value)] {
        let answers = try await group.ask(question)
        let failures = answers.compactMap { answer in answer.failure.map { (answer.collector, $0) } }
        guard let first = failures.first else { return answers.compactMap { answer in answer.value.map { (answer.collector, $0) } } }
        let named = failures.map { collector, failure in
            isOlder(failure)
                ? "\(collector) \(cannot) together with others: its sonde-collector is older than this sonde \(Version.current). Update it."
                : "\(collector) \(cannot): \(failure.firstLine)"
        }
        throw Refusal(
            failure: CommandFailure(
                code: isOlder(first.1) ? "older_collector" : first.1.code, message: named.joined(separator: "\n"), status: first.1.status),
            unheard: isFirst ? Set(failures.filter { $0.1.isUnheard }.map(\.0)) : [])
    }

    /// An earlier version knows neither the option `group` nor the routes.
    private func isOlder(_ failure: CommandFailure) -> Bool {
        (failure.code == "bad_option" && failure.message.contains("`group`"))
            || (failure.code == "not_found" && failure.message.contains("/clock"))
    }
}
