import Testing

@testable import StatsCore

@Suite("The grid") struct GridTests {
    private let grid = Grid(t0: 1000, interval: 200, ticks: 5)

    @Test("Tick k is due at t0 + k × interval")
    func instants() {
        #expect(grid.instant(of: 0) == 1000)
        #expect(grid.instant(of: 7) == 2400)
        #expect(grid.last == 4)
    }

    @Test("The newest tick is the last one that is due, and none before t0")
    func latest() {
        #expect(grid.latest(at: 999) == nil)
        #expect(grid.latest(at: 1000) == 0)
        #expect(grid.latest(at: 1199) == 0)
        #expect(grid.latest(at: 1200) == 1)
    }

    @Test("Who joins late begins with the next tick to come")
    func next() {
        #expect(grid.next(at: 0) == 0)
        #expect(grid.next(at: 1000) == 0)
        #expect(grid.next(at: 1001) == 1)
        #expect(grid.next(at: 1200) == 1)
    }
}

@Suite("The offset of a clock") struct OffsetEstimatorTests {
    @Test("The exchange with the shortest round trip is believed")
    func minimumDelay() {
        var estimator = OffsetEstimator()
        // The agent's clock is 500 behind; the first answer took 90 longer on the way back.
        estimator.note(t1: 0, t2: 505, t3: 505, t4: 100)
        estimator.note(t1: 200, t2: 705, t3: 706, t4: 211)
        #expect(estimator.estimate == .init(offset: 500, error: 5))
    }

    @Test("Old exchanges are forgotten, so that a drifting clock is followed")
    func window() {
        var estimator = OffsetEstimator(window: 2)
        estimator.note(t1: 0, t2: 1, t3: 1, t4: 2)
        for start in [Int64(10), 30] { estimator.note(t1: start, t2: start + 108, t3: start + 108, t4: start + 16) }
        #expect(estimator.estimate?.offset == 100)
    }

    @Test(
        "Behind a pause or a step of either clock the next exchange is believed, however slow it is",
        arguments: [Int64(10_000_000), -10_000_000])
    func step(by step: Int64) {
        var estimator = OffsetEstimator()
        let base: Int64 = 1_000_000_000
        for start in stride(from: base, to: base + 16_000, by: 1000) {
            estimator.note(t1: start, t2: start + 505, t3: start + 505, t4: start + 10)
        }
        #expect(estimator.estimate == .init(offset: 500, error: 5))
        let start = base + 20_000
        estimator.note(t1: start, t2: start + 900 + step, t3: start + 900 + step, t4: start + 800)
        #expect(estimator.estimate == .init(offset: 500 + step, error: 400))
    }

    @Test("Instants that no clock gives are not reckoned with", arguments: [Int64.min, -1, 1 << 60, .max])
    func absurd(instant: Int64) {
        var estimator = OffsetEstimator()
        estimator.note(t1: 0, t2: instant, t3: instant, t4: 10)
        estimator.note(t1: instant, t2: 100, t3: 100, t4: 10)
        estimator.note(t1: 0, t2: 100, t3: instant, t4: 10)
        #expect(estimator.estimate == nil)
    }

    @Test("An exchange that can't be, because a clock was set, is not believed")
    func impossible() {
        var estimator = OffsetEstimator()
        estimator.note(t1: 100, t2: 0, t3: 500, t4: 200)
        #expect(estimator.estimate == nil)
    }
}

@Suite("Intervals") struct IntervalTests {
    @Test(
        "Times are read as people write them",
        arguments: [
            ("100ms", 100_000), ("1s", 1_000_000), ("5m", 300_000_000), ("2h", 7_200_000_000), ("1.5s", 1_500_000), ("250us", 250),
        ])
    func read(text: String, microseconds: Int64) { #expect(Interval(text)?.microseconds == microseconds) }

    @Test(
        "Anything else is refused",
        arguments: ["", "s", "5", "0s", "-1s", "1 s", "1d", "1e3s", "nan s", "1s1s", "١s", "1..5s", "99999999h"])
    func refused(text: String) { #expect(Interval(text) == nil) }

    @Test("They are written in the largest unit that fits", arguments: ["100ms", "1s", "5m", "2h", "1500ms", "250us", "90s"])
    func written(text: String) { #expect(Interval(text)?.description == text) }
}

@Suite("Timestamps") struct TimestampTests {
    @Test(
        "An instant is written in UTC with microseconds",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.999999Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"), (1_709_251_199_123_456, "2024-02-29T23:59:59.123456Z"),
            (4_107_542_400_000_001, "2100-03-01T00:00:00.000001Z"),
        ])
    func written(microseconds: Int64, text: String) { #expect(Timestamp.string(microseconds) == text) }

    @Test("What is written is read again", arguments: [0, 1, 951_782_400_000_000, 1_709_251_199_123_456, 9_000_000_000_000_000] as [Int64])
    func roundTrip(microseconds: Int64) { #expect(Timestamp.nanoseconds(Timestamp.string(microseconds)) == microseconds * 1000) }

    @Test(
        "An instant is read to the nanosecond, as an engine writes it too",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2000-02-29T23:59:59.999999999Z", 951_868_799_999_999_999),
            ("2000-03-01T00:00:00Z", 951_868_800_000_000_000), ("2100-03-01T00:00:00Z", 4_107_542_400_000_000_000),
            ("2026-11-21T09:00:35.89Z", 1_795_251_635_890_000_000), ("2026-11-21T10:30:35.89+01:30", 1_795_251_635_890_000_000),
            ("2026-11-20T23:00:35.890-10:00", 1_795_251_635_890_000_000),
        ])
    func instants(text: String, nanoseconds: Int) {
        #expect(Timestamp.nanoseconds(text) == Int64(nanoseconds))
    }

    @Test(
        "What is not an instant after 1970 is none",
        arguments: [
            "0001-01-01T00:00:00Z", "", "2026-11-21T09:00:35", "2026-13-21T09:00:35Z", "2026-11-21 09:00:35Z", "2026-11-21T09:00:35+1",
            "2026-11-21T25:00:35Z", "9999-11-21T09:00:35Z", "2026-11-21T09:00:35.Zx", "yyyy-mm-ddThh:mm:ssZ",
        ])
    func noInstants(text: String) {
        #expect(Timestamp.nanoseconds(text) == nil)
    }
}
