import ArgumentParser
import StatsCore

/// The same answer of several collectors, one below the other.
struct GroupReport<Value: Presentable>: Presentable {
    let collectors: [CollectorAnswer<Value>]
    /// Lines above them.
    var head: [String] = []

    private enum CodingKeys: CodingKey { case collectors }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: CodingKeys.self)
        try members.encode(collectors, forKey: .collectors)
    }

    var text: String {
        let sections = collectors.map { GroupText.section($0) { $0.text } }
        let head = head.map { VisibleText.escape($0) }.joined(separator: "\n")
        return ((head.isEmpty ? [] : [head]) + sections).joined(separator: "\n\n")
    }

    /// - Throws: the status of the worst failure, when not all have answered.
    func checkAnswers() throws { try CollectorAnswer.check(collectors) }
}

extension CollectorAnswer {
    /// - Throws: the status of the worst failure, when not all have answered.
    static func check(_ answers: [CollectorAnswer]) throws {
        let failures = answers.compactMap(\.failure)
        guard let failure = failures.first(where: { !$0.isUnreachable }) ?? failures.first else { return }
        throw failure.status
    }
}

enum GroupText {
    /// A line with the collector's name above its answer.
    static func section<Value>(_ answer: CollectorAnswer<Value>, _ text: (Value) -> String) -> String {
        let title = VisibleText.escape("== \(answer.collector)")
        switch answer.result {
        case .success(let value): return "\(title)\n\(text(value))"
        case .failure(let failure): return "\(title)\n\(VisibleText.escape("Error: \(failure.firstLine)"))"
        }
    }
}

extension GroupReport where Value == StatusReport {
    init(_ answers: [CollectorAnswer<StatusReport>]) {
        collectors = answers
        head = Self.summary(answers)
    }

    /// The run over all of them in a line, and who is missing in it.
    private static func summary(_ answers: [CollectorAnswer<StatusReport>]) -> [String] {
        let away = answers.filter { $0.failure?.isUnreachable == true }.map(\.collector)
        let silent = answers.filter { $0.failure?.isUnreachable == false }.map(\.collector)
        let runs = answers.compactMap { answer in answer.value?.run.map { (answer.collector, $0) } }
        var lines: [String] = []
        if let (_, run) = runs.first(where: { $0.1.group != nil }), let group = run.group {
            let members = group.collectors.map(\.collector)
            let recording = runs.filter { $0.1.group?.id == group.id }.map(\.0)
            lines.append(
                "Run        \(run.name): \(run.state.rawValue) on \(recording.count) of \(members.count) collectors, "
                    + "one grid to within \(HumanUnits.fixed(Double(group.widestError) / 1000, digits: 3)) ms")
            let lost = answers.filter { $0.failure == nil && members.contains($0.collector) && !recording.contains($0.collector) }.map(
                \.collector)
            if !lost.isEmpty { lines.append("Not in it  \(lost.joined(separator: ", ")): recorded it, and no longer does") }
            // Collectors may have been named in other words than at the start.
            let unasked = members.count > answers.count ? members.filter { member in !answers.contains { $0.collector == member } } : []
            if !unasked.isEmpty {
                lines.append("Not asked  \(unasked.joined(separator: ", ")), which record\(unasked.count == 1 ? "s" : "") it, too")
            }
        } else if runs.count > 1 {
            lines.append("Runs       \(HumanUnits.count(runs.count, "run")), each of one collector")
        }
        if !away.isEmpty { lines.append("AWAY       \(away.joined(separator: ", "))") }
        // They answer, but not what was asked, as below.
        if !silent.isEmpty { lines.append("NO STATUS  \(silent.joined(separator: ", "))") }
        return lines
    }
}

extension GroupReport where Value == InstancesReport {
    init(_ answers: [CollectorAnswer<InstancesReport>]) {
        collectors = answers
        let sum = answers.reduce(UInt64(0)) { $0.saturatingAdding($1.value?.instances ?? 0) }
        head = [
            "Connected instances: \(sum), on \(HumanUnits.count(answers.count, "collector"))",
            InstancesReport.kinds(answers.flatMap { $0.value?.nodes ?? [] }),
        ]
    }
}

/// A mark at the same tick of all parts of a run.
struct GroupMark {
    let group: CollectorGroup

    /// Where all of them record one run together, the mark is at one tick, that of the call; else each sets it by itself.
    func mark(_ label: String) async throws -> GroupReport<MarkReport> {
        let statuses = try await group.ask { try await $0.status() }
        let runs = statuses.compactMap { $0.value?.run }
        let isOne = runs.first?.group != nil && Set(runs.map { $0.group?.id }).count == 1
        let tick = isOne ? runs.map { max($0.ticksDue, 1) - 1 }.max() : nil
        let away = Dictionary(uniqueKeysWithValues: statuses.compactMap { answer in answer.failure.map { (answer.collector, $0) } })
        let answers = try await group.ask { client in
            if let failure = away[client.endpoint.description] { throw failure }
            return try await client.mark(label, at: tick)
        }
        return GroupReport(collectors: answers)
    }
}
