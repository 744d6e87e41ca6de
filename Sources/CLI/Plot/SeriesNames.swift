import StatsCore

/// The names of lines in a legend.
struct SeriesNames {
    private let names: [[String]]
    private let hasNode: Bool
    private let areManyNodes: Bool

    init(_ names: [[String]], _ plan: SeriesPlan, areManyNodes: Bool) {
        self.names = names
        hasNode = plan.node != nil
        self.areManyNodes = areManyNodes
    }

    /// `web1`; `node3: web1` with several nodes; `–` for a line without a name.
    func name(_ group: Int) -> String {
        let all = names[group]
        let parts = all.dropFirst(hasNode ? 1 : 0)
        // A process of no container has the other parts of its name.
        let known = parts.filter { !$0.isEmpty }
        let own = known.isEmpty && !parts.isEmpty ? "–" : known.joined(separator: " · ")
        guard hasNode, let node = all.first else { return own }
        return own.isEmpty ? node : areManyNodes ? "\(node): \(own)" : own
    }

    /// The names of some lines; lines with the same name are numbered in the order in which they came.
    func unique(_ groups: [Int]) -> [String] {
        let plain = groups.map(name)
        return zip(groups, plain).map { group, name in
            let same = zip(groups, plain).filter { $0.1 == name }.map(\.0).sorted()
            guard same.count > 1, let place = same.firstIndex(of: group) else { return name }
            return "\(name) (\(place + 1))"
        }
    }

    /// How many of the lines that are not drawn are named.
    static let namedLeftOut = 8

    /// Says which lines are not drawn.
    /// - Parameters:
    ///   - groups: the first of them.
    ///   - count: how many there are.
    func leftOut(_ groups: ArraySlice<Int>, of count: Int) -> [String] {
        guard !groups.isEmpty else { return [] }
        let named = groups.prefix(Self.namedLeftOut).map(name).joined(separator: ", ")
        let more = count > Self.namedLeftOut ? " and \(count - Self.namedLeftOut) more" : ""
        return ["Left out, with lower means and peaks: \(named)\(more)."]
    }
}
