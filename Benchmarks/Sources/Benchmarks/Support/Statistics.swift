/// The `part`-th quantile by nearest rank: 0.99 of 600 values is the 594th. 0 for no values.
func quantile(_ values: [Double], _ part: Double) -> Double {
    guard !values.isEmpty else { return 0 }
    let rank = Int((part * Double(values.count)).rounded(.up))
    return values.sorted()[min(max(rank, 1), values.count) - 1]
}

extension Double {
    /// The number with this many decimals, such as `1.50`.
    func text(_ decimals: Int) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (abs(self) * scale).rounded()
        let sign = self < 0 && scaled > 0 ? "-" : ""
        guard decimals > 0 else { return sign + "\(Int(scaled))" }
        let (whole, rest) = Int(scaled).quotientAndRemainder(dividingBy: Int(scale))
        let digits = "\(rest)"
        return "\(sign)\(whole).\(String(repeating: "0", count: decimals - digits.count))\(digits)"
    }
}
