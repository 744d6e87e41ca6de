import Testing

@testable import StatsCore

@Suite("The ledger of ticks") struct RunLedgerTests {
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

    @Test("Behind a tick that went to another collector all are elsewhere, until the node has one here again")
    func elsewhere() throws {
        var ledger = RunLedger()
        _ = ledger.present(0, of: "a")
        #expect(ledger.missing(gap(1, 1, .elsewhere), of: "a") == [.init(node: "a", from: 1, to: 1, reason: .elsewhere)])
        #expect(ledger.present(4, of: "a") == .init(node: "a", from: 2, to: 3, reason: .elsewhere))
        #expect(ledger.present(6, of: "a") == .init(node: "a", from: 5, to: 5, reason: .away))
        #expect(ledger.missing(gap(7, 7, .elsewhere), of: "a").count == 1)
        // A commit has it, run.json needn't.
        let account = try #require(ledger.accounts["a"])
        let known: RunLedger.Account = try JSONCoding.decode(from: JSONCoding.encode(account))
        #expect(known == account && known.isElsewhere == true && known.closed.isElsewhere == nil)
        var again = RunLedger(accounts: ["a": known])
        #expect(again.close(expected: 10) == [.init(node: "a", from: 8, to: 9, reason: .elsewhere)])
        #expect(again.missing == ["elsewhere": 6, "away": 1])
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

    @Test(
        "A gap that begins at tick 1 covers nothing of tick 0: that is there, or is missing for a reason of its own",
        arguments: [true, false])
    func gapFromOne(hasFirst: Bool) {
        var ledger = RunLedger()
        ledger.join("a")
        if hasFirst { _ = ledger.present(0, of: "a") }
        let holes = ledger.missing(Gap(run: "r", epoch: 1, seq: 2, from: 1, to: 3, reason: .overrun), of: "a")
        #expect(holes.map { "\($0.from)-\($0.to) \($0.reason)" } == (hasFirst ? [] : ["0-0 away"]) + ["1-3 overrun"])
        #expect(
            ledger.accounts["a"]
                == RunLedger.Account(
                    nextTick: 4, present: hasFirst ? 1 : 0, missing: hasFirst ? ["overrun": 3] : ["away": 1, "overrun": 3]))
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

    @Test("Rows of a source that are missing from ticks make a run incomplete, and the verdict names them by source")
    func incompleteRows() throws {
        var ledger = RunLedger()
        for tick in UInt64(0)..<5 {
            _ = ledger.present(tick, of: "a", late: tick == 0 ? [] : tick == 4 ? ["container", "host"] : ["container"])
        }
        for tick in UInt64(0)..<5 { _ = ledger.present(tick, of: "b") }
        #expect(ledger.accounts["a"]?.incompleteRows == ["container": 4, "host": 1] && ledger.accounts["b"]?.incompleteRows == nil)
        let verdict = Verdict(accounts: ledger.accounts, expected: 5)
        #expect(!verdict.isComplete && verdict.sentence == "incomplete: node a misses container rows in 4, host rows in 1 of 5 ticks")
        let both = RunLedger.Account(nextTick: 5, present: 3, missing: ["away": 2], incompleteRows: ["host": 1])
        #expect(
            Verdict(accounts: ["a": both], expected: 5).sentence
                == "incomplete: node a misses 2 of 5 ticks (2 away) and host rows in 1 of 3 ticks")
    }

    @Test("An account without incomplete rows is written as earlier versions wrote it, and one of theirs is read")
    func accountCoding() throws {
        let plain = RunLedger.Account(nextTick: 5, present: 5)
        #expect(String(decoding: try JSONCoding.encode(plain), as: UTF8.self) == #"{"missing":{},"next_tick":5,"present":5}"#)
        let late = RunLedger.Account(nextTick: 5, present: 5, incompleteRows: ["host": 2])
        #expect(try JSONCoding.decode(from: try JSONCoding.encode(late)) == late)
        #expect(try JSONCoding.decode(from: try JSONCoding.encode(plain)) == plain)
    }

    @Test("An agent that names ever new sources fills no memory")
    func manySources() {
        var ledger = RunLedger()
        for tick in UInt64(0)..<1000 { _ = ledger.present(tick, of: "a", late: ["s\(tick)"]) }
        let rows = ledger.accounts["a"]?.incompleteRows ?? [:]
        #expect(rows.count <= 33 && rows.values.reduce(0, +) == 1000)
    }
}
