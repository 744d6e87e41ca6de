/// The last minutes of what charts and sparklines show, at a fixed step, of one container or one node.
///
/// Positions are counted since the collector's start, so that all histories stand side by side; what was not known is not a number.
struct LiveHistory<Series: CaseIterable & Sendable>: Sendable where Series: RawRepresentable<Int> {
    /// Seconds from one point to the next.
    static var step: Int { 2 }
    /// Points that are kept: five minutes.
    static var capacity: Int { 150 }

    private var values: [Float]
    private(set) var last: Int

    /// - Parameter position: of the first point.
    init(at position: Int) {
        values = [Float](repeating: .nan, count: Self.capacity * Series.allCases.count)
        last = position - 1
    }

    /// Sets the point at `position`, which lies behind the last; what lies between them was not known.
    mutating func append(at position: Int, _ value: (Series) -> Double?) {
        guard position > last else { return }
        for skipped in max(last + 1, position - Self.capacity)..<position { set(skipped) { _ in nil } }
        set(position, value)
        last = position
    }

    private mutating func set(_ position: Int, _ value: (Series) -> Double?) {
        for series in Series.allCases {
            values[series.rawValue * Self.capacity + position % Self.capacity] = value(series).map { Float($0) } ?? .nan
        }
    }

    /// The newest `count` points up to `position`, oldest first.
    func points(of series: Series, upTo position: Int, count: Int = Self.capacity) -> [Double?] {
        (max(0, position - count + 1)...max(0, position)).map { index in
            guard index <= last, index > last - Self.capacity else { return nil }
            let value = values[series.rawValue * Self.capacity + index % Self.capacity]
            return value.isNaN ? nil : Double(value)
        }
    }
}

enum ContainerSeries: Int, CaseIterable {
    case cpuPercent, memoryPercent, memory, received, sent, read, written
}

enum NodeSeries: Int, CaseIterable {
    case cpuPercent, memoryPercent, cpuPressure, memoryPressure, ioPressure, received, sent, read, written
}
