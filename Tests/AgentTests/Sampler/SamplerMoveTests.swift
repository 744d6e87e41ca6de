import NIOCore
import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("An agent that goes from one collector's run to another's", .timeLimit(.minutes(10))) struct SamplerMoveTests {
    private struct Witness: TickSink {
        let wantsLiveTicks = false
        let seen: AsyncStream<TickHeader>.Continuation

        func note(_ header: TickHeader, _ rows: borrowing TickRows, interval: Int64) { seen.yield(header) }
    }

    private enum Frame: Equatable {
        case tick(UInt64)
        case gap(ClosedRange<UInt64>, GapReason)
        case end(seq: UInt64)
    }

    /// An agent whose ticks can be watched, and collectors that nobody connects to.
    private struct Stage {
        let scratch: ScratchDirectory
        let destinations: Destinations
        let ticks: AsyncStream<TickHeader>
        let seen: AsyncStream<TickHeader>.Continuation
        let sampler: Sampler
        let t0: Int64

        init(collectors count: Int) throws {
            scratch = try ScratchDirectory()
            destinations = try Destinations(in: scratch, count: count)
            (ticks, seen) = AsyncStream.makeStream(of: TickHeader.self)
            sampler = Sampler(destinations: destinations, workers: [], liveInterval: .seconds(1), sinks: [Witness(seen: seen)]) {
                Observer(engine: nil)
            }
            t0 = destinations.clock.now()
        }

        func order(_ id: String) -> RunOrder { RunOrder(id: id, name: "r", intervalUs: 20_000, t0: t0, ticks: nil) }
    }

    /// What an outbox has to send of a run.
    private func frames(of run: String, in outbox: Outbox) throws -> [Frame] {
        try outbox.takeBatch().compactMap { frame in
            try frame.getSlice(at: 4, length: frame.readableBytes - 4)?.withUnsafeReadableBytes { buffer -> Frame? in
                let bytes = buffer.bytes
                switch try FrameEnvelope(bytes).type {
                case "tick":
                    let header = try TickFrame(bytes).header
                    return header.run == run ? .tick(header.tick) : nil
                case Gap.type:
                    let gap = try Gap(decoding: bytes)
                    return gap.run == run ? .gap(gap.from...gap.to, gap.reason) : nil
                default:
                    let fin = try Fin(decoding: bytes)
                    return fin.run == run ? .end(seq: fin.seq) : nil
                }
            }
        }
    }

    @Test("Each tick of the run goes to one collector, and both are told which ticks the other one has; it may come back")
    func move() async throws {
        let stage = try Stage(collectors: 2)
        let (destinations, sampler, ticks, seen) = (stage.destinations, stage.sampler, stage.ticks, stage.seen)
        let order = stage.order
        sampler.order(.run(order("one"), of: 0))
        PlainThread.startNeeded(name: "test-sampler") { sampler.run() }
        var iterator = ticks.makeAsyncIterator()
        func wait(for run: String) async {
            for _ in 0..<2 { while let tick = await iterator.next(), tick.run != run {} }
        }
        await wait(for: "one")
        sampler.order(.run(order("two"), of: 1))
        await wait(for: "two")
        sampler.order(.run(order("one"), of: 0))
        await wait(for: "one")
        sampler.order(.stop(StopOrder(run: "one", lastTick: 0), of: 0))
        // The run is over when nothing of it is read any more.
        sampler.order(.prepare(of: 0) { seen.finish() })
        while await iterator.next() != nil {}
        sampler.order(.shutDown)

        let (one, two) = (
            try frames(of: "one", in: destinations[0].deliveries.current), try frames(of: "two", in: destinations[1].deliveries.current)
        )
        var (held, told) = ([Set<UInt64>(), Set<UInt64>()], [Set<UInt64>(), Set<UInt64>()])
        for (place, frames) in [one, two].enumerated() {
            var next: UInt64?
            for frame in frames {
                switch frame {
                case .tick(let tick):
                    #expect(next.map { tick == $0 } ?? true)
                    held[place].insert(tick)
                    next = tick + 1
                case .gap(let gap, let reason):
                    #expect(next.map { gap.lowerBound <= $0 } ?? true)
                    if reason == .elsewhere { told[place].formUnion(gap) }
                    next = max(next ?? 0, gap.upperBound + 1)
                case .end: break
                }
            }
        }
        #expect(held[0].isDisjoint(with: held[1]) && !held[0].isEmpty && !held[1].isEmpty)
        // What one has, the other is told of, apart from what came after its last gap.
        #expect(told[1].isSuperset(of: held[0].filter { $0 < held[1].min() ?? 0 }))
        #expect(told[0].isSuperset(of: held[1]))
        #expect(two.last == .end(seq: UInt64(two.count - 1)))
    }

    @Test(
        "Who is ordered away from a run and back to it at once has not ended it, and no tick that it then reads for it was named as another collector's"
    )
    func thereAndBack() async throws {
        let stage = try Stage(collectors: 2)
        let (destinations, sampler, ticks, seen) = (stage.destinations, stage.sampler, stage.ticks, stage.seen)
        let order = stage.order
        sampler.order(.run(order("one"), of: 0))
        var iterator = ticks.makeAsyncIterator()
        for round in 0..<5 {
            sampler.order(.run(order("two"), of: 1))
            sampler.order(.run(order("one"), of: 0))
            // All orders before this one are carried out when it is.
            sampler.order(
                .prepare(of: 0) { seen.yield(TickHeader(run: "mark", epoch: 1, seq: 0, tick: 0, time: 0, begin: 0, end: 0, late: [])) })
            // The first orders are taken at once: not one tick can be read between them.
            if round == 0 { PlainThread.startNeeded(name: "test-sampler") { sampler.run() } }
            while let tick = await iterator.next(), tick.run != "mark" {}
            for _ in 0..<2 { while let tick = await iterator.next(), tick.run != "one" {} }
        }
        sampler.order(.prepare(of: 0) { seen.finish() })
        while await iterator.next() != nil {}
        sampler.order(.shutDown)
        let one = try frames(of: "one", in: destinations[0].deliveries.current)
        #expect(!one.contains { if case .end = $0 { true } else { false } }, "\(one)")
        let held = one.compactMap { if case .tick(let tick) = $0 { tick } else { nil } }
        var next: UInt64 = 0
        for frame in one {
            switch frame {
            case .tick(let tick):
                #expect(tick >= next, "\(one)")
                next = tick + 1
            case .gap(let gap, _): next = max(next, gap.upperBound + 1)
            case .end: break
            }
        }
        #expect(held.count >= 2)
        let two = try frames(of: "two", in: destinations[1].deliveries.current)
        let isTold = two.contains { if case .gap(let gap, .elsewhere) = $0 { gap.contains(held[0]) } else { false } }
        #expect(isTold, "\(two)")
        #expect(two.last.map { if case .end = $0 { true } else { false } } == true, "\(two)")
    }

    @Test("A third collector is told of the ticks that each of the others has")
    func third() async throws {
        let stage = try Stage(collectors: 3)
        let (destinations, sampler, ticks) = (stage.destinations, stage.sampler, stage.ticks)
        let t0 = stage.t0
        PlainThread.startNeeded(name: "test-sampler") { sampler.run() }
        var iterator = ticks.makeAsyncIterator()
        for place in 0..<3 {
            sampler.order(.run(RunOrder(id: "\(place)", name: "r", intervalUs: 20_000, t0: t0, ticks: nil), of: place))
            while let tick = await iterator.next(), tick.run != "\(place)" {}
        }
        sampler.order(.shutDown)
        var held: Set<UInt64> = []
        for place in 0..<2 {
            for case .tick(let tick) in try frames(of: "\(place)", in: destinations[place].deliveries.current) { held.insert(tick) }
        }
        guard case .gap(let gap, .elsewhere)? = try frames(of: "2", in: destinations[2].deliveries.current).first else {
            Issue.record("no gap")
            return
        }
        #expect(held.count >= 2 && held.allSatisfy { gap.contains($0) })
    }
}
