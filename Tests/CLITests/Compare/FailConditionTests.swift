import StatsCore
import Testing

@testable import CLI

@Suite("sonde compare --fail-if") struct FailConditionTests {
    private static func compared(_ a: [Double], _ b: [Double], _ measure: String = Measure.cpu) throws -> ComparedMeasure {
        let known = try #require(Measure.usual["container"]?.first { $0.name == measure })
        return ComparedMeasure(
            Subject(kind: .container, node: "n", name: "web"), known, .mean, a, b, Bootstrap(seed: 1), isPaired: false)
    }

    @Test(
        "A condition is a measure, its statistic, and a difference in percent or in the measure's unit",
        arguments: [
            ("cpu_percent:mean > +5%", true), ("cpu_percent > 9.9%", true), ("cpu_percent:mean>10%", false), ("cpu_percent>=10%", true),
            ("cpu_percent < 11 %", true), ("cpu_percent < -5%", false), ("cpu_percent:mean > 1.9", true), ("cpu_percent > 2", false),
            ("cpu_percent <= +2.0", true), ("cpu_percent > -1KiB", true),
        ])
    func holds(text: String, expected: Bool) throws {
        #expect(try FailCondition(text).holds(for: Self.compared([20, 20], [22, 22])) == expected)
    }

    @Test("It judges only what has its measure and its statistic")
    func others() throws {
        #expect(try FailCondition("cpu_percent:mean > 5%").holds(for: Self.compared([1], [2], Measure.memory)) == nil)
        #expect(try FailCondition("cpu_percent:p95 > 5%").holds(for: Self.compared([1], [2])) == nil)
    }

    @Test("What grew from nothing grew by more than any share of it; what stayed nothing didn't grow")
    func fromNothing() throws {
        let condition = try FailCondition("cpu_percent:mean > 500%")
        #expect(try condition.holds(for: Self.compared([0, 0], [1, 1])) == true)
        #expect(try condition.holds(for: Self.compared([0, 0], [0, 0])) == false)
    }

    @Test(
        "What is none is refused by an error that says how it is written",
        arguments: [
            "", "cpu_percent", "> 5%", "cpu_percent:peak > 5%", "cpu_percent > much", "cpu_percent > 5 furlongs", "cpu_percent > inf",
            "cpu_percent > nan%", "cpu_percent >",
        ])
    func refused(text: String) {
        let error = #expect(throws: FailCondition.Failure.self) { try FailCondition(text) }
        #expect(error.map { !$0.description.isEmpty && $0.description.contains("“\(text)”") } == true)
    }
}
