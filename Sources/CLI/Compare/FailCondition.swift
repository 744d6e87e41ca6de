import StatsCore

/// A condition by which `sonde compare` ends with status 3: `cpu_percent:mean > +5%`, `memory_bytes:max > 64MiB`.
struct FailCondition: Sendable, Equatable {
    enum Threshold: Sendable, Equatable {
        /// Of A's mean.
        case percent(Double)
        /// In the measure's unit.
        case absolute(Double)
    }

    /// As it was given.
    let text: String
    let measure: String
    let statistic: Statistic
    private let isAbove: Bool
    private let includesEqual: Bool
    let threshold: Threshold

    struct Failure: Error, Equatable, CustomStringConvertible {
        let description: String
    }

    init(_ text: String) throws(Failure) {
        self.text = text
        guard let sign = text.firstIndex(where: { $0 == ">" || $0 == "<" }) else {
            throw Failure(description: "“\(text)” is no condition: write it as 'cpu_percent:mean > +5%'.")
        }
        let left = Self.trimmed(text[..<sign]).split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map {
            Self.trimmed($0)
        }
        var right = text[text.index(after: sign)...]
        isAbove = text[sign] == ">"
        includesEqual = right.first == "="
        if includesEqual { right = right.dropFirst() }
        measure = left.first ?? ""
        guard !measure.isEmpty else { throw Failure(description: "“\(text)” names no measure: write it as 'cpu_percent:mean > +5%'.") }
        guard let statistic = left.count < 2 ? .mean : Statistic(rawValue: left[1]) else {
            let known = Statistic.allCases.map(\.rawValue).joined(separator: ", ")
            throw Failure(description: "“\(text)”: \(left[1]) is none of \(known).")
        }
        self.statistic = statistic
        guard let threshold = Self.threshold(Self.trimmed(right)) else {
            throw Failure(
                description: "“\(text)”: behind \(isAbove ? ">" : "<") stands a difference: +5%, -5%, 0.5 or 64MiB.")
        }
        self.threshold = threshold
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    private static func threshold(_ text: String) -> Threshold? {
        func number(_ text: some StringProtocol) -> Double? {
            let text = trimmed(text)
            guard text.allSatisfy({ $0.isASCII && ($0.isNumber || "+-.".contains($0)) }) else { return nil }
            return Double(text)
        }
        if text.hasSuffix("%") { return number(text.dropLast()).map(Threshold.percent) }
        if let unit = ByteSize.units.first(where: { text.hasSuffix($0.name) }) {
            return number(text.dropLast(unit.name.count)).map { .absolute($0 * unit.bytes) }
        }
        return number(text).map(Threshold.absolute)
    }

    /// - Returns: `nil` when what is compared has no such value.
    func holds(for compared: ComparedMeasure) -> Bool? {
        guard compared.measure.name == measure, compared.statistic == statistic, let meanA = compared.a.mean, let meanB = compared.b.mean
        else { return nil }
        let (value, limit): (Double, Double)
        switch threshold {
        case .absolute(let difference): (value, limit) = (meanB - meanA, difference)
        case .percent(let percent):
            // What grew from nothing, grew by more than any share of it.
            let share = meanA != 0 ? (meanB - meanA) / meanA.magnitude : meanB == 0 ? 0 : meanB > 0 ? .infinity : -.infinity
            (value, limit) = (share * 100, percent)
        }
        if includesEqual, value == limit { return true }
        return isAbove ? value > limit : value < limit
    }
}
