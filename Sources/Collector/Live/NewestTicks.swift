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
        /// The rows of the newest tick that was looked at, as far as there is room for them.
        var rows = FrameRows()
        fileprivate(set) var commandLines = CommandLines()
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

        /// How many rows were left out, by table; `nil` when none was.
        var leftOut: [String: UInt64]? {
            rows.leftOut.isEmpty ? nil : Dictionary(rows.leftOut.map { ($0.key.name, UInt64($0.value)) }) { first, _ in first }
        }

        /// Notes that a tick came, whether its rows are looked at or not.
        fileprivate mutating func noteTick(_ instant: Int64, now: Int64) {
            if let lastInstant, instant > lastInstant { interval = instant - lastInstant }
            (lastInstant, lastTick) = (instant, now)
        }
    }

    /// Rows are looked at no more often than that (µs): at short intervals live values would cost more than the recording.
    private static let period: Int64 = 250_000

    /// What the rows of all nodes together may cost, in bytes (`FrameRows.cost`), with the nodes themselves.
    private let costLimit: Int
    /// What a node costs without its rows: its facts, its values and their course.
    private static let nodeCost = 16 * 1024

    /// Where nodes want more than that, their shares are computed anew that often (µs), so that what one no longer wants goes to others.
    private static let levelling: Int64 = 1_000_000
    /// How often (µs) rows are taken from some nodes for others, at most: all who look at values wait meanwhile. Until then a node gets what is left.
    private static let cutting: Int64 = 100_000

    private struct State {
        var nodes: [String: Node] = [:]
        /// What all rows cost that are kept.
        var cost = 0
        /// What all command lines cost.
        var commandLines = 0
        /// What one node's rows may cost.
        var level = Int.max
        /// When that was computed, on the steady clock.
        var levelledAt = Int64.min / 2
        /// When rows were last taken from some nodes because another had more than before.
        var cutAt = Int64.min / 2
        var events = EventBacklog()

        /// Command lines of all nodes may cost an eighth of what rows may.
        mutating func keep(commandLines rows: FrameRows, of node: String, limit: Int) {
            guard let old = nodes[node]?.commandLines.cost else { return }
            nodes[node]?.commandLines.take(rows, room: max(0, limit / 8 - (commandLines - old)))
            commandLines += (nodes[node]?.commandLines.cost ?? 0) - old
        }

        mutating func keep(_ rows: FrameRows, of node: String, limit: Int, now: Int64) {
            guard let old = nodes[node]?.rows else { return }
            let others = cost - old.cost
            let limit = rowLimit(limit)
            let mayCut = now - cutAt >= cutting
            let kept = mayCut ? rows : rows.cut(to: max(0, limit - others))
            nodes[node]?.rows = kept
            cost = others + kept.cost
            guard mayCut, cost > limit else { return }
            cutAt = now
            share(limit, at: now)
        }

        /// What all rows may cost. However many nodes there are, their values aren't left out altogether.
        private func rowLimit(_ limit: Int) -> Int { max(limit - nodes.count * nodeCost, limit / 4) }

        /// What a node's rows may cost at present.
        mutating func room(_ limit: Int, at now: Int64) -> Int {
            if level != .max, now - levelledAt >= levelling { share(rowLimit(limit), at: now) }
            return level
        }

        /// Computes the shares anew and takes away what is beyond them: the largest node loses first.
        private mutating func share(_ limit: Int, at now: Int64) {
            level = WaterLevel.of(nodes.values.lazy.map(\.rows.demand), limit: limit)
            levelledAt = now
            for (name, node) in nodes where node.rows.cost > level {
                let less = node.rows.cut(to: level)
                cost += less.cost - node.rows.cost
                nodes[name]?.rows = less
            }
        }
    }

    private let state = Mutex(State())
    private let clock: CollectorClock
    private let counters: RefusalCounters

    init(costLimit: Int = 64 << 20, clock: CollectorClock, counters: RefusalCounters) {
        self.costLimit = costLimit
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
            let (rows, lost) = EventBacklog.rows(of: tick, frame: frame, columns: events)
            if rows.byteCount > 0 { keep(rows, of: node, at: instant) }
            count(lost)
            let processes = EventBacklog.processes(of: tick, frame: frame, columns: events)
            if processes.byteCount > 0 { state.withLock { $0.keep(commandLines: processes, of: node, limit: costLimit) } }
        }
        let room = state.withLock { state -> Int? in
            state.nodes[node]?.noteTick(tick.header.time, now: now)
            if let lastLook = state.nodes[node]?.lastLook, now - lastLook < Self.period { return nil }
            state.nodes[node]?.lastLook = now
            return state.nodes[node] != nil ? state.room(costLimit, at: now) : nil
        }
        guard let room else { return }
        let rows = FrameRows(tick, frame: frame, columns: columns.filter { $0.key != .event }, room: room)
        let containers = rows.count(of: .container) + (rows.leftOut[.container] ?? 0)
        var processes = rows.leftOut[.process] ?? 0
        // The last row of one that has ended is no process that is there.
        rows.forEachRow(of: .process) { if $0.text("state") != "X" { processes += 1 } }
        let leftOut = state.withLock { state in
            state.nodes[node]?.instant = instant
            state.nodes[node]?.containers = UInt64(containers)
            state.nodes[node]?.processes = UInt64(processes)
            state.nodes[node]?.readTime = max(tick.header.end - tick.header.begin, 0)
            state.keep(rows, of: node, limit: costLimit, now: now)
            return state.nodes[node]?.rows.leftOut.values.reduce(0, +) ?? 0
        }
        if leftOut > 0 { counters.count("live_row_left_out", by: UInt64(leftOut)) }
    }

    private func keep(_ events: FrameRows, of node: String, at instant: Int64) {
        count(state.withLock { state in state.nodes[node] != nil ? state.events.keep(events, of: node, at: instant) : 0 })
    }

    private func count(_ lost: UInt64) {
        if lost > 0 { counters.count("live_event_dropped", by: lost) }
    }

    /// Takes over a mark, which is of no node.
    func note(mark label: String, at time: Int64) {
        count(state.withLock { $0.events.keep(FrameRows(event: "mark", message: label, time: time), of: "", at: clock.steady()) })
    }

    /// Hands over the events that came since somebody called this last, oldest first.
    func takeEvents() -> [EventBacklog.Events] { state.withLock { $0.events.take() } }

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
            state.cost -= gone.rows.cost
            state.commandLines -= gone.commandLines.cost
            // Others get its share with their next ticks.
            state.levelledAt = .min / 2
        }
    }

    subscript(node: String) -> Node? { state.withLock { $0.nodes[node] } }

    var all: [String: Node] { state.withLock { $0.nodes } }

    /// How many rows of a table of all nodes were left out.
    func leftOut(of table: TableID) -> Int {
        state.withLock { state in state.nodes.values.reduce(0) { $0 + ($1.rows.leftOut[table] ?? 0) } }
    }

    /// The names of the nodes, in their order.
    var names: [String] { state.withLock { $0.nodes.keys.sorted() } }
}

extension NewestTicks: ReceivedTickSink {
    func take(_ tick: ReceivedTick) {
        note(
            tick.tick, frame: tick.frame.readableBytesSpan, node: tick.sender.node, columns: tick.sender.names,
            received: tick.received)
    }

    func take(_ ping: Ping, of node: String) { note(ping, node: node) }
}
