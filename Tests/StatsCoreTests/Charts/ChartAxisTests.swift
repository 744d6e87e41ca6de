import Testing

@testable import StatsCore

@Suite("The axes of a chart") struct ChartAxisTests {
    private func labels(_ top: Double, _ unit: ChartUnit) -> [String] {
        let axis = ValueAxis(covering: 0...top, unit: unit)
        return axis.ticks.map { axis.label($0) }
    }

    @Test("Ticks are round in the unit that people read them in")
    func values() {
        #expect(labels(97, .percent) == ["0", "20 %", "40 %", "60 %", "80 %", "100 %"])
        #expect(labels(1.1 * 0x1p30, .bytes) == ["0", "0.5 GiB", "1.0 GiB", "1.5 GiB"])
        #expect(labels(900 * 0x1p20, .bytes) == ["0", "200 MiB", "400 MiB", "600 MiB", "800 MiB", "1000 MiB"])
        #expect(labels(0.0025, .seconds) == ["0", "0.5 ms", "1.0 ms", "1.5 ms", "2.0 ms", "2.5 ms"])
        #expect(labels(23_000, .countPerSecond("")) == ["0", "5 k/s", "10 k/s", "15 k/s", "20 k/s", "25 k/s"])
    }

    @Test(
        "An axis holds its values, whatever they are", arguments: [-3.0...5, 0...0, -1e-9...0, 1e-300...1e-300, 1e99...1e100, 4e18...4e18])
    func extremes(values: ClosedRange<Double>) {
        let axis = ValueAxis(covering: values, unit: .count("pages"))
        #expect(axis.range.upperBound > axis.range.lowerBound)
        #expect(axis.range.lowerBound <= values.lowerBound && axis.range.upperBound >= values.upperBound)
        #expect((1...20).contains(axis.ticks.count))
        #expect(axis.ticks.allSatisfy { $0.isFinite })
    }

    @Test("Values have three digits and a unit")
    func texts() {
        #expect(ChartUnit.bytes.text(1.5 * 0x1p30) == "1.50 GiB")
        #expect(ChartUnit.percent.text(37.46) == "37.5 %")
        #expect(ChartUnit.bytesPerSecond.text(1023.9) == "1.00 KiB/s")
        #expect(ChartUnit.seconds.text(0.000_25) == "250 µs")
        #expect(ChartUnit.count("").text(-1234) == "−1.23 k")
        // What nobody knows the unit of may be an application's seconds.
        for (value, text) in [
            (0.00142, "0.00142"), (-0.5, "−0.500"), (0.09996, "0.100"), (0.0000142, "1.42e-5"), (0.997, "1.00"), (0, "0"),
        ] {
            #expect(ChartUnit.count("").text(value) == text)
        }
        #expect(ChartUnit.countPerSecond("").text(0.0123) == "0.0123/s" && ChartUnit.percent.text(0.00142) == "0.00 %")
        #expect(ChartUnit.count("").text(.infinity) == "–")
    }

    @Test(
        "Instants are labelled by what has passed",
        arguments: [
            (0, "0"), (200_000, "200ms"), (20_000_000, "20s"), (90_000_000, "1m 30s"), (7_200_000_000, "2h"), (2_500_000, "2.5s"),
            (-5_000_000, "−5s"), (90_000_000_000, "1d 1h"),
        ] as [(Int64, String)])
    func instants(time: Int64, label: String) {
        #expect(TimeAxis(span: 0...1, origin: 1_000_000).label(1_000_000 + time) == label)
    }

    @Test("Instants to label lie at round distances from the origin, and not closer than asked for")
    func ticks() {
        let axis = TimeAxis(span: 1_003_000_000...1_063_000_000, origin: 1_000_000_000)
        #expect(axis.ticks(7).map { axis.label($0) } == ["10s", "20s", "30s", "40s", "50s", "1m"])
        #expect(TimeAxis(span: 5...5, origin: 5).ticks(4).first == 5)
        #expect(TimeAxis(span: 0...(1 << 53), origin: 0).ticks(8).count <= 9)
    }
}
