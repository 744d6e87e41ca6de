/// What is shown of the model, and in which order: filtered, sorted and grouped.
struct TopOrder: Sendable {
    struct Group: Sendable {
        /// `nil` where nothing is grouped.
        let title: String?
        let containers: [TopRow]
    }

    let nodes: [TopRow]
    let groups: [Group]
    /// How many containers there are without the filter, and how many of them have not ended.
    let all: Int
    let running: Int
    /// How many nodes and containers the collector has besides those that are here.
    let away: (nodes: Int, containers: Int)
    /// The lines that can be chosen, from top to bottom.
    let targets: [TopTarget]
    /// The one that is chosen, as an index into `targets`.
    let current: Int

    init(_ model: TopModel, _ state: TopState) {
        let shown = model.containers.values.filter { row in state.onlyNode.map { row.text("node") == $0 } ?? true }
        let found = state.filter.isEmpty ? shown : Self.filtered(shown, by: state.filter)
        let sorted = state.sort.sorted(found, isReversed: state.isReversed)
        let ordered = state.sort.sorted(
            model.nodes.values.filter { row in state.onlyNode.map { row.text("node") == $0 } ?? true }, isReversed: state.isReversed)
        // A node that is lost must not be overlooked.
        nodes = ordered.filter(\.isLost).map(\.withoutValues) + ordered.filter { !$0.isLost }
        groups = state.grouping == .none ? [Group(title: nil, containers: sorted)] : Self.grouped(sorted, state)
        away = state.onlyNode == nil ? (model.away("nodes"), model.away("containers")) : (0, 0)
        all = shown.count + away.containers
        running = shown.count { !$0.hasEnded }

        let nodeTargets = state.showsNodes ? nodes.map { TopTarget(node: $0) } : []
        let lines = nodeTargets + groups.flatMap { $0.containers.map { TopTarget(container: $0) } }
        let first = nodeTargets.count < lines.count ? nodeTargets.count : 0
        targets = lines
        current = state.selected.flatMap { lines.firstIndex(of: $0) } ?? first
    }

    var containers: [TopRow] { groups.flatMap(\.containers) }

    /// Every word of the filter stands somewhere in what names a container.
    private static func filtered(_ rows: [TopRow], by filter: String) -> [TopRow] {
        let words = filter.lowercased().split(separator: " ")
        return rows.filter { row in
            let text = ["name", "id", "image", "node", "state", "health", "project", "service", "pod", "namespace"]
                .compactMap { row.text($0) }.joined(separator: "\n").lowercased()
            return words.allSatisfy { text.contains($0) }
        }
    }

    /// Keeps the order within a group; the groups stand in the order of their sums.
    private static func grouped(_ rows: [TopRow], _ state: TopState) -> [Group] {
        var members: [String?: [TopRow]] = [:]
        for row in rows { members[state.grouping.name(row), default: []].append(row) }
        let groups = members.map { title, rows in
            (sum: rows.compactMap { state.sort.value($0) }.reduce(0, +), title: title, rows: rows)
        }
        return groups.sorted { first, second in
            // What belongs to none comes last, whatever it uses.
            if (first.title == nil) != (second.title == nil) { return second.title == nil }
            if first.sum != second.sum { return (first.sum > second.sum) != state.isReversed }
            return ((first.title ?? "") < (second.title ?? "")) != (state.isReversed && state.sort == .name)
        }.map { Group(title: $0.title ?? "no \(state.grouping.rawValue)", containers: $0.rows) }
    }
}

extension TopRow {
    /// A node that is lost has no values at present.
    fileprivate var withoutValues: TopRow {
        TopRow(members.filter { ["node", "connected", "lost_ms", "levels", "troubles"].contains($0.key) })
    }
}
