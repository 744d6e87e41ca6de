import NIOCore
import ServiceLifecycle
import StatsCore

/// What everybody who looks on sees: once a second it compares the newest values with those of the second before, and hands what changed to all
/// who follow `GET /stream`, made once for all of them.
actor StreamHub {
    /// One who follows the stream.
    struct Subscription {
        let id: Int
        /// When there is something to take; ends when the collector does, or this one is let go.
        let news: AsyncStream<Void>
    }

    private let live: NewestTicks
    private let clock: CollectorClock
    private let report: @Sendable () async -> StatusReport

    private var fleet = Fleet()
    private var courses = Courses()
    private var events = RecentEvents()
    private var followers = Followers()
    private var status: StatusReport?
    private var beats = 0

    /// - Parameter report: what `GET /status` answers.
    init(live: NewestTicks, clock: CollectorClock, report: @escaping @Sendable () async -> StatusReport) {
        self.live = live
        self.clock = clock
        self.report = report
    }

    /// Follows the stream from now on.
    /// - Parameters:
    ///   - selection: what is told besides the overview.
    ///   - showsCommandLines: whether that may have command lines in it.
    /// - Returns: `nil` when too many do already, or the collector is ending.
    func subscribe(_ selection: StreamSelection? = nil, showsCommandLines: Bool = true) async -> Subscription? {
        if isUnseen {
            let new = await report()
            // While nobody looked, values may have stayed behind; whoever follows by now was told already.
            if isUnseen { _ = take(new) }
        }
        let added = followers.add(selection, showsCommandLines: showsCommandLines) {
            encode(
                "snapshot",
                StreamChanges(collector: status?.collector, run: .some(status?.run), fleet: fleet.everything, events: events.rows))
        }
        guard let (id, news) = added else { return nil }
        return Subscription(id: id, news: news)
    }

    /// Nobody was told anything since the last beat.
    private var isUnseen: Bool { followers.isEmpty && !followers.hasSnapshot }

    func unsubscribe(_ id: Int) { followers.remove(id) }

    /// The next piece for one who follows, to be asked for when the one before is written; `nil` until there are news.
    /// - Throws: `Followers.LetGo` when it was too slow.
    func next(_ id: Int) throws(Followers.LetGo) -> ByteBuffer? {
        switch try followers.next(id) {
        case nil: return nil
        case .piece(let piece)?: return piece
        case .end(let piece, let isSnapshot)?:
            if let selection = followers.selection(of: id) {
                // Charts are sent whenever they have a new point.
                let charts = isSnapshot || beats % Course.step == 0
                followers.send(detail(selection.what, withCharts: charts, showsCommandLines: selection.showsCommandLines), to: id)
            }
            return piece
        }
    }

    /// Ends all streams.
    func end() { followers.end() }

    /// What is to be done every second.
    func beat() async {
        let isStep = (beats + 1) % Course.step == 0
        // Courses go on when nobody looks.
        guard isStep || !followers.isEmpty else {
            beats += 1
            followers.forgetSnapshot()
            return
        }
        let new = await report()
        beats += 1
        let changes = take(new)
        courses.advance(to: beats)
        if isStep { courses.append(fleet) }
        if followers.isEmpty { followers.forgetSnapshot() } else { followers.send(encode("update", changes)) }
    }

    func detail(_ selection: StreamSelection, withCharts: Bool, showsCommandLines: Bool = true) -> [ByteBuffer] {
        StreamDetail(fleet: fleet, courses: withCharts ? courses : nil, showsCommandLines: showsCommandLines).event(selection)
    }

    private func take(_ new: StatusReport) -> StreamChanges {
        var changes = StreamChanges()
        // How long it has been up, its reader can count.
        var old = status?.collector
        old?.uptimeS = new.collector.uptimeS
        if new.collector != old { changes.collector = new.collector }
        if new.run != status?.run { changes.run = .some(new.run) }
        status = new
        let news = live.takeEvents()
        changes.events = events.take(news)
        fleet.take(news)
        let interval = new.run.map { Double($0.intervalUs) / 1000 }
        changes.fleet = fleet.take(new.nodes, live.all, interval: interval, at: clock.steady())
        courses.forget(changes.fleet.goneNodes)
        return changes
    }

    private func encode(_ name: StaticString, _ changes: StreamChanges) -> [ByteBuffer] {
        var event = StreamEvent(seq: beats, time: clock.now(), courses: courses)
        return event.encode(name, changes)
    }
}

/// Drives the hub as long as the collector runs, and ends the streams before the control port waits for them.
struct StreamHubService: Service {
    let hub: StreamHub

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await hub.beat()
                try? await Task.sleep(for: .seconds(1))
            }
        }
        await hub.end()
    }
}
