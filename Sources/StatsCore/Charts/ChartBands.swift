/// Spans of time to shade, kept as columns of pixels, so that memory doesn't grow with their number.
package struct ChartBands: Sendable, Equatable {
    private let span: ClosedRange<Int64>
    private var isShaded: [Bool]

    package init(span: ClosedRange<Int64>, columns: Int) {
        self.span = span
        isShaded = [Bool](repeating: false, count: max(1, columns))
    }

    /// Shades from one instant to another, at least one column; parts outside of the chart's span are left out.
    package mutating func add(from: Int64, to: Int64) {
        guard from <= span.upperBound, to >= span.lowerBound, from <= to else { return }
        let last = column(to, .up) - 1
        let first = min(column(from, .down), max(0, last))
        for column in first...max(first, last) { isShaded[column] = true }
    }

    private func column(_ time: Int64, _ rule: FloatingPointRoundingRule) -> Int {
        let share = Double(time.clamped(to: span) - span.lowerBound) / Double(max(1, span.upperBound - span.lowerBound))
        return min(isShaded.count, max(0, Int((share * Double(isShaded.count)).rounded(rule))))
    }

    package var isEmpty: Bool { !isShaded.contains(true) }

    /// From 0 at the left to 1 at the right.
    var shares: [ClosedRange<Double>] {
        var shares: [ClosedRange<Double>] = []
        var start: Int?
        for index in 0...isShaded.count {
            let shaded = index < isShaded.count && isShaded[index]
            if shaded, start == nil { start = index }
            if !shaded, let first = start {
                shares.append(Double(first) / Double(isShaded.count)...Double(index) / Double(isShaded.count))
                start = nil
            }
        }
        return shares
    }
}

extension Int64 {
    fileprivate func clamped(to range: ClosedRange<Int64>) -> Int64 { Swift.min(Swift.max(self, range.lowerBound), range.upperBound) }
}
