import StatsCore
import Testing

@testable import Agent

@Suite("A run that goes on at another collector") struct RunProgressTests {
    private static let t0: Int64 = 1_800_000_000_000_000
    private let order = RunOrder(id: "one", name: "r", intervalUs: 1_000_000, t0: t0, ticks: 100)

    private func other(ahead: Int64 = 0, name: String = "r", interval: Int64 = 1_000_000) -> RunOrder {
        RunOrder(id: "two", name: name, intervalUs: interval, t0: Self.t0 + ahead, ticks: 100)
    }

    /// After ticks 3 to 9.
    private var progress: RunProgress { RunProgress(run: order, first: 3, next: 10, last: 99) }

    @Test("Ticks that were read for the first collector are those of the other one, whose clock is another")
    func ticks() {
        let ahead: Int64 = 70_000_000
        let behind = progress.behind(other(ahead: ahead), ahead: ahead, now: Self.t0 + ahead + 9_200_000)
        #expect(behind == .init(begin: Self.t0 + ahead + 9_500_000, elsewhere: 3...9, overrun: nil))
    }

    @Test("No tick is read twice, though the clocks are known with an error of up to half an interval", arguments: [-400_000, 0, 400_000])
    func error(by error: Int64) {
        let behind = progress.behind(other(ahead: 5_000_000 + error), ahead: 5_000_000, now: Self.t0 + 5_000_000 + 9_000_001)
        let grid = Grid(t0: Self.t0 + 5_000_000 + error, interval: 1_000_000)
        #expect(behind.elsewhere == 3...9 && behind.overrun == nil)
        #expect(grid.next(at: behind.begin) == 10)
    }

    @Test("Ticks that were due meanwhile and that nobody has read are overrun")
    func overrun() {
        let behind = progress.behind(other(), ahead: 0, now: Self.t0 + 13_400_000)
        #expect(behind == .init(begin: Self.t0 + 13_400_000, elsewhere: 3...9, overrun: 10...13))
    }

    @Test("Of another run nothing is known, but that nothing is read twice within half an interval")
    func otherRun() {
        let now = Self.t0 + 9_000_000
        for run in [other(name: "x"), other(interval: 500_000)] {
            let behind = progress.behind(run, ahead: 0, now: now)
            #expect(behind == .init(begin: now + run.intervalUs / 2, elsewhere: nil, overrun: nil))
        }
    }

    @Test("Who leaves before its first tick has none, and who leaves behind the last one lacks none")
    func ends() {
        #expect(RunProgress(run: order, first: 4, next: 4, last: 99).behind(other(), ahead: 0, now: 7).elsewhere == nil)
        #expect(progress.leaving == 10)
        #expect(RunProgress(run: order, first: 3, next: 100, last: 99).leaving == nil)
        #expect(RunProgress(run: order, first: 3, next: 100, last: nil).leaving == 100)
    }
}
