/// A line over time that is decimated while points are added: each column of pixels keeps its lowest and its highest value. So no peak
/// disappears, and memory is bounded by the number of columns.
package struct ChartLine: Sendable, Equatable {
    package struct Point: Sendable, Equatable {
        /// Microseconds since 1970.
        package let time: Int64
        package let value: Double
    }

    /// Neighbouring points that are drawn as at most two.
    struct Bucket: Sendable, Equatable {
        let column: Int
        /// Whether the line continues from the bucket before.
        let isJoined: Bool
        var low: Point
        var high: Point

        /// Both in the order of time; a single one when they are the same.
        var points: [Point] { low == high ? [low] : low.time <= high.time ? [low, high] : [high, low] }
    }

    /// The largest magnitude that is drawn: an axis can't compute with larger values, and nothing measured reaches it.
    private static let limit = 1e100
    private let span: ClosedRange<Int64>
    private let columns: Int
    private(set) var buckets: [Bucket] = []
    private var isBroken = true
    package private(set) var count = 0
    private var sum = 0.0

    /// - Parameters:
    ///   - columns: how many columns the span is divided into; about as many as there are pixels.
    package init(span: ClosedRange<Int64>, columns: Int) {
        self.span = span
        self.columns = max(1, columns)
    }

    /// Adds the next point in time. A point outside of the span, or whose value can't be drawn, breaks the line.
    /// - Parameter joined: whether the line continues from the last point; false after a gap.
    package mutating func add(_ value: Double, at time: Int64, joined: Bool) {
        guard value.magnitude < Self.limit, span.contains(time) else {
            isBroken = true
            return
        }
        let joined = joined && !isBroken
        isBroken = false
        count += 1
        sum += value
        let point = Point(time: time, value: value)
        let share = Double(time - span.lowerBound) / Double(max(1, span.upperBound - span.lowerBound))
        let column = min(columns - 1, Int(share * Double(columns)))
        guard let last = buckets.last, !startsBucket(column, joined, behind: last) else {
            return buckets.append(Bucket(column: column, isJoined: joined, low: point, high: point))
        }
        if value < last.low.value { buckets[buckets.count - 1].low = point }
        if value > last.high.value { buckets[buckets.count - 1].high = point }
    }

    /// A gap within a column begins a second bucket. Further gaps in it are narrower than a pixel and are not shown.
    private func startsBucket(_ column: Int, _ joined: Bool, behind last: Bucket) -> Bool {
        if column != last.column { return column > last.column }
        return !joined && (buckets.count < 2 || buckets[buckets.count - 2].column != column)
    }

    /// The mean of all points; `nil` without one.
    package var mean: Double? { count > 0 ? sum / Double(count) : nil }
    package var lowest: Double? { buckets.map(\.low.value).min() }
    package var highest: Double? { buckets.map(\.high.value).max() }
}
