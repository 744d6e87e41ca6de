import NIOCore
import StatsCore
import TestSupport
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

    @Test("Of a run from before the agent was restarted the collector is told behind the last epoch with frames that this is all")
    func restarted() throws {
        let fixture = try SpoolFixture()
        for epoch in UInt64(1)...2 {
            let spool = try fixture.open()
            let stream = spool.begin(epoch: epoch, epochID: fixture.epochID)
            try stream.append(SpoolFixture.ticks(1...3, epoch: epoch))
        }
        let deliveries = Deliveries(identity: Identity(id: "a", epoch: 3, epochID: "e", node: "n"), spool: try fixture.open())
        #expect(deliveries.earlier.map(\.epoch) == [1, 2])
        func says(_ outbox: Outbox) throws -> Fin? {
            deliveries.end("r", behind: outbox)
            outbox.rewind(to: 1)
            let frames = try outbox.takeBatch()
            #expect(frames.count == 3)
            return try outbox.takeBatch().first?.withUnsafeReadableBytes {
                try Fin(decoding: UnsafeRawBufferPointer(rebasing: $0.dropFirst(Frame.headerBytes)).bytes)
            }
        }
        #expect(try says(deliveries.earlier[0]) == nil)
        deliveries.earlier[0].acknowledge(through: 3)
        #expect(try says(deliveries.earlier[1]) == Fin(run: "r", epoch: 2, seq: 3))
    }

    @Test("It isn't told that this is all while more of it waits in this start's outbox")
    func notRestarted() throws {
        let fixture = try SpoolFixture()
        let spool = try fixture.open()
        try spool.begin(epoch: 1, epochID: fixture.epochID).append(SpoolFixture.ticks(1...3))
        let deliveries = Deliveries(identity: Identity(id: "a", epoch: 2, epochID: "e", node: "n"), spool: try fixture.open())
        deliveries.current.append(run: "r", tick: 9) { $1.writeString("tick \($0)") }
        deliveries.end("r", behind: deliveries.earlier[0])
        deliveries.end("r", behind: deliveries.current)
        #expect(try deliveries.earlier[0].takeBatch().count == 3 && deliveries.earlier[0].takeBatch().isEmpty)
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
