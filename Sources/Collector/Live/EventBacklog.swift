import StatsCore

/// The events that came since somebody asked for them last. Unlike values, no newer tick replaces them.
struct EventBacklog: Sendable {
    /// The rows of table event that one tick brought, without those of processes, which nobody follows live and which are as many as there are processes,
    /// and without those that say what a container was started with.
    struct Events: Sendable {
        let node: String
        let rows: FrameRows
        /// Of that tick, on the steady clock.
        let instant: Int64
        fileprivate let weight: Int
    }

    /// Ticks with events are kept, as many and as much weight; of one tick half of that.
    private static let limit = (count: 500, weight: 2 << 20)
    /// What a row weighs besides its bytes, as it is told with its columns' names.
    private static let rowWeight = 512

    private var events: [Events] = []
    private var weight = 0

    /// The events of new processes.
    static func processes(of tick: TickFrame, frame: RawSpan, columns: FrameRows.Columns) -> FrameRows {
        let kind = columns.place("kind")
        return FrameRows(FrameRows(tick, frame: frame, columns: [.event: columns]), only: .event) { $0.holds("process", at: kind) }
    }

    /// The events of a tick that somebody follows live, and how many of them are beyond the limit.
    static func rows(of tick: TickFrame, frame: RawSpan, columns: FrameRows.Columns) -> (rows: FrameRows, lost: UInt64) {
        let kind = columns.place("kind")
        var (room, lost) = (limit.weight / 2, UInt64(0))
        let rows = FrameRows(FrameRows(tick, frame: frame, columns: [.event: columns]), only: .event) { row in
            if row.holds("process", at: kind) || row.holds("container settings", at: kind) { return false }
            room -= row.byteCount + rowWeight
            if room < 0 { lost += 1 }
            return room >= 0
        }
        return (rows, lost)
    }

    /// When there are too many, those of the node that sent most go, the oldest first: a flood drowns nobody else's.
    /// - Returns: how many rows had to go.
    mutating func keep(_ rows: FrameRows, of node: String, at instant: Int64) -> UInt64 {
        let new = Events(node: node, rows: rows, instant: instant, weight: rows.byteCount + rows.count(of: .event) * Self.rowWeight)
        events.append(new)
        weight += new.weight
        var lost: UInt64 = 0
        while events.count > Self.limit.count || weight > Self.limit.weight {
            let sums = events.reduce(into: [String: Int]()) { $0[$1.node, default: 0] += $1.weight }
            let largest = sums.max { $0.value < $1.value }?.key
            guard let index = events.firstIndex(where: { $0.node == largest }) else { break }
            let gone = events.remove(at: index)
            weight -= gone.weight
            lost += UInt64(gone.rows.count(of: .event))
        }
        return lost
    }

    /// Hands over all of them, oldest first.
    mutating func take() -> [Events] {
        defer { (events, weight) = ([], 0) }
        return events
    }
}
