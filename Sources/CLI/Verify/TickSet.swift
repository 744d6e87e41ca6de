import StatsCore

/// A set of ticks. Runs of consecutive ticks take the room of one, so that a node that misses nothing costs next to none.
struct TickSet: Equatable {
    private(set) var spans = RangeSet<UInt64>()

    init() {}

    init(_ range: Range<UInt64>) { spans = RangeSet(range) }

    /// - Parameter ticks: both included; below `UInt64.max`.
    mutating func insert(_ ticks: ClosedRange<UInt64>) { spans.insert(contentsOf: ticks.lowerBound..<ticks.upperBound + 1) }

    var isEmpty: Bool { spans.isEmpty }
    var count: UInt64 { spans.ranges.reduce(0) { $0 + $1.upperBound - $1.lowerBound } }

    /// In their order.
    var ranges: [ClosedRange<UInt64>] { spans.ranges.map { $0.lowerBound...$0.upperBound - 1 } }

    func intersection(_ other: TickSet) -> TickSet { TickSet(spans.intersection(other.spans)) }
    func subtracting(_ other: TickSet) -> TickSet { TickSet(spans.subtracting(other.spans)) }
    func union(_ other: TickSet) -> TickSet { TickSet(spans.union(other.spans)) }
    mutating func formUnion(_ other: TickSet) { spans.formUnion(other.spans) }

    private init(_ spans: RangeSet<UInt64>) { self.spans = spans }

    /// `3, 7–9 and 4 more spans`.
    var text: String {
        let named = spans.ranges.prefix(3).map { span in
            span.lowerBound + 1 == span.upperBound ? "\(span.lowerBound)" : "\(span.lowerBound)–\(span.upperBound - 1)"
        }.joined(separator: ", ")
        let rest = spans.ranges.count - 3
        return rest > 0 ? "\(named) and \(HumanUnits.count(rest, "more span"))" : named
    }
}
