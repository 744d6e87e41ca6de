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
    private var groups: FollowerGroups
    private var status: StatusReport?
    private var beats = 0
    private var pace = LookPace()

    /// - Parameters:
    ///   - bounds: of what one who follows is sent.
    ///   - report: what `GET /status` answers.
    init(
        live: NewestTicks, clock: CollectorClock, bounds: StreamBounds = StreamBounds(),
        report: @escaping @Sendable () async -> StatusReport
    ) {
        groups = FollowerGroups(bounds)
        self.live = live
        self.clock = clock
        self.report = report
    }

    /// Follows the stream from now on.
    /// - Parameters:
    ///   - selection: what is told besides the overview.
    ///   - query: what is wanted of a fleet that is too large to be sent whole.
    ///   - showsCommandLines: whether what is told besides may have command lines in it.
    /// - Returns: `nil` when too many do already, or the collector is ending.
    func subscribe(
        _ selection: StreamSelection? = nil, _ query: StreamQuery = StreamQuery(), showsCommandLines: Bool = true
    ) async -> Subscription? {
        if isUnseen {
            let new = await report()
            // While nobody looked, values may have stayed behind; whoever follows by now was told already.
            if isUnseen { _ = look(new) }
        }
        let added = groups.add(query, selection, showsCommandLines: showsCommandLines) { window, isShared in
            let (fleet, totals) = window.everything(FleetList(fleet), isShared: isShared)
            return encode(
                "snapshot",
                StreamChanges(collector: status?.collector, run: .some(status?.run), totals: totals, fleet: fleet, events: events.rows))
        }
        guard let (id, news) = added else { return nil }
        return Subscription(id: id, news: news)
    }

    /// Nobody was told anything since the last beat.
    private var isUnseen: Bool { groups.isEmpty && !groups.hasSnapshot }

    func unsubscribe(_ id: Int) { groups.remove(id) }

    /// The next piece for one who follows, to be asked for when the one before is written; `nil` until there are news.
    /// - Throws: `Followers.LetGo` when it was too slow.
    func next(_ id: Int) throws(Followers.LetGo) -> ByteBuffer? {
        switch try groups.next(id) {
        case nil: return nil
        case .piece(let piece)?: return piece
        case .end(let piece, let isSnapshot)?:
            if let selection = groups.selection(of: id) {
                // Charts are sent whenever they have a new point.
                let charts = isSnapshot || beats % Course.step == 0
                groups.send(detail(selection.what, withCharts: charts, showsCommandLines: selection.showsCommandLines), to: id)
            }
            return piece
        }
    }

    /// Ends all streams.
    func end() { groups.end() }

    /// What is to be done every second.
    func beat() async {
        let isStep = (beats + 1) % Course.step == 0
        guard !groups.isEmpty || isStep && pace.isDue(at: clock.steady()) else {
            beats += 1
            courses.advance(to: beats)
            groups.forgetSnapshots()
            // Events are few, and there is room for those of some seconds only.
            if isStep { _ = takeEvents() }
            return
        }
        // Courses go on when nobody looks, as often as that costs little.
        let begin = clock.steady()
        let new = await report()
        beats += 1
        let changes = look(new)
        courses.advance(to: beats)
        if isStep { courses.append(fleet) }
        pace.looked(from: begin, to: clock.steady())
        tell(changes)
    }

    private func tell(_ changes: StreamChanges) {
        guard !groups.isEmpty else { return groups.forgetSnapshots() }
        let list = FleetList(fleet)
        groups.send { window in
            var told = changes
            (told.fleet, told.totals) = window.take(changes.fleet, list, second: beats)
            return encode("update", told)
        }
    }

    func detail(_ selection: StreamSelection, withCharts: Bool, showsCommandLines: Bool = true) -> [ByteBuffer] {
        StreamDetail(fleet: fleet, courses: withCharts ? courses : nil, showsCommandLines: showsCommandLines).event(selection)
    }

    /// Takes over what is known now.
    private func look(_ new: StatusReport) -> StreamChanges {
        var changes = StreamChanges()
        // How long it has been up, its reader can count.
        var old = status?.collector
        old?.uptimeS = new.collector.uptimeS
        if new.collector != old { changes.collector = new.collector }
        if new.run != status?.run { changes.run = .some(new.run) }
        status = new
        changes.events = takeEvents()
        let interval = new.run.map { Double($0.intervalUs) / 1000 }
        changes.fleet = fleet.take(new.nodes, live.all, interval: interval, at: clock.steady())
        courses.forget(changes.fleet.goneNodes)
        return changes
    }

    private func takeEvents() -> [EventRow] {
        let news = live.takeEvents()
        fleet.take(news)
        return events.take(news)
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
