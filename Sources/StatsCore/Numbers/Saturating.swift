/// Arithmetic with numbers from elsewhere (the wire, a disk, a file that somebody edited): what doesn't fit becomes the nearest number that does.
/// Swift's own operators end the program there.
extension FixedWidthInteger {
    package func saturatingAdding(_ other: Self) -> Self {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? other < 0 ? .min : .max : sum
    }

    package func saturatingSubtracting(_ other: Self) -> Self {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? self < other ? .min : .max : difference
    }

    package func saturatingMultiplied(by other: Self) -> Self {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? (self < 0) == (other < 0) ? .max : .min : product
    }
}

extension Dictionary where Value: FixedWidthInteger {
    /// Adds what another dictionary counts under the same names.
    package mutating func addCounts(of more: Self) { merge(more) { $0.saturatingAdding($1) } }
}
