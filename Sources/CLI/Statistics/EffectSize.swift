#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How large a difference between two groups is, without a unit. Positive where B is larger.
enum EffectSize {
    /// Cliff's delta (1993): how much more often a value of B is above one of A than below it, over all pairs; from −1 to 1.
    /// - Returns: `nil` when a group is empty.
    static func cliffsDelta(_ a: [Double], _ b: [Double]) -> Double? {
        guard !a.isEmpty, !b.isEmpty else { return nil }
        var above = 0
        for low in a {
            for high in b where high != low { above += high > low ? 1 : -1 }
        }
        return Double(above) / Double(a.count * b.count)
    }

    /// In the words of Romano et al. (2006).
    static func word(cliffsDelta delta: Double) -> String {
        switch delta.magnitude {
        case ..<0.147: "negligible"
        case ..<0.33: "small"
        case ..<0.474: "medium"
        default: "large"
        }
    }

    /// Hedges' g (1981): the difference of the means over the groups' pooled standard deviation, with the exact correction for small samples.
    /// - Returns: `nil` with less than two values in a group, or when no value differs from its group's others.
    static func hedgesG(_ a: [Double], _ b: [Double]) -> Double? {
        guard let varianceA = Sample.variance(a), let varianceB = Sample.variance(b), let meanA = Sample.mean(a), let meanB = Sample.mean(b)
        else { return nil }
        let freedom = Double(a.count + b.count - 2)
        let pooled = ((Double(a.count - 1) * varianceA + Double(b.count - 1) * varianceB) / freedom).squareRoot()
        guard pooled > 0 else { return nil }
        // lgamma_r, unlike lgamma, leaves no sign in a global variable.
        let correction = exp(logGamma(freedom / 2) - logGamma((freedom - 1) / 2)) / (freedom / 2).squareRoot()
        return correction * (meanB - meanA) / pooled
    }

    private static func logGamma(_ value: Double) -> Double {
        var sign: Int32 = 0
        return lgamma_r(value, &sign)
    }
}
