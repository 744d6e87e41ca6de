import StatsCore

/// Draws the chosen lines.
struct SeriesLines: SeriesSink {
    private let grid: Grid
    /// For each value: the index of each line in `lines`.
    private var places: [[Int: Int]]
    private var lines: [ChartLine] = []

    /// - Parameter chosen: for each value, the numbers of its lines.
    init(grid: Grid, span: ClosedRange<Int64>, columns: Int, chosen: [Set<Int>]) {
        self.grid = grid
        places = chosen.map { _ in [:] }
        for (value, groups) in chosen.enumerated() {
            for group in groups.sorted() {
                places[value][group] = lines.count
                lines.append(ChartLine(span: span, columns: columns))
            }
        }
    }

    mutating func take(_ number: Double, value: Int, group: Int, tick: UInt64, isJoined: Bool) {
        guard let place = places[value][group] else { return }
        lines[place].add(number, at: grid.instant(of: tick), joined: isJoined)
    }

    func line(of value: Int, group: Int) -> ChartLine? { places[value][group].map { lines[$0] } }
}
