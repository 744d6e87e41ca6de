import StatsCore
import Testing

@testable import Collector

@Suite("The ledger of ticks")
struct RunLedgerTests {
    private func gap(_ from: UInt64, _ to: UInt64, _ reason: GapReason = .overrun) -> Gap {
        Gap(run: "r", epoch: 1, seq: 1, from: from, to: to, reason: reason)
    }

    @Test("Ticks in order leave no hole")
    func inOrder() {
        var ledger = RunLedger()
        for tick in 0..<5 { #expect(ledger.present(UInt64(tick), of: "a") == nil) }
        #expect(ledger.close(expected: 5).isEmpty)
        #expect(Verdict(accounts: ledger.accounts, expected: 5) == .init(accounts: ledger.accounts, expected: 5))
        #expect(Verdict(accounts: ledger.accounts, expected: 5).sentence == "complete: 5 of 5 ticks on 1 node")
    }

    @Test("A jump without a word is away, a gap frame says its own reason, and every missing tick is booked once")
    func holes() {
        var ledger = RunLedger()
        #expect(ledger.present(2, of: "a") == .init(node: "a", from: 0, to: 1, reason: .away))
        #expect(ledger.missing(gap(3, 4), of: "a") == [.init(node: "a", from: 3, to: 4, reason: .overrun)])
        #expect(ledger.missing(gap(3, 6, .spoolFull), of: "a") == [.init(node: "a", from: 5, to: 6, reason: .spoolFull)])
        #expect(ledger.missing(gap(9, 9), of: "a").map(\.reason) == [.away, .overrun])
        #expect(ledger.missing(gap(0, 9), of: "a").isEmpty)
        #expect(ledger.isDuplicate(9, of: "a") && !ledger.isDuplicate(10, of: "a"))
        #expect(ledger.close(expected: 12) == [.init(node: "a", from: 10, to: 11, reason: .away)])
        #expect(ledger.close(expected: 12).isEmpty)
        let account = ledger.accounts["a"]
        #expect(account?.present == 1 && account?.missingTotal == 11)
        #expect(account?.missing == ["away": 6, "overrun": 3, "spool_full": 2])
    }

    @Test("A node that joins late misses all ticks from the first")
    func late() {
        var ledger = RunLedger()
        ledger.join("a")
        _ = ledger.present(0, of: "b")
        #expect(ledger.close(expected: 3).map { "\($0.node) \($0.from)-\($0.to)" } == ["a 0-2", "b 1-2"])
    }

    @Test("The verdict says what is missing, where and why")
    func verdicts() {
        let good = RunLedger.Account(nextTick: 50, present: 50)
        let bad = RunLedger.Account(nextTick: 50, present: 46, missing: ["overrun": 3, "away": 1])
        #expect(Verdict(accounts: ["a": good, "b": good], expected: 50).sentence == "complete: 50 of 50 ticks on each of 2 nodes")
        let verdict = Verdict(accounts: ["a": good, "b": bad], expected: 50)
        #expect(!verdict.isComplete)
        #expect(verdict.sentence == "incomplete: node b misses 4 of 50 ticks (1 away, 3 overrun)")
        #expect(Verdict(accounts: ["a": RunLedger.Account()], expected: 0).sentence == "incomplete: stopped before the first tick")
    }
}

@Suite("The life of a run")
struct RunLifeTests {
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
