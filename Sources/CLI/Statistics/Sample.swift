/// What a few values say together, such as one of each repetition.
enum Sample {
    /// - Returns: `nil` without a value.
    static func mean(_ values: [Double]) -> Double? { values.isEmpty ? nil : values.reduce(0, +) / Double(values.count) }

    /// The variance of what the values are a sample of: over n − 1.
    /// - Returns: `nil` with less than two values.
    static func variance(_ values: [Double]) -> Double? {
        guard values.count > 1, let mean = mean(values) else { return nil }
        return values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
    }

    /// Interpolated between the two nearest values (type 7 of Hyndman and Fan, 1996, as numpy and R do by default).
    /// - Parameter sorted: at least one value, ascending.
    static func quantile(ofSorted sorted: [Double], _ share: Double) -> Double {
        let place = min(1, max(0, share)) * Double(sorted.count - 1)
        let lower = Int(place)
        guard lower + 1 < sorted.count else { return sorted[sorted.count - 1] }
        return sorted[lower] + (sorted[lower + 1] - sorted[lower]) * (place - Double(lower))
    }
}
