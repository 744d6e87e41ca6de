import StatsCore
import Testing

@testable import Agent

@Suite("The schedule of ticks") struct ScheduleTests {
    private let run = RunOrder(id: "r", name: "test", intervalUs: 100, t0: 1000, ticks: 3)
    private let endless = RunOrder(id: "r", name: "test", intervalUs: 100, t0: 1000, ticks: nil)

    private func schedule(_ order: RunOrder, now: Int64) -> Schedule {
        var schedule = Schedule(liveInterval: nil)
        schedule.begin(order, now: now)
        return schedule
    }

    @Test("A run waits for t0, ticks on its grid, and ends behind its last tick")
    func wholeRun() {
        var schedule = schedule(run, now: 500)
        #expect(schedule.step(now: 500) == .wait(until: 1000))
        #expect(schedule.step(now: 1003) == .tick(0, instant: 1000, missed: nil))
        #expect(schedule.step(now: 1004) == .wait(until: 1100))
        #expect(schedule.step(now: 1199) == .tick(1, instant: 1100, missed: nil))
        #expect(schedule.step(now: 1200) == .tick(2, instant: 1200, missed: nil))
        #expect(schedule.step(now: 1201) == .finish(run, missed: nil))
        #expect(schedule.step(now: 1202) == .idle)
    }

    @Test("Ticks that were slept through are named once, never caught up")
    func overrun() {
        var schedule = schedule(endless, now: 900)
        #expect(schedule.step(now: 1000) == .tick(0, instant: 1000, missed: nil))
        #expect(schedule.step(now: 1450) == .tick(4, instant: 1400, missed: 1...3))
        #expect(schedule.step(now: 1460) == .wait(until: 1500))
    }

    @Test("A run whose end was slept through ends with a gap to its last tick")
    func overrunEnd() {
        var schedule = schedule(run, now: 900)
        #expect(schedule.step(now: 1000) == .tick(0, instant: 1000, missed: nil))
        #expect(schedule.step(now: 5000) == .finish(run, missed: 1...2))
    }

    @Test("Who joins late falls in on the next tick of the grid")
    func late() {
        var schedule = schedule(endless, now: 1250)
        #expect(schedule.step(now: 1250) == .wait(until: 1300))
        #expect(schedule.step(now: 1300) == .tick(3, instant: 1300, missed: nil))
    }

    @Test(
        "A run that is far ahead is waited for, and one that was over long ago is ended without a tick", arguments: [1000, 86_400_000_000])
    func farAway(interval: Int64) {
        let end = Timestamp.plausible.upperBound
        let ahead = RunOrder(id: "r", name: "test", intervalUs: interval, t0: end, ticks: .max)
        var waiting = schedule(ahead, now: 0)
        #expect(waiting.step(now: 0) == .wait(until: end))
        waiting.end(StopOrder(run: "r", lastTick: nil))
        #expect(waiting.step(now: 0) == .finish(ahead, missed: nil))

        let over = RunOrder(id: "r", name: "test", intervalUs: interval, t0: 0, ticks: 3)
        var late = schedule(over, now: end)
        #expect(late.step(now: end) == .finish(over, missed: nil))
    }

    @Test("A tick waits for most of its interval, but never so long that an order or the end would have to wait for it")
    func patience() {
        #expect(TickReader.patience(interval: 10_000) == 100_000)
        #expect(TickReader.patience(interval: 1_000_000) == 900_000)
        #expect(TickReader.patience(interval: 3_600_000_000) == 5_000_000)
    }

    @Test("A stop lets the ticks up to the last one happen")
    func stop() {
        var schedule = schedule(endless, now: 900)
        _ = schedule.step(now: 1000)
        schedule.end(StopOrder(run: "r", lastTick: 1))
        #expect(schedule.step(now: 1050) == .wait(until: 1100))
        #expect(schedule.step(now: 1100) == .tick(1, instant: 1100, missed: nil))
        #expect(schedule.step(now: 1110) == .finish(endless, missed: nil))
    }

    @Test("A stop before the first tick ends the run without one")
    func stopEarly() {
        var schedule = schedule(endless, now: 900)
        schedule.end(StopOrder(run: "r", lastTick: nil))
        #expect(schedule.step(now: 950) == .finish(endless, missed: nil))
    }

    @Test("A stop for another run is not for this one, and the same order twice is one")
    func strangers() {
        var schedule = schedule(endless, now: 900)
        _ = schedule.step(now: 1000)
        schedule.end(StopOrder(run: "other", lastTick: nil))
        schedule.begin(endless, now: 1010)
        #expect(schedule.step(now: 1010) == .wait(until: 1100))
    }

    @Test("Live ticks come on their own grid, also after a pause")
    func live() {
        var schedule = Schedule(liveInterval: 100)
        #expect(schedule.step(now: 1050) == .live(10, instant: 1000))
        #expect(schedule.step(now: 1060) == .wait(until: 1100))
        #expect(schedule.step(now: 9920) == .live(99, instant: 9900))
        schedule.liveInterval = nil
        #expect(schedule.step(now: 9930) == .idle)
    }

    @Test("A clock that is set back doesn't silence the live view")
    func clockSetBack() {
        var schedule = Schedule(liveInterval: 100)
        #expect(schedule.step(now: 1_000_000) == .live(10_000, instant: 1_000_000))
        #expect(schedule.step(now: 5_000) == .live(50, instant: 5_000))
    }
}
