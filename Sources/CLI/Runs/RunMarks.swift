import StatsCore

/// Reads event.csv once: what happened when, bounded in number.
struct RunMarks {
    struct Event {
        let time: Int64
        let kind: String
        let node: String
        /// For a person.
        let text: String
        let container: String
        let containerID: String
        /// Of an event of kind `action`.
        let decision: RecordedDecision?
    }

    /// How many events are kept to be listed, and how many vertical lines a figure may have of one kind.
    static let kept = 500
    private(set) var events: [Event] = []
    private(set) var marks: [Figure.Mark] = []
    private(set) var count: UInt64 = 0
    private(set) var leftOut: UInt64 = 0
    private var counts: [Figure.Mark.Kind: Int] = [:]

    /// - Parameters:
    ///   - each: gets every event.
    ///   - draws: whether an event may become a vertical line.
    init(_ run: borrowing RunOnDisk, each: (Event) -> Void = { _ in }, draws: (Event) -> Bool = { _ in true }) throws {
        guard var rows = try run.cursor(of: RunFiles.table(of: RunFiles.table(.event)), Self.columns) else { return }
        while try rows.advance() {
            guard let event = Self.event(rows.row, run.claims.grid, run.lastTick) else { continue }
            each(event)
            keep(event, draws)
        }
    }

    /// From the run's first tick to its last, and to the marks that were set just before and behind them.
    static func span(_ run: borrowing RunOnDisk) throws -> ClosedRange<Int64> {
        var span = run.span
        // A run waits some seconds for its first tick, and its last one may be an interval away.
        let reach = max(10_000_000, run.claims.grid.interval)
        let around = span.lowerBound - reach...span.upperBound + reach
        guard var rows = try run.cursor(of: RunFiles.table(of: RunFiles.table(.event)), ["time", "tick", "kind"]) else { return span }
        while try rows.advance() {
            guard rows.row.text("kind") == "mark" else { continue }
            let time = instant(rows.row.text("time") ?? "", rows.row.count("tick"), run.claims.grid, run.lastTick)
            guard let time, around.contains(time) else { continue }
            span = min(span.lowerBound, time)...max(span.upperBound, time)
        }
        return span
    }

    private static let columns = ["time", "tick", "node", "kind", "container", "container_id", "message", "exit_code", "detail"]

    /// - Returns: `nil` when nothing says when it happened.
    private static func event(_ row: borrowing TableRow, _ grid: Grid, _ lastTick: UInt64) -> Event? {
        guard let time = instant(row.text("time") ?? "", row.count("tick"), grid, lastTick) else { return nil }
        let kind = row.text("kind") ?? ""
        let container = row.text("container")
        return Event(
            time: time, kind: kind, node: row.text("node") ?? "",
            text: [container, row.text("message"), row.text("exit_code").map { "exit \($0)" }].compactMap(\.self).joined(separator: " · "),
            container: container ?? "", containerID: row.text("container_id") ?? "",
            decision: kind == "action" ? RecordedDecision(detail: row.text("detail") ?? "") : nil)
    }

    private mutating func keep(_ event: Event, _ draws: (Event) -> Bool) {
        // Each process that is seen for the first time has an event: they fill lanes, not lists.
        guard event.kind != "process" else { return }
        count += 1
        if events.count < Self.kept { events.append(event) }
        guard let kind = Self.kind(of: event), draws(event) else { return }
        counts[kind, default: 0] += 1
        guard counts[kind, default: 0] <= 200 else {
            leftOut += 1
            return
        }
        marks.append(Figure.Mark(kind, time: event.time, label: kind == .mark ? event.text : "\(event.kind) \(event.text)"))
    }

    private static func kind(of event: Event) -> Figure.Mark.Kind? {
        switch event.kind {
        case "mark": .mark
        case "container start", "agent joined", "command began": .begin
        case "container die", "oom", "agent lost", "command ended": .end
        case "action" where event.decision?.result == "done": .end
        default: nil
        }
    }

    /// An event's own time; where that is no instant, its tick's.
    private static func instant(_ time: String, _ tick: UInt64?, _ grid: Grid, _ last: UInt64) -> Int64? {
        Timestamp.nanoseconds(time).map { $0 / 1000 } ?? tick.flatMap { $0 <= last ? grid.instant(of: $0) : nil }
    }
}
