import NIOCore
import StatsCore
import Synchronization

/// The newest values of every connected node, from live ticks and ticks of a run alike.
final class NewestTicks: Sendable {
    private struct State {
        var ticks: KeptTicks
        var events = EventBacklog()
    }

    private let state: Mutex<State>
    private let clock: CollectorClock
    private let counters: RefusalCounters

    /// - Parameters:
    ///   - costLimit: what all rows and nodes may cost together.
    ///   - most: the same for as many nodes as there may be: each adds to the limit what a usual one takes.
    init(costLimit: Int = 64 << 20, most: Int? = nil, clock: CollectorClock, counters: RefusalCounters) {
        state = Mutex(State(ticks: KeptTicks(costLimit: costLimit, most: most ?? costLimit)))
        self.clock = clock
        self.counters = counters
    }

    /// The node's agent was let in. What is noted of a node that isn't here is passed over: it comes from a session that was replaced.
    func add(_ node: String) {
        state.withLock { $0.ticks.add(node) }
    }

    /// Takes over a tick that was parsed from `frame`. A usual one is kept as it came, and looked at when somebody asks.
    /// - Parameters:
    ///   - columns: what the node's agent said that its rows' cells are.
    ///   - received: when it was complete, on the collector's clock, on which the tick's own time is.
    func note(_ tick: TickFrame, frame: RawSpan, node: String, columns: [TableID: FrameRows.Columns], received: Int64) {
        let now = clock.steady()
        // An agent that was away delivers ticks that are old.
        let instant = now - max(received - max(tick.header.time, 0), 0)
        if let events = columns[.event], tick.tables.contains(where: { $0.name == TableID.event.name }) {
            let (rows, lost) = EventBacklog.rows(of: tick, frame: frame, columns: events)
            if rows.byteCount > 0 { keep(rows, of: node, at: instant) }
            count(lost)
            let processes = EventBacklog.processes(of: tick, frame: frame, columns: events)
            if processes.byteCount > 0 { state.withLock { $0.ticks.take(commandLines: processes, of: node) } }
        }
        let leftOut = state.withLock { $0.ticks.take(tick, frame: frame, columns, at: instant, of: node, now: now) }
        countLeftOut(leftOut)
    }

    private func countLeftOut(_ rows: Int) {
        if rows > 0 { counters.count("live_row_left_out", by: UInt64(rows)) }
    }

    private func keep(_ events: FrameRows, of node: String, at instant: Int64) {
        count(state.withLock { state in state.ticks.has(node) ? state.events.keep(events, of: node, at: instant) : 0 })
    }

    private func count(_ lost: UInt64) {
        if lost > 0 { counters.count("live_event_dropped", by: lost) }
    }

    /// Takes over a mark, which is of no node.
    func note(mark label: String, at time: Int64) { note(event: "mark", label, at: time) }

    /// Takes over an event of the collector's own, for those who look on.
    func note(event kind: StaticString, _ message: String, at time: Int64) {
        count(state.withLock { $0.events.keep(FrameRows(event: kind, message: message, time: time), of: "", at: clock.steady()) })
    }

    /// Hands over the events that came since somebody called this last, oldest first.
    func takeEvents() -> [EventBacklog.Events] { state.withLock { $0.events.take() } }

    /// Takes over what an agent says of itself.
    func note(_ ping: Ping, node: String) { state.withLock { $0.ticks.note(ping, of: node) } }

    /// The node's agent has gone: what it said is no longer live.
    func remove(_ node: String) { state.withLock { $0.ticks.remove(node) } }

    subscript(node: String) -> LiveNode? {
        let now = clock.steady()
        let (found, leftOut) = state.withLock { $0.ticks.look(at: node, now: now) }
        countLeftOut(leftOut)
        return found
    }

    var all: [String: LiveNode] {
        let now = clock.steady()
        let (nodes, leftOut) = state.withLock { $0.ticks.lookAtAll(now: now) }
        countLeftOut(leftOut)
        return nodes
    }

    /// What is known of a node apart from its rows.
    func facts(of node: String) -> (clock: LiveNode.ClockReading?, readTime: Int64)? {
        state.withLock { $0.ticks.facts(of: node) }
    }

    /// How many rows of a table of all nodes were left out.
    func leftOut(of table: TableID) -> Int { all.values.reduce(0) { $0 + ($1.rows.leftOut[table] ?? 0) } }

    /// The names of the nodes, in their order.
    var names: [String] { state.withLock { $0.ticks.names } }
}

extension NewestTicks: ReceivedTickSink {
    func take(_ tick: ReceivedTick) {
        note(
            tick.tick, frame: tick.frame.readableBytesSpan, node: tick.sender.node, columns: tick.sender.names,
            received: tick.received)
    }

    func take(_ ping: Ping, of node: String) { note(ping, node: node) }
}
