import StatsCore
import Testing

@testable import Agent

@Suite("What waits behind the frames of a run") struct RunEndTests {
    /// What is to be named now, as `run: first-last`.
    private func name(_ lost: inout LostTicks) -> String? {
        lost.take().map { "\($0.run): \($0.ticks.lowerBound)-\($0.ticks.upperBound)" }
    }

    @Test("Lost ticks grow into one range, which is named once")
    func lost() {
        var lost = LostTicks()
        var named = name(&lost)
        #expect(lost.isEmpty && named == nil)
        for tick: UInt64 in [4, 5, 9] { lost.add(through: tick, run: "r") }
        #expect(!lost.isEmpty)
        named = name(&lost)
        #expect(lost.isEmpty && named == "r: 4-9")
        lost.add(through: 12, run: "r")
        named = name(&lost)
        #expect(named == "r: 12-12")
    }

    @Test("What was lost of a run that was left is forgotten with the next one")
    func left() {
        var lost = LostTicks()
        lost.add(through: 500, run: "r")
        lost.forget(exceptOf: "r")
        #expect(!lost.isEmpty)
        lost.forget(exceptOf: "next")
        #expect(lost.isEmpty)
        lost.add(through: 0, run: "next")
        let named = name(&lost)
        #expect(named == "next: 0-0")
    }

    @Test("The end of a run is due once, again after each rewind, and no more when nobody waits for it")
    func end() {
        var end = RunEnd()
        end.rewind()
        var taken = end.take()
        #expect(!end.isDue && end.run == nil && taken == nil)
        let fin = Fin(run: "r", epoch: 1, seq: 3)
        end.set(fin)
        #expect(end.isDue && end.run == "r")
        taken = end.take()
        #expect(taken == fin && !end.isDue && end.run == "r")
        taken = end.take()
        #expect(taken == nil)
        end.rewind()
        taken = end.take()
        #expect(taken == fin)
        end.rewind()
        end.forget()
        taken = end.take()
        #expect(!end.isDue && end.run == nil && taken == nil)
    }
}
