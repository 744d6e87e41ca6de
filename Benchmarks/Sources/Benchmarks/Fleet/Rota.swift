/// Who is due when: each agent at an offset of its own behind every instant of a grid. All times are in microseconds.
struct Rota {
    private let turns: [(offset: Int64, agent: Int)]
    private let period: Int64
    private var instant: Int64
    private var cursor = 0

    /// - Parameter first: the first instant of the grid.
    init(offsets: [Int64], first: Int64, period: Int64) {
        turns = offsets.enumerated().map { ($0.element, $0.offset) }.sorted { $0.0 < $1.0 }
        self.period = period
        instant = first
    }

    /// The next agent that is due by now, and the instant of the grid that it is due for.
    mutating func next(at now: Int64) -> (agent: Int, instant: Int64)? {
        guard instant + turns[cursor].offset <= now else { return nil }
        defer {
            cursor += 1
            if cursor == turns.count {
                cursor = 0
                instant += period
            }
        }
        return (turns[cursor].agent, instant)
    }
}
