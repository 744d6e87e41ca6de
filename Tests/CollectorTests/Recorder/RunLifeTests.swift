import StatsCore
import Testing

@testable import Collector

@Suite("The life of a run") struct RunLifeTests {
    private let second: Int64 = 1_000_000

    @Test("A run with a duration stops itself and waits for all nodes, ten seconds at most")
    func duration() {
        var life = RunLife(grid: Grid(t0: 100 * second, interval: second, ticks: 5))
        life.advance(to: 99 * second)
        #expect(life.state == .armed)
        life.advance(to: 100 * second)
        #expect(life.state == .recording)
        life.advance(to: 104 * second)
        #expect(life.state == .stopping && life.stop?.lastTick == 4)
        #expect(!life.isOver(at: 104 * second, connectedHaveFinished: true, allHaveFinished: false))
        #expect(life.isOver(at: 104 * second, connectedHaveFinished: true, allHaveFinished: true))
        #expect(!life.isOver(at: 114 * second, connectedHaveFinished: false, allHaveFinished: false))
        #expect(life.isOver(at: 115 * second, connectedHaveFinished: false, allHaveFinished: false))
    }

    @Test("A stop takes the ticks that are due, and waits for the nodes that are connected")
    func stopped() {
        var life = RunLife(grid: Grid(t0: 100 * second, interval: second))
        life.stop(at: 103 * second + 5)
        #expect(life.stop?.lastTick == 3)
        #expect(life.isOver(at: 104 * second, connectedHaveFinished: true, allHaveFinished: false))
        life.stop(at: 105 * second)
        #expect(life.stop?.lastTick == 3)
        #expect(life.isOver(at: 113 * second + 5, connectedHaveFinished: false, allHaveFinished: false))
    }

    @Test("A stop at a tick that several collectors have agreed upon ends there, not before what is due, and not behind the run's own end")
    func agreed() {
        for (agreed, last) in [(4, 4), (3, 3), (1, 3), (9, 5)] as [(UInt64, UInt64)] {
            var life = RunLife(grid: Grid(t0: 100 * second, interval: second, ticks: 6))
            life.stop(at: 103 * second + 5, last: agreed)
            #expect(life.stop?.lastTick == last, "\(agreed)")
            #expect(
                !life.isOver(
                    at: max(103 * second + 5, (100 + Int64(last)) * second) + 9 * second, connectedHaveFinished: false,
                    allHaveFinished: false))
        }
    }

    @Test("A run that is being stopped waits as long as more of it is taken in, and ten seconds from then on")
    func progress() {
        var life = RunLife(grid: Grid(t0: 100 * second, interval: second))
        life.noteProgress(at: 102 * second)
        #expect(life.state == .armed)
        life.stop(at: 103 * second)
        for step in Int64(1)...5 {
            let now = (103 + 9 * step) * second
            #expect(!life.isOver(at: now, connectedHaveFinished: false, allHaveFinished: false))
            life.noteProgress(at: now)
        }
        #expect(!life.isOver(at: 157 * second, connectedHaveFinished: false, allHaveFinished: false))
        #expect(life.isOver(at: 158 * second, connectedHaveFinished: false, allHaveFinished: false))
        #expect(life.isOver(at: 148 * second, connectedHaveFinished: true, allHaveFinished: false))
    }

    @Test("A tick that a hurried clock delivered early is still the run's")
    func early() {
        var life = RunLife(grid: Grid(t0: 100 * second, interval: second))
        life.stop(at: 103 * second, delivered: 4)
        #expect(life.stop?.expected == 5)
    }

    @Test("A run that is stopped before its first tick has none")
    func tooEarly() {
        var life = RunLife(grid: Grid(t0: 100 * second, interval: second))
        life.stop(at: 99 * second)
        #expect(life.stop?.lastTick == nil && life.stop?.expected == 0)
    }

    @Test("After a restart nodes get ten seconds to come back, even when the run is long over")
    func resumed() {
        let life = RunLife(grid: Grid(t0: 100 * second, interval: second, ticks: 5), resumedAt: 1000 * second, stoppedAt: nil)
        #expect(life.state == .stopping)
        #expect(!life.isOver(at: 1009 * second, connectedHaveFinished: true, allHaveFinished: false))
        #expect(life.isOver(at: 1010 * second, connectedHaveFinished: false, allHaveFinished: false))
        let stopping = RunLife(grid: Grid(t0: 100 * second, interval: second), resumedAt: 1000 * second, stoppedAt: .some(7))
        #expect(stopping.stop?.lastTick == 7)
    }

    @Test("A tick far in the future is not plausible")
    func plausible() {
        let life = RunLife(grid: Grid(t0: 100 * second, interval: second))
        #expect(life.isPlausible(10, at: 100 * second) && !life.isPlausible(11, at: 100 * second))
        #expect(!life.isPlausible(.max, at: 100 * second))
    }
}
