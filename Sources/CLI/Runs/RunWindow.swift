import StatsCore

/// A part of a run: its ticks from one instant to another, each of them a mark, a time or the run's end.
struct RunWindow: Sendable, Equatable {
    let ticks: ClosedRange<UInt64>
    /// As its user named it; empty for the whole run.
    let name: String

    /// The ends of a part, as they were given: a mark's label, what has passed since the run's begin (`90s`), or an instant.
    struct Ends: Sendable, Equatable {
        var from: String?
        var to: String?

        init(from: String? = nil, to: String? = nil) {
            self.from = from.flatMap { $0.isEmpty ? nil : $0 }
            self.to = to.flatMap { $0.isEmpty ? nil : $0 }
        }

        /// Reads `from..to`, of which each may be left out.
        /// - Returns: `nil` without the two dots, or when both sides are empty.
        init?(_ text: String) {
            guard let dots = text.firstRange(of: "..") else { return nil }
            self.init(from: String(text[..<dots.lowerBound]), to: String(text[dots.upperBound...]))
            if from == nil, to == nil { return nil }
        }

        var isWhole: Bool { from == nil && to == nil }
        var text: String { isWhole ? "" : "\(from ?? "")..\(to ?? "")" }
    }

    static func whole(_ run: borrowing RunOnDisk) -> RunWindow { RunWindow(ticks: 0...run.lastTick, name: "") }

    /// All parts of a run that begin and end so, in their order: a mark that was set again begins another one. They have no tick in common but that of a mark.
    /// - Throws: `CommandFailure` that names the marks that there are, when there is no such part.
    static func all(_ ends: Ends, of run: borrowing RunOnDisk) throws -> [RunWindow] {
        guard !ends.isWhole else { return [whole(run)] }
        var marks: [(time: Int64, label: String)] = []
        _ = try RunMarks(run, each: { if $0.kind == "mark" { marks.append(($0.time, $0.text)) } })
        marks.sort { $0.time < $1.time }
        let grid = run.claims.grid
        let begins = try instants(ends.from, marks, run) ?? [run.span.lowerBound]
        let stops = try instants(ends.to, marks, run) ?? [run.span.upperBound]
        var windows: [RunWindow] = []
        var free = Int64.min
        for begin in begins where begin >= free {
            guard let stop = stops.first(where: { $0 > begin }) else { break }
            free = stop
            let first = grid.next(at: begin)
            guard let last = grid.latest(at: stop).map({ min($0, run.lastTick) }), first <= last else { continue }
            windows.append(RunWindow(ticks: first...last, name: ends.text))
        }
        guard !windows.isEmpty else {
            throw CommandFailure(
                code: "bad_time",
                message:
                    "Nothing of run \(run.manifest.name) lies in \(ends.text): it goes from \(Timestamp.string(run.span.lowerBound)) to \(Timestamp.string(run.span.upperBound))\(naming(marks.map(\.label)))."
            )
        }
        return windows
    }

    /// - Returns: `nil` when nothing was given.
    private static func instants(_ text: String?, _ marks: [(time: Int64, label: String)], _ run: borrowing RunOnDisk)
        throws(CommandFailure) -> [Int64]?
    {
        guard let text else { return nil }
        let t0 = run.claims.grid.t0
        let found = marks.filter { $0.label == text }.map(\.time)
        if !found.isEmpty { return found }
        if let instant = RunInstant.read(text, since: t0) { return [instant] }
        throw CommandFailure(
            code: "no_mark",
            message:
                "Run \(run.manifest.name) has no mark “\(text)”, and that is no time since its begin (90s, 5m) nor an instant (\(Timestamp.string(t0)))\(naming(marks.map(\.label)))."
        )
    }

    private static func naming(_ labels: [String]) -> String {
        var known: [String] = []
        for label in labels where !known.contains(label) && known.count < 20 { known.append(label) }
        return known.isEmpty ? ". It has no marks" : ". Its marks: " + known.map { "“\($0)”" }.joined(separator: ", ")
    }
}

/// What reports in JSON say of a part: members beside those of whatever is of that part.
extension RunWindow: Encodable {
    private enum Keys: String, CodingKey {
        case window
        case fromTick = "from_tick"
        case toTick = "to_tick"
    }

    func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Keys.self)
        try members.encodeIfPresent(name.isEmpty ? nil : name, forKey: .window)
        try members.encode(ticks.lowerBound, forKey: .fromTick)
        try members.encode(ticks.upperBound, forKey: .toTick)
    }
}
