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
        fileprivate mutating func noteTick(_ header: TickHeader, now: Int64) {
            let instant = header.time
            readTime = max(header.end - header.begin, 0)
            if let lastInstant, instant > lastInstant { interval = instant - lastInstant }
            (lastInstant, lastTick) = (instant, now)
        }
    }

    /// The largest tick that is kept as it came until somebody looks, in bytes.
    private static let unseenSize = 64 * 1024
    /// Rows of larger ones are looked at no more often than that (µs): at short intervals live values would cost more than the recording.
    private static let period: Int64 = 250_000

    /// What the rows of all nodes together may cost, in bytes (`FrameRows.cost`), with the nodes themselves.
    private let costLimit: Int
    private let most: Int
    /// What a node costs without its rows: its facts, its values and their course.
    private static let nodeCost = 16 * 1024
    /// What a small host costs with its rows.
    private static let usualCost = 32 * 1024

    /// Where nodes want more than that, their shares are computed anew that often (µs), so that what one no longer wants goes to others.
    private static let levelling: Int64 = 1_000_000
    /// How often (µs) rows are taken from some nodes for others, at most: all who look at values wait meanwhile. Until then a node gets what is left.
    private static let cutting: Int64 = 100_000

    /// The newest tick of a node as it came, which nobody has looked at.
    private struct Unseen {
        var tick: TickFrame
        /// The whole frame.
        var bytes: [UInt8]
        var columns: [TableID: FrameRows.Columns]
        /// On the steady clock.
        var instant: Int64
    }

    private final class Entry {
        var node = Node()
        var unseen: Unseen?
    }

    private struct State {
        var entries: [String: Entry] = [:]
        /// What all rows cost that are kept.
        var cost = 0
        /// The bytes of all ticks that nobody has looked at.
        var unseen = 0
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
        mutating func keep(commandLines rows: FrameRows, of name: String, limit: Int) {
            guard let entry = entries[name] else { return }
            let old = entry.node.commandLines.cost
            entry.node.commandLines.take(rows, room: max(0, limit / 8 - (commandLines - old)))
            commandLines += entry.node.commandLines.cost - old
        }

        /// Keeps a tick as it is until somebody looks.
        /// - Returns: false when it is too large for that, or all of them are.
        mutating func keep(
            _ tick: TickFrame, frame: RawSpan, _ columns: [TableID: FrameRows.Columns], at instant: Int64, in entry: Entry, limit: Int
        )
            -> Bool
        {
            let size = frame.byteCount
            let old = entry.unseen?.bytes.count ?? 0
            guard size <= NewestTicks.unseenSize, unseen - old + size <= limit / 4 else { return false }
            unseen += size - old
            if let capacity = entry.unseen?.bytes.capacity, capacity <= 2 * size {
                entry.unseen?.bytes.removeAll(keepingCapacity: true)
                frame.withUnsafeBytes { entry.unseen?.bytes.append(contentsOf: $0) }
                entry.unseen?.tick = tick
                entry.unseen?.columns = columns
                entry.unseen?.instant = instant
            } else {
                entry.unseen = Unseen(tick: tick, bytes: frame.withUnsafeBytes { Array($0) }, columns: columns, instant: instant)
            }
            return true
        }

        /// Looks at a tick that nobody has looked at yet.
        /// - Returns: how many rows had no room.
        mutating func look(at entry: Entry, limit: Int, now: Int64) -> Int {
            guard let tick = forget(entry) else { return 0 }
            return keep(tick.tick, frame: tick.bytes.span.bytes, tick.columns, at: tick.instant, in: entry, limit: limit, now: now)
        }

        /// Looks at all of them, at the smallest first: where there is too little room, the largest lose.
        mutating func lookAtAll(limit: Int, now: Int64) -> Int {
            let new = entries.values.filter { $0.unseen != nil }.sorted { $0.unseen?.bytes.count ?? 0 < $1.unseen?.bytes.count ?? 0 }
            return new.reduce(0) { $0 + look(at: $1, limit: limit, now: now) }
        }

        /// Takes what nobody has looked at out of an entry.
        mutating func forget(_ entry: Entry) -> Unseen? {
            defer { entry.unseen = nil }
            unseen -= entry.unseen?.bytes.count ?? 0
            return entry.unseen
        }

        /// Keeps a tick's rows, as far as there is room.
        /// - Returns: how many had none.
        mutating func keep(
            _ tick: TickFrame, frame: RawSpan, _ columns: [TableID: FrameRows.Columns], at instant: Int64, in entry: Entry, limit: Int,
            now: Int64
        ) -> Int {
            // Events are kept aside, and nobody looks at applications' metrics here.
            let shown = columns.filter { $0.key != .event && $0.key != .metric }
            let rows = FrameRows(tick, frame: frame, columns: shown, room: room(limit, at: now))
            let containers = rows.count(of: .container) + (rows.leftOut[.container] ?? 0)
            var processes = rows.leftOut[.process] ?? 0
            // The last row of one that has ended is no process that is there.
            rows.forEachRow(of: .process) { if $0.text("state") != "X" { processes += 1 } }
            entry.node.instant = instant
            entry.node.containers = UInt64(containers)
            entry.node.processes = UInt64(processes)
            keep(rows, in: entry, limit: limit, now: now)
            return entry.node.rows.leftOut.values.reduce(0, +)
        }

        private mutating func keep(_ rows: FrameRows, in entry: Entry, limit: Int, now: Int64) {
            let others = cost - entry.node.rows.cost
            let limit = rowLimit(limit)
            let mayCut = now - cutAt >= cutting
            let kept = mayCut ? rows : rows.cut(to: max(0, limit - others))
            entry.node.rows = kept
            cost = others + kept.cost
            guard mayCut, cost > limit else { return }
            cutAt = now
            share(limit, at: now)
        }

        /// What all rows may cost. However many nodes there are, their values aren't left out altogether.
        private func rowLimit(_ limit: Int) -> Int { max(limit - entries.count * nodeCost - unseen, limit / 4) }

        /// What a node's rows may cost at present.
        mutating func room(_ limit: Int, at now: Int64) -> Int {
            if level != .max, now - levelledAt >= levelling { share(rowLimit(limit), at: now) }
            return level
        }

        /// Computes the shares anew and takes away what is beyond them: the largest node loses first.
        private mutating func share(_ limit: Int, at now: Int64) {
            level = WaterLevel.of(entries.values.lazy.map(\.node.rows.demand), limit: limit)
            levelledAt = now
            for entry in entries.values where entry.node.rows.cost > level {
                let less = entry.node.rows.cut(to: level)
                cost += less.cost - entry.node.rows.cost
                entry.node.rows = less
            }
        }
    }

    private let state = Mutex(State())
    private let clock: CollectorClock
    private let counters: RefusalCounters

    /// - Parameters:
    ///   - costLimit: what all rows and nodes may cost together.
    ///   - most: the same for as many nodes as there may be: each adds to the limit what a usual one takes.
    init(costLimit: Int = 64 << 20, most: Int? = nil, clock: CollectorClock, counters: RefusalCounters) {
        self.costLimit = costLimit
        self.most = max(most ?? costLimit, costLimit)
        self.clock = clock
        self.counters = counters
    }

    private func limit(_ nodes: Int) -> Int { min(costLimit + nodes * Self.usualCost, most) }

    /// The node's agent was let in. What is noted of a node that isn't here is passed over: it comes from a session that was replaced.
    func add(_ node: String) {
        state.withLock { if $0.entries[node] == nil { $0.entries[node] = Entry() } }
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
            if processes.byteCount > 0 { state.withLock { $0.keep(commandLines: processes, of: node, limit: limit($0.entries.count)) } }
        }
        let leftOut = state.withLock { state -> Int in
            guard let entry = state.entries[node] else { return 0 }
            let limit = limit(state.entries.count)
            entry.node.noteTick(tick.header, now: now)
            if state.keep(tick, frame: frame, columns, at: instant, in: entry, limit: limit) { return 0 }
            _ = state.forget(entry)
            if let lastLook = entry.node.lastLook, now - lastLook < Self.period { return 0 }
            entry.node.lastLook = now
            return state.keep(tick, frame: frame, columns, at: instant, in: entry, limit: limit, now: now)
        }
        countLeftOut(leftOut)
    }

    private func countLeftOut(_ rows: Int) {
        if rows > 0 { counters.count("live_row_left_out", by: UInt64(rows)) }
    }

    private func keep(_ events: FrameRows, of node: String, at instant: Int64) {
        count(state.withLock { state in state.entries[node] != nil ? state.events.keep(events, of: node, at: instant) : 0 })
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
    func note(_ ping: Ping, node: String) {
        state.withLock { state in
            guard let entry = state.entries[node] else { return }
            if let offset = ping.offset, let error = ping.error { entry.node.clock = ClockReading(offset: offset, error: error) }
            entry.node.backlogFrames = ping.backlogFrames
            entry.node.backlogBytes = ping.backlogBytes
        }
    }

    /// The node's agent has gone: what it said is no longer live.
    func remove(_ node: String) {
        state.withLock { state in
            guard let gone = state.entries.removeValue(forKey: node) else { return }
            _ = state.forget(gone)
            state.cost -= gone.node.rows.cost
            state.commandLines -= gone.node.commandLines.cost
            // Others get its share with their next ticks.
            state.levelledAt = .min / 2
        }
    }

    subscript(node: String) -> Node? {
        let now = clock.steady()
        let (found, leftOut) = state.withLock { state -> (Node?, Int) in
            guard let entry = state.entries[node] else { return (nil, 0) }
            let leftOut = state.look(at: entry, limit: limit(state.entries.count), now: now)
            return (entry.node, leftOut)
        }
        countLeftOut(leftOut)
        return found
    }

    var all: [String: Node] {
        let now = clock.steady()
        let (nodes, leftOut) = state.withLock { state -> ([String: Node], Int) in
            let leftOut = state.lookAtAll(limit: limit(state.entries.count), now: now)
            return (state.entries.mapValues(\.node), leftOut)
        }
        countLeftOut(leftOut)
        return nodes
    }

    /// What is known of a node apart from its rows.
    func facts(of node: String) -> (clock: ClockReading?, readTime: Int64)? {
        state.withLock { state in state.entries[node].map { ($0.node.clock, $0.node.readTime) } }
    }

    /// How many rows of a table of all nodes were left out.
    func leftOut(of table: TableID) -> Int { all.values.reduce(0) { $0 + ($1.rows.leftOut[table] ?? 0) } }

    /// The names of the nodes, in their order.
    var names: [String] { state.withLock { $0.entries.keys.sorted() } }
}

extension NewestTicks: ReceivedTickSink {
    func take(_ tick: ReceivedTick) {
        note(
            tick.tick, frame: tick.frame.readableBytesSpan, node: tick.sender.node, columns: tick.sender.names,
            received: tick.received)
    }

    func take(_ ping: Ping, of node: String) { note(ping, node: node) }
}
