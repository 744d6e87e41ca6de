import Foundation
import Testing

@testable import StatsCore

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// The figures of a comparison.
@Suite("Distributions and intervals") struct DistributionFigureTests {
    private static let hostile = "<script>alert(1)</script> & \"'\u{202e}\u{0}\u{1b}]]> 名前 😀"

    private static func distribution(_ values: [Double], name: String = "A") -> DistributionFigure {
        let steps = values.enumerated().map { (value: $1, share: Double($0 + 1) / Double(values.count)) }
        let group = DistributionFigure.Group(
            name: name, steps: steps, repetitions: values, mean: values.first, interval: values.first.map { $0...$0 + 1 })
        return DistributionFigure(title: name, summary: name, unit: .bytes, groups: [group, group])
    }

    private static func intervals(_ value: Double, _ interval: ClosedRange<Double>?) -> IntervalFigure {
        IntervalFigure(
            title: hostile, summary: hostile, unit: .percent,
            rows: [IntervalFigure.Row(name: hostile, value: value, interval: interval)])
    }

    private static func isWellFormed(_ svg: String) -> Bool { XMLParser(data: Data(svg.utf8)).parse() }

    @Test(
        "They are well-formed with any names and numbers",
        arguments: [[], [0], [1, 2, 3], [5e9, 5e9 + 1], [-3, 4], [1e-300, 1e99], [1e99, 1e200, .infinity]] as [[Double]])
    func wellFormed(values: [Double]) {
        let svg = Self.distribution(values, name: Self.hostile).svg()
        #expect(Self.isWellFormed(svg) && !svg.contains("<script") && !svg.contains("nan") && !svg.contains("inf"))
        let value = values.last ?? 0
        let other = Self.intervals(value, values.count > 1 ? min(values[0], value)...max(values[0], value) : nil).svg()
        #expect(Self.isWellFormed(other) && !other.contains("<script") && !other.contains("nan"))
    }

    @Test("Each repetition has a dot, and the distribution function goes up to one")
    func dots() {
        let svg = Self.distribution([10, 20, 30]).svg(styled: false)
        #expect(svg.components(separatedBy: "<circle class=\"dot c0\"").count == 4)
        #expect(svg.contains("repetition 2: 20.0 B") && svg.contains("A: mean 10.0 B"))
    }

    @Test("A difference whose interval leaves out zero is coloured, any other grey")
    func clear() {
        #expect(Self.intervals(5, 1...9).svg(styled: false).contains("dot c0"))
        #expect(Self.intervals(5, -1...9).svg(styled: false).contains("dot c7"))
        #expect(Self.intervals(5, nil).svg(styled: false).contains("dot c7"))
    }

    @Test("An axis that needn't have zero spans its values", arguments: [5e9...5.1e9, 0...0, 7...7, -9...(-8), 1e-300...1e-299, 99...100])
    func axis(values: ClosedRange<Double>) {
        let axis = ValueAxis(covering: values, unit: .bytes, count: 8, hasZero: false)
        #expect(axis.range.lowerBound <= values.lowerBound && axis.range.upperBound >= values.upperBound)
        #expect((1...20).contains(axis.ticks.count) && axis.ticks.allSatisfy { $0.isFinite })
        #expect(values != 5e9...5.1e9 || axis.range.lowerBound > 4.9e9)
    }
}
