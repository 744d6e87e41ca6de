import NIOCore
import StatsCore
import Synchronization

/// Reads all sources at every tick and hands the frames to the outbox, on a thread of its own.
final class Sampler: Sendable {
    enum Order: Sendable {
        /// Read everything once, which opens what is to be read and fills the caches, then call this.
        case prepare(@Sendable () -> Void)
        case run(RunOrder)
        case stop(StopOrder)
        /// The collector has no run: leave the one that may be in progress here.
        case abandon
        /// Whether somebody looks at live ticks, that is, whether a collector is connected.
        case live(Bool)
        case shutDown
    }

    private let orders = Mutex<[Order]>([])
    private let signal = EventSignal()
    private let clock: CollectorTime
    private let deliveries: Deliveries
    private let workers: [SourceWorker]
    private let makeObserver: @Sendable () -> Observer
    private let liveInterval: Interval
    private let state: StateDirectory?
    private let sinks: [any TickSink]
    private let top: ProcessTop?

    /// - Parameters:
    ///   - state: where the sign of life is given; none when nobody looks for it.
    ///   - sinks: who is shown each tick.
    ///   - top: which processes have rows; `nil` for all.
    ///   - makeObserver: called on the sampler's thread, which alone uses what it makes.
    init(
        clock: CollectorTime, deliveries: Deliveries, workers: [SourceWorker], liveInterval: Interval,
        state: StateDirectory? = nil, sinks: [any TickSink] = [], top: ProcessTop? = nil,
        makeObserver: @escaping @Sendable () -> Observer
    ) {
        self.clock = clock
        self.deliveries = deliveries
        self.workers = workers
        self.makeObserver = makeObserver
        self.liveInterval = liveInterval
        self.state = state
        self.sinks = sinks
        self.top = top
    }

    func order(_ order: Order) {
        orders.withLock { orders in
            // An end doesn't wait for what stands before it: that may be a reading of the whole host.
            if case .shutDown = order { orders.removeAll() }
            orders.append(order)
        }
        signal.signal()
    }

    /// Ticks until it is told to shut down.
    func run() {
        let outbox = deliveries.current
        let isAlwaysWatched = sinks.contains { $0.wantsLiveTicks }
        var schedule = Schedule(liveInterval: isAlwaysWatched ? liveInterval.microseconds : nil)
        var heartbeat = Heartbeat(state)
        var tick = TickReader(
            clock: clock, deliveries: deliveries, workers: workers, observer: makeObserver(), sinks: sinks, top: top)
        while true {
            heartbeat.beat()
            for order in take() {
                switch order {
                case .prepare(let done):
                    if schedule.run == nil {
                        let (now, interval) = (clock.now(), liveInterval.microseconds)
                        tick.read(Grid(t0: 0, interval: interval).latest(at: now) ?? 0, instant: now, interval: interval, run: nil)
                    }
                    done()
                case .run(let run): schedule.begin(run, now: clock.now())
                case .stop(let stop): schedule.end(stop)
                case .abandon: schedule.abandon()
                case .live(let isWatched):
                    if isWatched { tick.audience &+= 1 }
                    schedule.liveInterval = isWatched || isAlwaysWatched ? liveInterval.microseconds : nil
                case .shutDown:
                    workers.forEach { $0.end() }
                    return
                }
            }
            let run = schedule.run
            switch schedule.step(now: clock.now()) {
            case .idle:
                _ = signal.wait(until: heartbeat.due)
            case .wait(let instant):
                _ = signal.wait(until: min(clock.monotonic(instant), heartbeat.due))
            case .live(let number, let instant):
                tick.read(number, instant: instant, interval: liveInterval.microseconds, run: nil)
            case .tick(let number, let instant, let missed):
                guard let run else { continue }
                if let missed { outbox.append(gap: missed, .overrun, run: run.id) }
                tick.read(number, instant: instant, interval: run.intervalUs, run: run)
            case .finish(let run, let missed):
                if let missed { outbox.append(gap: missed, .overrun, run: run.id) }
                outbox.finish(run: run.id)
            }
        }
    }

    private func take() -> [Order] {
        orders.withLock { orders in
            defer { orders.removeAll(keepingCapacity: true) }
            return orders
        }
    }
}
