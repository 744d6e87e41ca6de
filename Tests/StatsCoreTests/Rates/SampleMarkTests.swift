import Testing

@testable import StatsCore

@Suite("What lies between two rows") struct SampleMarkTests {
    private let second: Int64 = 1_000_000

    @Test("A reading that is told again a few hundred microseconds later or earlier is the same reading", arguments: [-400.0, 0, 1, 400])
    func jitter(microseconds: Double) {
        let first = SampleMark(tick: second, age: 200_000)
        let again = SampleMark(tick: 2 * second, age: 1_200_000 - microseconds)
        #expect(again.step(since: first) == .repeated)
        let next = SampleMark(tick: 3 * second, age: 1_200_000)
        #expect(next.step(since: first.repeated(at: again)) == .rates(Rates(microseconds: second)), "its clock is the first row's")
    }

    @Test("Ticks of 10 ms have readings of their own")
    func shortTicks() {
        let step = SampleMark(tick: 20_000, age: -150).step(since: SampleMark(tick: 10_000, age: -90))
        #expect(step == .rates(Rates(microseconds: 10_060)))
    }

    @Test("Another start is another life, whose counters begin anew")
    func anotherStart() {
        let first = SampleMark(tick: 0, age: 0, started: 5)
        #expect(SampleMark(tick: second, age: 0, started: 6).step(since: first) == .anew)
        #expect(SampleMark(tick: second, age: 0, started: 5).step(since: first) == .rates(Rates(microseconds: second)))
        #expect(SampleMark(tick: second, age: 0).step(since: first) == .rates(Rates(microseconds: second)), "an older agent doesn't say it")
    }

    @Test("An age beyond belief overflows nothing", arguments: [.nan, .infinity, -1e300, 1e300] as [Double])
    func absurdAge(age: Double) {
        let mark = SampleMark(tick: 0, age: age)
        #expect(mark.sampled.magnitude <= 86_400_000_000)
        _ = SampleMark(tick: .max, age: -1e300).step(since: SampleMark(tick: .min, age: 1e300))
    }

    @Test("A governor's window counts a reading once, however often it is told")
    func governorWindow() {
        var window = GovernorWindow()
        var values = GovernorValues()
        for (sampled, cpu) in [(0, 10.0), (1_000_000, 20), (1_000_300, 20), (999_800, 20), (2_000_000, 30)] as [(Int64, Double)] {
            values.cpu = cpu
            window.add(values, sampled: sampled, window: 2 * second, hole: 2 * second)
        }
        #expect(window.means(window: 2 * second, hole: 2 * second).cpu == 20)
    }
}
