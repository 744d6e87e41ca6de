import StatsCore

/// When each tick of each node was: at an instant of the run's grid, or behind it where a part of a merged run had a grid of its own.
struct RunInstants {
    /// Ticks of a part that a node is in.
    struct Span {
        let ticks: ClosedRange<UInt64>
        /// How long behind the grid's instants they are, in µs.
        let offset: Int64
    }

    private let grid: Grid
    /// By node, as `RunClaims` numbers them, in their order; none of a run that wasn't merged.
    private let spans: [[Span]]
    private let isShifted: Bool

    init(_ claims: RunClaims) {
        grid = claims.grid
        let places = Dictionary(claims.nodes.enumerated().map { ($1, $0) }) { first, _ in first }
        var spans = claims.nodes.map { _ in [Span]() }
        for part in claims.manifest.parts ?? [] {
            guard let ticks = part.ticks, ticks.lowerBound <= Grid.highestTick else { continue }
            let span = Span(ticks: ticks.clamped(to: 0...Grid.highestTick), offset: part.offsetUs ?? 0)
            for node in Set(part.nodes) { places[node].map { spans[$0].append(span) } }
        }
        for node in spans.indices { spans[node].sort { $0.ticks.lowerBound < $1.ticks.lowerBound } }
        isShifted = spans.contains { $0.contains { $0.offset != 0 } }
        self.spans = spans
    }

    /// The parts that a node is in.
    func spans(of node: Int) -> [Span] { spans[node] }

    func instant(of tick: UInt64, node: Int) -> Int64 {
        let instant = grid.instant(of: tick)
        guard isShifted, let span = span(spans[node], tick) else { return instant }
        return instant.saturatingAdding(span.offset)
    }

    /// The last one that begins at the tick or before it, when it holds the tick.
    private func span(_ spans: [Span], _ tick: UInt64) -> Span? {
        var (low, high) = (0, spans.count)
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].ticks.lowerBound <= tick { low = middle + 1 } else { high = middle }
        }
        guard low > 0, spans[low - 1].ticks.contains(tick) else { return nil }
        return spans[low - 1]
    }
}
