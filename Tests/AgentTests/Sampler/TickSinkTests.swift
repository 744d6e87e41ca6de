import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("Sinks of ticks", .timeLimit(.minutes(10))) struct TickSinkTests {
    /// Tells of each tick that it is shown.
    private struct Witness: TickSink {
        let wantsLiveTicks: Bool
        let ticks: AsyncStream<TickHeader>
        private let seen: AsyncStream<TickHeader>.Continuation

        init(wantsLiveTicks: Bool) {
            self.wantsLiveTicks = wantsLiveTicks
            (ticks, seen) = AsyncStream.makeStream()
        }

        func note(_ header: TickHeader, _ rows: borrowing TickRows, interval: Int64) { seen.yield(header) }
    }

    private let scratch: ScratchDirectory
    private let destinations: Destinations

    init() throws {
        scratch = try ScratchDirectory()
        destinations = try Destinations(in: scratch)
    }

    private func sampler(_ sinks: [any TickSink], _ workers: [SourceWorker] = []) -> Sampler {
        Sampler(destinations: destinations, workers: workers, liveInterval: .milliseconds(10), sinks: sinks) {
            Observer(engine: nil)
        }
    }

    @Test("While no collector is connected live ticks are read when a sink wants them, and all sinks are shown them")
    func live() async {
        let sinks = [Witness(wantsLiveTicks: false), Witness(wantsLiveTicks: true)]
        let sampler = sampler(sinks)
        PlainThread.startNeeded(name: "test-sampler") { sampler.run() }
        for sink in sinks {
            var ticks = sink.ticks.makeAsyncIterator()
            let (first, second) = (await ticks.next(), await ticks.next())
            #expect(first?.run == "" && second?.run == "")
            #expect((first?.tick ?? 0) < (second?.tick ?? 0))
        }
        sampler.order(.shutDown)
    }

    @Test("A sink that wants no live ticks is shown those of a run, and what a connected collector looks at")
    func connected() async {
        let sink = Witness(wantsLiveTicks: false)
        let sampler = sampler([sink])
        // Taken up in this order, before the first tick.
        sampler.order(.run(RunOrder(id: "r", name: "r", intervalUs: 10_000, t0: CollectorTime().now(), ticks: nil), of: 0))
        sampler.order(.live(true, of: 0))
        PlainThread.startNeeded(name: "test-sampler") { sampler.run() }
        var runs: [String] = []
        for await tick in sink.ticks {
            runs.append(tick.run)
            if tick.run == "" { break }
            sampler.order(.stop(StopOrder(run: "r", lastTick: tick.tick), of: 0))
        }
        #expect(runs.first == "r" && runs.last == "")
        sampler.order(.shutDown)
    }

    @Test("Before an agent says that it is ready for a run, it has read everything once; in a run it needn't")
    func ready() async {
        let sink = Witness(wantsLiveTicks: false)
        let sampler = sampler([sink])
        let (answers, answered) = AsyncStream.makeStream(of: Int.self)
        sampler.order(.prepare(of: 0) { answered.yield(1) })
        PlainThread.startNeeded(name: "test-sampler") { sampler.run() }
        var (ticks, ready) = (sink.ticks.makeAsyncIterator(), answers.makeAsyncIterator())
        #expect(await ready.next() == 1)
        #expect(await ticks.next()?.run == "")
        sampler.order(.run(RunOrder(id: "r", name: "r", intervalUs: 10_000, t0: CollectorTime().now(), ticks: nil), of: 0))
        sampler.order(.prepare(of: 0) { answered.yield(2) })
        #expect(await ready.next() == 2)
        #expect(await ticks.next()?.run == "r")
        sampler.order(.shutDown)
    }

    /// Writes the last row of one process, as of a start that only this source believes in.
    private struct Witnessed: Source {
        let start: UInt64
        let container: EncodedText?

        mutating func read(_ tick: TickContext, into rows: inout TickRows) {
            var process = ProcessReading()
            (process.stat.pid, process.stat.start, process.containerID) = (7, start, container)
            rows.append(process, exit: 70)
        }
    }

    /// Keeps the process rows of the first tick.
    private struct Rows: TickSink {
        let wantsLiveTicks = true
        let ticks: AsyncStream<String>
        private let seen: AsyncStream<String>.Continuation

        init() { (ticks, seen) = AsyncStream.makeStream() }

        func note(_ header: TickHeader, _ rows: borrowing TickRows, interval: Int64) {
            seen.yield(rows.withRows(.process) { bytes in bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } })
        }
    }

    @Test("Of a process that two sources saw end, the row of its container is the one that counts")
    func twice() async throws {
        let sink = Rows()
        let workers = [
            SourceWorker(name: "container") { Witnessed(start: 10_000, container: EncodedText("c")) },
            SourceWorker(name: "process") { Witnessed(start: 20_000, container: nil) },
        ]
        let sampler = sampler([sink], workers)
        PlainThread.startNeeded(name: "test-sampler") { sampler.run() }
        var ticks = sink.ticks.makeAsyncIterator()
        let rows = try #require(await ticks.next())
        #expect(rows.hasPrefix("[\"c\",") && !rows.contains("],["))
        sampler.order(.shutDown)
    }
}
