import NIOCore
import StatsCore
import Synchronization

/// The newest values of every connected node, from live ticks and ticks of a run alike.
final class NewestTicks: Sendable {
    /// An agent's own estimate of how far its clock is from the collector's, in microseconds.
    struct ClockReading: Sendable, Equatable {
        let offset: Int64
        let error: Int64
    }

    struct Node: Sendable {
        /// All rows of the newest tick that was looked at.
        var rows = FrameRows()
        var containers: UInt64 = 0
        var processes: UInt64 = 0
        /// How long reading that tick took, in microseconds.
        var readTime: Int64 = 0
        /// The instant of that tick on the steady clock, as far as its agent knows the collector's clock; not after it came.
        fileprivate(set) var instant: Int64 = 0
        /// When the last tick came, on the steady clock.
        var lastTick: Int64?
        /// The instant of that tick, in microseconds since 1970.
        fileprivate var lastInstant: Int64?
        /// From the instant of the tick before to that of the last one, in microseconds.
        fileprivate(set) var interval: Int64?
        /// When the rows were last looked at, on the steady clock.
        fileprivate var lastLook: Int64?
        var clock: ClockReading?
        /// What the agent keeps until it is acknowledged; none when it doesn't say.
        var backlogFrames: UInt64?
        var backlogBytes: UInt64?

        /// Notes that a tick came, whether its rows are looked at or not.
        fileprivate mutating func noteTick(_ instant: Int64, now: Int64) {
            if let lastInstant, instant > lastInstant { interval = instant - lastInstant }
            (lastInstant, lastTick) = (instant, now)
        }
    }

    /// Rows are looked at no more often than that (µs): at short intervals live values would cost more than the recording.
    private static let period: Int64 = 250_000

    /// Rows of all nodes together are kept up to that many bytes.
    private let rowsLimit: Int

    /// The rows of table event that one tick brought, without those of processes, which nobody follows live and which are as many as there are processes.
    /// Unlike values, no newer tick replaces them.
    struct Events: Sendable {
        /// Counts up from 1.
        let number: UInt64
        let node: String
        let rows: FrameRows
        /// Of that tick, on the steady clock.
        let instant: Int64
    }

    /// Ticks with events are kept, as many and as many bytes.
    private static let eventsLimit = (count: 500, bytes: 4 << 20)

    private struct State {
        var nodes: [String: Node] = [:]
        var rowsBytes = 0
        var events: [Events] = []
        var eventsBytes = 0
        var lastEvents: UInt64 = 0
        /// The newest that somebody asked for.
        var askedEvents: UInt64 = 0

        /// - Returns: how many rows had to go although nobody had asked for them.
        mutating func keep(_ rows: FrameRows, of node: String, at instant: Int64) -> UInt64 {
            lastEvents += 1
            events.append(Events(number: lastEvents, node: node, rows: rows, instant: instant))
            eventsBytes += rows.byteCount
            var lost: UInt64 = 0
            while events.count > eventsLimit.count || eventsBytes > eventsLimit.bytes {
                let oldest = events.removeFirst()
                eventsBytes -= oldest.rows.byteCount
                if oldest.number > askedEvents { lost += UInt64(oldest.rows.count(of: .event)) }
            }
            return lost
        }
    }

    private let state = Mutex(State())
    private let clock: CollectorClock
    private let counters: RefusalCounters

    init(rowsLimit: Int = 256 << 20, clock: CollectorClock, counters: RefusalCounters) {
        self.rowsLimit = rowsLimit
        self.clock = clock
        self.counters = counters
    }

    /// The node's agent was let in. What is noted of a node that isn't here is passed over: it comes from a session that was replaced.
    func add(_ node: String) {
        state.withLock { $0.nodes[node] = $0.nodes[node] ?? Node() }
    }

    /// Takes over a tick that was parsed from `frame`.
    /// - Parameters:
    ///   - columns: what the node's agent said that its rows' cells are.
    ///   - received: when it was complete, on the collector's clock, on which the tick's own time is.
    func note(_ tick: TickFrame, frame: RawSpan, node: String, columns: [TableID: FrameRows.Columns], received: Int64) {
        let now = clock.steady()
        // An agent that was away delivers ticks that are old.
        let instant = now - max(received - max(tick.header.time, 0), 0)
        if let events = columns[.event], tick.tables.contains(where: { $0.name == TableID.event.name }) {
            let kind = events.place("kind")
            let rows = FrameRows(FrameRows(tick, frame: frame, columns: [.event: events]), only: .event) { !$0.holds("process", at: kind) }
            if rows.byteCount > 0 { keep(rows, of: node, at: instant) }
        }
        let isDue = state.withLock { state in
            state.nodes[node]?.noteTick(tick.header.time, now: now)
            if let lastLook = state.nodes[node]?.lastLook, now - lastLook < Self.period { return false }
            state.nodes[node]?.lastLook = now
            return state.nodes[node] != nil
        }
        guard isDue else { return }
        let rows = FrameRows(tick, frame: frame, columns: columns)
        let containers = UInt64(rows.count(of: .container))
        let processes = UInt64(rows.count(of: .process))
        state.withLock { state in
            guard var known = state.nodes[node] else { return }
            let others = state.rowsBytes - known.rows.byteCount
            known.instant = instant
            known.rows = others + rows.byteCount <= rowsLimit ? rows : FrameRows()
            state.rowsBytes = others + known.rows.byteCount
            known.containers = containers
            known.processes = processes
            known.readTime = max(tick.header.end - tick.header.begin, 0)
            state.nodes[node] = known
        }
    }

    private func keep(_ events: FrameRows, of node: String, at instant: Int64) {
        let lost = state.withLock { state in state.nodes[node] != nil ? state.keep(events, of: node, at: instant) : 0 }
        count(lost)
    }

    private func count(_ lost: UInt64) {
        if lost > 0 { counters.count("live_event_dropped", by: lost) }
    }

    /// Takes over a mark, which is of no node.
    func note(mark label: String, at time: Int64) {
        count(state.withLock { $0.keep(FrameRows(event: "mark", message: label, time: time), of: "", at: clock.steady()) })
    }

    /// The events since those with that number, oldest first.
    func events(since number: UInt64) -> [Events] {
        state.withLock { state in
            state.askedEvents = state.lastEvents
            return Array(state.events.drop { $0.number <= number })
        }
    }

    /// Takes over what an agent says of itself.
    func note(_ ping: Ping, node: String) {
        state.withLock { state in
            if let offset = ping.offset, let error = ping.error {
                state.nodes[node]?.clock = ClockReading(offset: offset, error: error)
            }
            state.nodes[node]?.backlogFrames = ping.backlogFrames
            state.nodes[node]?.backlogBytes = ping.backlogBytes
        }
    }

    /// The node's agent has gone: what it said is no longer live.
    func remove(_ node: String) {
        state.withLock { state in
            guard let gone = state.nodes.removeValue(forKey: node) else { return }
            state.rowsBytes -= gone.rows.byteCount
        }
    }

    subscript(node: String) -> Node? { state.withLock { $0.nodes[node] } }

    var all: [String: Node] { state.withLock { $0.nodes } }
}

extension NewestTicks: ReceivedTickSink {
    func take(_ tick: ReceivedTick) {
        note(
            tick.tick, frame: tick.frame.readableBytesSpan, node: tick.sender.node, columns: tick.sender.names,
            received: tick.received)
    }

    func take(_ ping: Ping, of node: String) { note(ping, node: node) }
}
