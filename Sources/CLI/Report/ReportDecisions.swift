import StatsCore

/// The governors' decisions during a run.
struct ReportDecisions {
    /// How far the end of a container may be from the time of the action on it, in microseconds: some ticks.
    private static let slack: Int64 = 10_000_000

    private(set) var count = 0
    private var events: [(event: RunMarks.Event, decision: RecordedDecision)] = []
    /// One sentence for each policy.
    private var policies: [String] = []

    var isEmpty: Bool { count == 0 }

    mutating func add(_ event: RunMarks.Event) {
        guard let decision = event.decision else { return }
        count += 1
        guard events.count < RunMarks.kept else { return }
        events.append((event, decision))
        guard let policy = decision.policy else { return }
        let sentence = "Policy \(policy), \(decision.mode ?? "of no known mode"), SHA-256 \(decision.hash ?? "not known")"
        if !policies.contains(sentence) { policies.append(sentence) }
    }

    /// Writes the section: policies, a table, and the sizes of the removed containers.
    func write(_ axis: TimeAxis, width: Int, _ page: inout HTMLBuilder) {
        for policy in policies { page.element("p", policy) }
        page.table(
            [">Time", "Node", "Container", "Group", "Action", "Result", "Why"],
            events.map { event, decision in
                [
                    axis.label(event.time), event.node, event.container, decision.group, decision.action, decision.result,
                    Markup.shorten(decision.why ?? event.text, to: 300),
                ]
            })
        if count > events.count { page.element("p", "The first \(events.count) of \(count) are listed; event.csv has all.") }
        if let sizes = sizes(width) { page.raw(sizes.svg(styled: false)) }
    }

    /// Virtual over resident size of the removed containers, by group.
    private func sizes(_ width: Int) -> ScatterFigure? {
        let removed = events.filter { $0.decision.hasRemoved }
        var groups: [String] = []
        for name in removed.map({ $0.decision.group ?? "" }) where !groups.contains(name) && groups.count < 7 { groups.append(name) }
        let hasOthers = removed.contains { !groups.contains($0.decision.group ?? "") }
        var figure = ScatterFigure(
            title: "Virtual and resident size of what was removed",
            summary: "Of each container that a governor removed, as it was measured when that was decided; on logarithmic axes.",
            x: "Virtual size", y: "Resident size", unit: .bytes, groups: groups + (hasOthers ? ["other groups"] : []))
        for (event, decision) in removed {
            guard let vsz = decision.vsz, let rss = decision.rss else { continue }
            figure.add(x: vsz, y: rss, group: groups.firstIndex(of: decision.group ?? "") ?? groups.count, label: event.container)
        }
        figure.id = "removed-sizes"
        figure.width = width
        return figure.isEmpty ? nil : figure
    }

    /// A mark for each container that ended. If a governor removed it, the label names the policy.
    ///
    /// - Parameter ends: events of kind `container die`. The engine reports an end independently, before or after the action's event.
    func marks(_ ends: [RunMarks.Event]) -> [Figure.Mark] {
        var policies: [Int: String] = [:]
        var marks: [Figure.Mark] = []
        for (event, decision) in events where decision.hasRemoved {
            let policy = decision.policy ?? "a governor"
            let span = event.time - (decision.durationUs ?? 0) - Self.slack...event.time + Self.slack
            let end = ends.indices.first { index in
                let end = ends[index]
                return policies[index] == nil && span.contains(end.time) && end.node == event.node && end.containerID == event.containerID
            }
            if let end { policies[end] = policy } else { marks.append(Self.mark(event, policy)) }
        }
        marks += ends.enumerated().map { Self.mark($1, policies[$0]) }
        return marks.sorted { $0.time < $1.time }
    }

    private static func mark(_ event: RunMarks.Event, _ policy: String?) -> Figure.Mark {
        let name = event.container.isEmpty ? "a container" : event.container
        return Figure.Mark(.mark, time: event.time, label: policy.map { "\(name) by \($0)" } ?? name)
    }
}
