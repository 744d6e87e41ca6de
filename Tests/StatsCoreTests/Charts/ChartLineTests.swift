import Testing

@testable import StatsCore

@Suite("The lines of a chart") struct ChartLineTests {
    @Test("One high and one low point among a million survive on 800 columns, in bounded memory")
    func peakSurvives() {
        var line = ChartLine(span: 0...999_999, columns: 800)
        for time in 0..<1_000_000 {
            line.add(time == 123_456 ? 1000 : time == 765_432 ? -1000 : Double(time % 7), at: Int64(time), joined: time > 0)
        }
        #expect(line.highest == 1000)
        #expect(line.lowest == -1000)
        #expect(line.buckets.count == 800)
        #expect(line.buckets.contains { $0.high == ChartLine.Point(time: 123_456, value: 1000) })
        #expect(line.buckets.contains { $0.low == ChartLine.Point(time: 765_432, value: -1000) })
        #expect(line.count == 1_000_000)
    }

    @Test("A line is not joined across a gap, be it wide or within one column", arguments: [10, 1000])
    func gaps(columns: Int) {
        var line = ChartLine(span: 0...100, columns: columns)
        for time in [0, 1, 2, 60, 61] { line.add(5, at: Int64(time), joined: time != 0 && time != 60) }
        let starts = line.buckets.filter { !$0.isJoined }.map(\.low.time)
        #expect(starts == [0, 60])

        var narrow = ChartLine(span: 0...1_000_000, columns: 10)
        narrow.add(1, at: 10, joined: false)
        narrow.add(2, at: 30, joined: false)
        #expect(narrow.buckets.map(\.isJoined) == [false, false])
    }

    @Test("However often a line breaks, its memory is bounded by its columns, also when time goes back")
    func boundedBreaks() {
        var line = ChartLine(span: 0...99_999, columns: 10)
        for time in 0..<100_000 { line.add(1, at: Int64(time), joined: false) }
        for time in (0..<100_000).reversed() { line.add(1, at: Int64(time), joined: false) }
        #expect(line.buckets.count <= 20)
    }

    @Test("What is no number, and what lies outside, breaks the line and is left out", arguments: [Double.nan, .infinity, -1e308, 7])
    func outside(value: Double) {
        var line = ChartLine(span: 0...10, columns: 10)
        line.add(1, at: 2, joined: false)
        line.add(value, at: value == 7 ? 99 : 5, joined: true)
        line.add(1, at: 8, joined: true)
        #expect(line.count == 2)
        #expect(line.buckets.map(\.isJoined) == [false, false])
    }

    @Test("Gaps are shaded at least one column wide, and merge")
    func bands() {
        var bands = ChartBands(span: 0...1000, columns: 100)
        #expect(bands.isEmpty)
        bands.add(from: 200, to: 200)
        bands.add(from: 500, to: 540)
        bands.add(from: 520, to: 600)
        bands.add(from: 2000, to: 3000)
        #expect(bands.shares.count == 2)
        #expect(bands.shares[1] == 0.5...0.6)
        bands.add(from: -50, to: 5000)
        #expect(bands.shares == [0...1])
    }
}
