import NIOCore
import StatsCore

/// Reads one tick: gathers the rows of all sources and of the agent itself, shows them to the sinks, and hands the frame to the outbox.
struct TickReader: ~Copyable {
    private let destinations: Destinations
    private let sinks: [any TickSink]
    private var sources: SourceRound
    /// `nil` when all processes have rows.
    private var top: ProcessTop?
    /// See `TickContext`.
    var audience: UInt64 = 0
    /// Whether a process that was moved into its container during a tick may have been read by two sources.
    private let mayHaveTwice: Bool
    private var seen: Set<ProcessUse.Name> = []
    private var ended: Set<UInt64> = []
    private var observer: Observer
    /// What the agent says itself: its own use, and events about the tick.
    private var own = TickRows()
    private var rows = TickRows()
    private var unkept = UnkeptEvents()
    private var frame = ByteWriter(capacity: 64 * 1024)

    /// However short the interval, a source gets this long before the tick goes on without it, in µs: a host with thousands of
    /// processes at 10 ms then overruns ticks, which are named, instead of losing rows.
    private static let shortestPatience: Int64 = 100_000

    /// However long the interval, a source that hangs holds the tick, and with it every order, up no longer than this, in µs: a collector
    /// waits ten seconds for the end of a run.
    private static let longestPatience: Int64 = 5_000_000

    init(
        destinations: Destinations, workers: [SourceWorker], observer: consuming Observer, sinks: [any TickSink], top: ProcessTop?
    ) {
        self.destinations = destinations
        self.sinks = sinks
        self.observer = observer
        self.top = top
        mayHaveTwice = ["container", "process"].allSatisfy { name in workers.contains { $0.name == name } }
        sources = SourceRound(workers)
    }

    /// Reads tick `number`, due at `instant` (µs, collector's clock), as a frame of `run`, or as a live frame, for the collector at this place.
    mutating func read(_ number: UInt64, instant: Int64, interval: Int64, run: RunOrder?, for place: Int) {
        let clock = destinations[place].clock
        let begin = clock.now()
        let patience = Self.patience(interval: interval)
        // A source that waits for somebody else stops a while before it is given up itself: what it has is worth more than nothing.
        let context = TickContext(
            instant: clock.monotonic(instant), deadline: clock.monotonic(begin + patience * 3 / 4), interval: UInt64(interval) * 1000,
            run: run?.id, audience: audience)
        own.removeAll()
        rows.removeAll()
        if let run { unkept.release(into: &own, of: run.id) }
        sources.read(context, by: clock.monotonic(begin + patience), into: &rows, own: &own)
        if mayHaveTwice { keepFirstOfEachProcess() }
        let end = clock.now()
        var reading = observer.reading(
            latenessUs: begin - instant, readUs: end - begin, backlog: destinations.backlog, readErrors: sources.readErrors, clock: clock)
        reading.late = sources.lateSources
        let chosen = top?.choose(rows.processes, interval: interval)
        reading.processesLeftOut = rows.processesLeftOut.map { $0 &+ UInt64(chosen?.count { !$0 } ?? 0) }
        reading.exitsLeftOut = rows.exitsLeftOut
        own.append(reading)
        rows.append(own)

        let outbox = destinations[place].deliveries.current
        var header = TickHeader(
            run: run?.id ?? "", epoch: outbox.epoch, seq: 0, tick: number, time: instant, begin: begin, end: end, late: sources.lateNames)
        // A sink sees all of them: the governor sums them up.
        for sink in sinks { sink.note(header, rows, interval: interval) }
        if let chosen { rows.keepProcesses { chosen[$0] } }
        if let run {
            let isKept = outbox.append(run: run.id, tick: number) { seq, buffer in
                header.seq = seq
                write(header, to: &buffer)
            }
            if !isKept { unkept.keep(rows) }
        } else {
            outbox.setLive { write(header, to: &$0) }
        }
    }

    /// The rows of containers come first, and know more.
    private mutating func keepFirstOfEachProcess() {
        seen.removeAll(keepingCapacity: true)
        ended.removeAll(keepingCapacity: true)
        let wanted = rows.processes.map { use in
            seen.insert(use.name).inserted && (use.exit.map { ended.insert($0).inserted } ?? true)
        }
        guard wanted.contains(false) else { return }
        rows.keepProcesses { wanted[$0] }
    }

    /// How long a tick waits for its sources, in µs.
    static func patience(interval: Int64) -> Int64 { min(max(interval * 9 / 10, shortestPatience), longestPatience) }

    private mutating func write(_ header: TickHeader, to buffer: inout ByteBuffer) {
        frame.removeAll()
        frame.write(header, rows)
        _ = frame.withUnsafeBytes { buffer.writeBytes($0) }
    }
}
