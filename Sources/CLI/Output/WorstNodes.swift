import StatsCore

/// The nodes that a text names: all of a small fleet, and of a large one those that are worst. Who wants all asks for JSON.
struct WorstNodes<Node> {
    /// How many a person reads through.
    static var most: Int { 20 }

    /// Those that are named: in their own order when these are all, else the worst first.
    let named: [Node]
    private let all: [Node]

    /// - Parameter badness: numbers of which a larger one is worse, the most important first.
    init(_ all: [Node], by badness: (Node) -> [UInt64]) {
        self.all = all
        guard all.count > Self.most else {
            named = all
            return
        }
        let marked = all.enumerated().map { (place: $0, node: $1, badness: badness($1)) }
        named = marked.sorted { one, other in
            if one.badness == other.badness { return one.place < other.place }
            return other.badness.lexicographicallyPrecedes(one.badness)
        }.prefix(Self.most).map(\.node)
    }

    /// Whether some aren't named, so that sums of all are worth a line.
    var isCut: Bool { named.count < all.count }

    /// What stands in place of a name before the sums of all.
    var title: String { "all \(HumanUnits.count(all.count, "node"))" }

    /// The sum over all nodes; `nil` when it is known of none.
    func sum(_ value: (Node) -> UInt64?) -> UInt64? {
        let known = all.compactMap(value)
        return known.isEmpty ? nil : known.reduce(0) { $0.saturatingAdding($1) }
    }

    /// Counts by name, over all nodes.
    func sums(_ counts: (Node) -> [String: UInt64]?) -> [String: UInt64] {
        all.reduce(into: [:]) { $0.addCounts(of: counts($1) ?? [:]) }
    }

    /// What is said below them; `nil` when all are named.
    var note: String? { isCut ? "The worst \(named.count) of \(HumanUnits.count(all.count, "node")); --json has all." : nil }
}
