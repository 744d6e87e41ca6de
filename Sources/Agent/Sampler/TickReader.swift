import NIOCore
import StatsCore

/// Reads one tick: starts every source, waits for each at most to the deadline, and writes the frame.
struct TickReader: ~Copyable {
    private let clock: CollectorTime
    private let deliveries: Deliveries
    private let workers: [SourceWorker]
    private var observer: Observer
    private let sinks: [any TickSink]
    private var own = TickRows()
    private var frame = ByteWriter(capacity: 64 * 1024)
    private var rows = TickRows()
    /// Events of ticks that could not be kept: an event isn't tied to its tick, and what is told once in a run must not be lost.
    private var unkept = TickRows()
    private var unkeptRun: String?
    private var lateSources: UInt64 = 0

    /// However short the interval, a source gets this long before the tick goes on without it, in µs: a host with thousands of
    /// processes at 10 ms then overruns ticks, which are named, instead of losing rows.
    private static let shortestPatience: Int64 = 100_000

    /// However long the interval, a source that hangs holds the tick, and with it every order, up no longer than this, in µs: a collector
    /// waits ten seconds for the end of a run.
    private static let longestPatience: Int64 = 5_000_000

    /// How many bytes of events wait for room at most.
    private static let unkeptBytes = 1 << 20

    init(
        clock: CollectorTime, deliveries: Deliveries, workers: [SourceWorker], observer: consuming Observer, sinks: [any TickSink]
    ) {
        self.clock = clock
        self.deliveries = deliveries
        self.workers = workers
        self.observer = observer
        self.sinks = sinks
    }

    /// Reads tick `number`, due at `instant` (µs, collector's clock), as a frame of `run`, or as a live frame.
    mutating func read(_ number: UInt64, instant: Int64, interval: Int64, run: RunOrder?) {
        let begin = clock.now()
        let patience = Self.patience(interval: interval)
        let deadline = clock.monotonic(begin + patience)
        // A source that waits for somebody else stops a while before it is given up itself: what it has is worth more than nothing.
        let context = TickContext(
            instant: clock.monotonic(instant), deadline: clock.monotonic(begin + patience * 3 / 4), interval: UInt64(interval) * 1000,
            run: run?.id)
        own.removeAll()
        if let run {
            if unkeptRun == run.id { own.carryOverEvents(of: unkept) }
            unkept.removeAll()
            unkeptRun = run.id
        }
        var started: [Bool] = []
        for worker in workers {
            started.append(worker.start(context) { own.carryOverEvents(of: $0) })
        }
        rows.removeAll()
        for (worker, isStarted) in zip(workers, started) {
            let isDone = isStarted && worker.finish(by: deadline) { rows.append($0) }
            if !isDone { noteLate(worker.name) }
        }
        let end = clock.now()
        let reading = observer.reading(
            latenessUs: begin - instant, readUs: end - begin, backlog: deliveries.backlog,
            readErrors: workers.reduce(lateSources) { $0 + $1.readErrors }, clock: clock)
        own.append(reading)
        rows.append(own)

        let outbox = deliveries.current
        var header = TickHeader(run: run?.id ?? "", epoch: outbox.epoch, seq: 0, tick: number, time: instant, begin: begin, end: end)
        for sink in sinks { sink.note(header, rows, interval: interval) }
        if let run {
            let isKept = outbox.append(run: run.id, tick: number) { seq, buffer in
                header.seq = seq
                write(header, to: &buffer)
            }
            if !isKept, rows.withRows(.event, { $0.byteCount }) <= Self.unkeptBytes { unkept.carryOverEvents(of: rows) }
        } else {
            outbox.setLive { write(header, to: &$0) }
        }
    }

    /// The rows of a source that missed its deadline are absent from the tick: the run says so.
    private mutating func noteLate(_ source: String) {
        lateSources += 1
        var event = EventReading()
        event.kind = EncodedText("source late")
        event.message = EncodedText(source)
        own.append(event)
    }

    /// How long a tick waits for its sources, in µs.
    static func patience(interval: Int64) -> Int64 { min(max(interval * 9 / 10, shortestPatience), longestPatience) }

    private mutating func write(_ header: TickHeader, to buffer: inout ByteBuffer) {
        frame.removeAll()
        frame.write(header, rows)
        _ = frame.withUnsafeBytes { buffer.writeBytes($0) }
    }
}
