import StatsCore

/// The newest tick of each node, as it came or as its rows, and what all of that may cost.
///
/// A usual tick is kept as it came, and looked at when somebody asks. Where there is too little room for all rows, the largest nodes lose theirs first.
struct KeptTicks {
    /// The largest tick that is kept as it came until somebody looks, in bytes.
    private static let unseenSize = 64 * 1024
    /// What a node costs without its rows: its facts, its values and their course.
    private static let nodeCost = 16 * 1024
    /// What a small host costs with its rows.
    private static let usualCost = 32 * 1024
    /// Where nodes want more than there is, their shares are computed anew that often (µs), so that what one no longer wants goes to others.
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
        var node = LiveNode()
        var unseen: Unseen?
    }

    private let costLimit: Int
    private let most: Int
    private var entries: [String: Entry] = [:]
    /// What all rows cost that are kept.
    private var cost = 0
    /// The bytes of all ticks that nobody has looked at.
    private var unseen = 0
    /// What all command lines cost.
    private var commandLines = 0
    /// What one node's rows may cost.
    private var level = Int.max
    /// When that was computed, on the steady clock.
    private var levelledAt = Int64.min / 2
    /// When rows were last taken from some nodes because another had more than before.
    private var cutAt = Int64.min / 2

    /// - Parameters:
    ///   - costLimit: what all rows and nodes may cost together, in bytes (`FrameRows.cost`).
    ///   - most: the same for as many nodes as there may be: each adds to the limit what a usual one takes.
    init(costLimit: Int, most: Int) {
        self.costLimit = costLimit
        self.most = max(most, costLimit)
    }

    private var limit: Int { min(costLimit + entries.count * Self.usualCost, most) }

    /// What all rows may cost. However many nodes there are, their values aren't left out altogether.
    private var rowLimit: Int { max(limit - entries.count * Self.nodeCost - unseen, limit / 4) }

    // MARK: Nodes

    /// The names of the nodes, in their order.
    var names: [String] { entries.keys.sorted() }

    func has(_ name: String) -> Bool { entries[name] != nil }

    mutating func add(_ name: String) {
        if entries[name] == nil { entries[name] = Entry() }
    }

    mutating func remove(_ name: String) {
        guard let gone = entries.removeValue(forKey: name) else { return }
        _ = forget(gone)
        cost -= gone.node.rows.cost
        commandLines -= gone.node.commandLines.cost
        // Others get its share with their next ticks.
        levelledAt = .min / 2
    }

    /// What is known of a node apart from its rows.
    func facts(of name: String) -> (clock: LiveNode.ClockReading?, readTime: Int64)? {
        entries[name].map { ($0.node.clock, $0.node.readTime) }
    }

    func note(_ ping: Ping, of name: String) { entries[name]?.node.note(ping) }

    /// Takes over the command lines that a tick's events tell. Those of all nodes may cost an eighth of what rows may.
    mutating func take(commandLines rows: FrameRows, of name: String) {
        guard let entry = entries[name] else { return }
        let old = entry.node.commandLines.cost
        entry.node.commandLines.take(rows, room: max(0, limit / 8 - (commandLines - old)))
        commandLines += entry.node.commandLines.cost - old
    }

    // MARK: Ticks

    /// Takes over a tick.
    /// - Parameters:
    ///   - instant: that of the tick, on the steady clock.
    ///   - now: on the steady clock.
    /// - Returns: how many rows had no room.
    mutating func take(
        _ tick: TickFrame, frame: RawSpan, _ columns: [TableID: FrameRows.Columns], at instant: Int64, of name: String, now: Int64
    ) -> Int {
        guard let entry = entries[name] else { return 0 }
        entry.node.noteTick(tick.header, now: now)
        if keepUnseen(tick, frame: frame, columns, at: instant, in: entry) { return 0 }
        _ = forget(entry)
        return entry.node.takeLook(now: now) ? keep(tick, frame: frame, columns, at: instant, in: entry, now: now) : 0
    }

    /// Looks at a node's tick.
    /// - Returns: how many rows had no room.
    mutating func look(at name: String, now: Int64) -> (node: LiveNode?, leftOut: Int) {
        guard let entry = entries[name] else { return (nil, 0) }
        let leftOut = look(at: entry, now: now)
        return (entry.node, leftOut)
    }

    /// Looks at all ticks, at the smallest first: where there is too little room, the largest lose.
    mutating func lookAtAll(now: Int64) -> (nodes: [String: LiveNode], leftOut: Int) {
        let new = entries.values.filter { $0.unseen != nil }.sorted { $0.unseen?.bytes.count ?? 0 < $1.unseen?.bytes.count ?? 0 }
        let leftOut = new.reduce(0) { $0 + look(at: $1, now: now) }
        return (entries.mapValues(\.node), leftOut)
    }

    /// Keeps a tick as it is until somebody looks.
    /// - Returns: false when it is too large for that, or all of them are.
    private mutating func keepUnseen(
        _ tick: TickFrame, frame: RawSpan, _ columns: [TableID: FrameRows.Columns], at instant: Int64, in entry: Entry
    ) -> Bool {
        let size = frame.byteCount
        let old = entry.unseen?.bytes.count ?? 0
        guard size <= Self.unseenSize, unseen - old + size <= limit / 4 else { return false }
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

    private mutating func look(at entry: Entry, now: Int64) -> Int {
        guard let tick = forget(entry) else { return 0 }
        return keep(tick.tick, frame: tick.bytes.span.bytes, tick.columns, at: tick.instant, in: entry, now: now)
    }

    /// Takes what nobody has looked at out of an entry.
    private mutating func forget(_ entry: Entry) -> Unseen? {
        defer { entry.unseen = nil }
        unseen -= entry.unseen?.bytes.count ?? 0
        return entry.unseen
    }

    // MARK: Rows

    /// Keeps a tick's rows, as far as there is room.
    /// - Returns: how many had none.
    private mutating func keep(
        _ tick: TickFrame, frame: RawSpan, _ columns: [TableID: FrameRows.Columns], at instant: Int64, in entry: Entry, now: Int64
    ) -> Int {
        // Events are kept aside, and nobody looks at applications' metrics here.
        let shown = columns.filter { $0.key != .event && $0.key != .metric }
        let rows = FrameRows(tick, frame: frame, columns: shown, room: room(at: now))
        entry.node.count(rows, at: instant)
        keep(rows, in: entry, now: now)
        return entry.node.rows.leftOut.values.reduce(0, +)
    }

    private mutating func keep(_ rows: FrameRows, in entry: Entry, now: Int64) {
        let others = cost - entry.node.rows.cost
        let limit = rowLimit
        let mayCut = now - cutAt >= Self.cutting
        let kept = mayCut ? rows : rows.cut(to: max(0, limit - others))
        entry.node.rows = kept
        cost = others + kept.cost
        guard mayCut, cost > limit else { return }
        cutAt = now
        share(limit, at: now)
    }

    /// What a node's rows may cost at present.
    private mutating func room(at now: Int64) -> Int {
        if level != .max, now - levelledAt >= Self.levelling { share(rowLimit, at: now) }
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
