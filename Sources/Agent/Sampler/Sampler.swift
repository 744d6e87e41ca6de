import NIOCore
import StatsCore
import Synchronization

/// Reads all sources at every tick and hands the frames to the outbox of the collector to which they belong, on a thread of its own.
final class Sampler: Sendable {
    /// Orders name the place of their collector among the destinations.
    enum Order: Sendable {
        /// Read everything once, which opens what is to be read and fills the caches, then call this.
        case prepare(of: Int, @Sendable () -> Void)
        /// Take part in a run. One of another collector is left.
        case run(RunOrder, of: Int)
        case stop(StopOrder, of: Int)
        /// The collector has no run: leave the one that may be in progress here.
        case abandon(of: Int)
        /// Whether somebody looks at live ticks, that is, whether a collector is connected.
        case live(Bool, of: Int)
        case shutDown
    }

    private let orders = Mutex<[Order]>([])
    private let signal = EventSignal()
    private let destinations: Destinations
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
        destinations: Destinations, workers: [SourceWorker], liveInterval: Interval,
        state: StateDirectory? = nil, sinks: [any TickSink] = [], top: ProcessTop? = nil,
        makeObserver: @escaping @Sendable () -> Observer
    ) {
        self.destinations = destinations
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
        let isAlwaysWatched = sinks.contains { $0.wantsLiveTicks }
        var schedule = Schedule(liveInterval: isAlwaysWatched ? liveInterval.microseconds : nil)
        // Whose run is in progress, or who sees live ticks.
        var place = destinations.present
        var left = LeftRuns()
        var liveness = Liveness(state)
        var tick = TickReader(destinations: destinations, workers: workers, observer: makeObserver(), sinks: sinks, top: top)
        while true {
            liveness.show()
            for order in take() {
                switch order {
                case .prepare(let preparing, let done):
                    if schedule.run == nil {
                        let (now, interval) = (destinations[preparing].clock.now(), liveInterval.microseconds)
                        tick.read(
                            Grid(t0: 0, interval: interval).latest(at: now) ?? 0, instant: now, interval: interval, run: nil, for: preparing
                        )
                    }
                    done()
                case .run(let run, let next):
                    begin(run, of: next, after: place, &schedule, &left)
                    place = next
                case .stop(let stop, place): schedule.end(stop)
                case .abandon(place):
                    tell(left.settle(), isRead: false)
                    schedule.abandon()
                    place = destinations.present
                case .stop, .abandon: break
                case .live(let isWatched, let looking):
                    guard looking == destinations.present else { break }
                    if isWatched { tick.audience &+= 1 }
                    if schedule.run == nil { place = looking }
                    schedule.liveInterval = isWatched || isAlwaysWatched ? liveInterval.microseconds : nil
                case .shutDown:
                    workers.forEach { $0.end() }
                    return
                }
            }
            destinations.note(runOf: schedule.run == nil ? nil : place)
            let run = schedule.run
            let (clock, outbox) = (destinations[place].clock, destinations[place].deliveries.current)
            switch schedule.step(now: clock.now()) {
            case .idle:
                _ = signal.wait(until: liveness.due)
            case .wait(let instant):
                _ = signal.wait(until: min(clock.monotonic(instant), liveness.due))
            case .live(let number, let instant):
                tick.read(number, instant: instant, interval: liveInterval.microseconds, run: nil, for: place)
            case .tick(let number, let instant, let missed):
                guard let run else { continue }
                tell(left.settle(), isRead: true)
                if let missed { outbox.append(gap: missed, .overrun, run: run.id) }
                tick.read(number, instant: instant, interval: run.intervalUs, run: run, for: place)
            case .finish(let run, let missed):
                tell(left.settle(), isRead: false)
                if let missed { outbox.append(gap: missed, .overrun, run: run.id) }
                outbox.finish(run: run.id)
                place = destinations.present
            }
        }
    }

    /// Takes part in a run. In one that is in progress at another collector this agent has no further ticks, which that one is told as soon as this one gets a tick.
    private func begin(_ run: RunOrder, of place: Int, after former: Int, _ schedule: inout Schedule, _ left: inout LeftRuns) {
        let (clock, outbox) = (destinations[place].clock, destinations[place].deliveries.current)
        left.comeBack(to: place)
        // It may have been left by an order that stood before this one.
        outbox.comeBack(to: run.id)
        guard former != place, let progress = schedule.progress else { return schedule.begin(run, now: clock.now()) }
        left.leave(progress, of: former)
        let behind = progress.behind(run, ahead: clock.offset - destinations[former].clock.offset, now: clock.now())
        if let ticks = behind.elsewhere { outbox.append(gap: ticks, .elsewhere, run: run.id) }
        if let ticks = behind.overrun { outbox.append(gap: ticks, .overrun, run: run.id) }
        schedule.begin(run, now: behind.begin, first: behind.elsewhere?.lowerBound)
    }

    /// Tells collectors whose runs this agent has left that it has no further ticks of them.
    /// - Parameter isRead: whether another collector gets those.
    private func tell(_ words: [LeftRuns.Word], isRead: Bool) {
        for word in words {
            let outbox = destinations[word.place].deliveries.current
            if isRead, let tick = word.tick { outbox.append(gap: tick...tick, .elsewhere, run: word.run) }
            outbox.finish(run: word.run, isLeaving: true)
        }
    }

    private func take() -> [Order] {
        orders.withLock { orders in
            defer { orders.removeAll(keepingCapacity: true) }
            return orders
        }
    }
}
