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

    /// - Parameter each: gets every event.
    init(_ run: borrowing RunOnDisk, each: (Event) -> Void = { _ in }) throws {
        guard let columns = run.tables["event"]?.map(\.name) else { return }
        let place = { (name: String) in columns.firstIndex(of: name) }
        var reader: CSVReader
        do { reader = try run.reader(of: "event") } catch let error as DiskError where error.isAbsent { return }
        _ = try reader.advance()
        while let fields = try reader.next() {
            guard fields.count == columns.count else { continue }
            let text = { (name: String) in place(name).map { fields[$0] } ?? "" }
            guard let time = Self.instant(text("time"), text("tick"), run.claims.grid, run.lastTick) else { continue }
            let event = Event(
                time: time, kind: text("kind"), node: text("node"),
                text: [text("container"), text("message"), text("exit_code").isEmpty ? "" : "exit \(text("exit_code"))"]
                    .filter { !$0.isEmpty }.joined(separator: " · "),
                container: text("container"), containerID: text("container_id"),
                decision: text("kind") == "action" ? RecordedDecision(detail: text("detail")) : nil)
            each(event)
            keep(event)
        }
    }

    private mutating func keep(_ event: Event) {
        // Each process that is seen for the first time has an event: they fill lanes, not lists.
        guard event.kind != "process" else { return }
        count += 1
        if events.count < Self.kept { events.append(event) }
        guard let kind = Self.kind(of: event) else { return }
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
        case "container start", "agent joined": .begin
        case "container die", "oom", "agent lost": .end
        case "action" where event.decision?.result == "done": .end
        default: nil
        }
    }

    /// An event's own time; where that is no instant, its tick's.
    private static func instant(_ time: String, _ tick: String, _ grid: Grid, _ last: UInt64) -> Int64? {
        RunInstant.microseconds(time) ?? UInt64(tick).flatMap { $0 <= last ? grid.instant(of: $0) : nil }
    }
}
