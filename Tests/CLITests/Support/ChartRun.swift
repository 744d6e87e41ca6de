import StatsCore
import SystemPackage

@testable import CLI

/// A run with containers for charts: two nodes, six ticks of a second, a gap on node b, and a container table with a gauge and a counter.
struct ChartRun {
    var run: VerifyRunBuilder

    static let columns = [
        "time", "tick", "node", "container_id", "container", "image", "sample_age_us", "cpu_percent", "cpu_us", "rx_bytes", "started_us",
    ]

    init(missing: Bool = false) throws {
        run = try VerifyRunBuilder(missing: missing)
        run.files["container.csv"] = Self.columns.joined(separator: ",") + "\n"
        let kinds = ["container_id", "container", "image", "sample_age_us", "time", "tick", "node", "started_us"]
        let units = ["cpu_percent": "percent", "cpu_us": "microseconds", "rx_bytes": "bytes"]
        for name in Self.columns {
            let kind = kinds.contains(name) ? "identity" : name == "cpu_percent" ? "gauge" : "counter"
            run.files["columns.csv"]! += "container,\(name),\(units[name] ?? ""),\(kind),Sonde,What it is\n"
        }
    }

    /// Adds a row; `nil` is an empty cell.
    mutating func add(
        _ tick: UInt64, node: String = "a", id: String, name: String, image: String = "img", age: Int = 0, percent: Double? = nil,
        cpu: UInt64? = nil, received: UInt64? = nil, started: UInt64? = nil
    ) {
        let quoted =
            name.contains { "\",\n".contains($0) }
            ? "\"\(name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\""))\"" : name
        let cells = [percent.map { "\($0)" }, cpu.map { "\($0)" }, received.map { "\($0)" }, started.map { "\($0)" }].map { $0 ?? "" }
        run.files["container.csv"]! +=
            "\(VerifyRunBuilder.time(tick)),\(tick),\(node),\(id),\(quoted),\(image),\(age),\(cells.joined(separator: ","))\n"
    }

    /// Adds a row of table unit.
    mutating func unit(_ tick: UInt64, _ name: String, cgroup: String, percent: Double, memory: UInt64, read: UInt64) {
        let columns = [
            ("unit", "", "identity"), ("unit_kind", "", "identity"), ("cgroup", "", "identity"), ("sample_age_us", "microseconds", "gauge"),
            ("cpu_percent", "percent", "gauge"), ("memory_usage_bytes", "bytes", "gauge"), ("io_read_bytes", "bytes", "counter"),
            ("io_write_bytes", "bytes", "counter"),
        ]
        if run.files["unit.csv"] == nil {
            run.files["unit.csv"] = "time,tick,node,\(columns.map(\.0).joined(separator: ","))\n"
            for (name, unit, kind) in [("time", "", "identity"), ("tick", "", "identity"), ("node", "", "identity")] + columns {
                run.files["columns.csv"]! += "unit,\(name),\(unit),\(kind),Sonde,What it is\n"
            }
        }
        run.files["unit.csv"]! += "\(VerifyRunBuilder.time(tick)),\(tick),a,\(name),service,\(cgroup),0,\(percent),\(memory),\(read),0\n"
    }

    /// Adds a row of table event; the file has no others then.
    /// - Parameter after: microseconds since the tick's instant.
    mutating func event(_ tick: UInt64, kind: String, id: String = "", name: String = "", message: String = "", after: Int64 = 0) {
        let header = "time,tick,node,kind,message,container_id,container\n"
        if run.files["event.csv"]?.hasPrefix(header) != true {
            run.files["event.csv"] = header
            for column in ["container_id", "container"] { run.files["columns.csv"]! += "event,\(column),,identity,Sonde,What it is\n" }
        }
        let time = (Timestamp.nanoseconds(VerifyRunBuilder.time(tick)) ?? 0) / 1000 + after
        run.files["event.csv"]! += "\(Timestamp.string(time)),\(tick),\(kind == "mark" ? "" : "a"),\(kind),\(message),\(id),\(name)\n"
    }

    /// Writes the run and calls `body` with its directory.
    func with(_ body: (FilePath) async throws -> Void) async throws {
        try await TemporaryDirectory.with { directory in
            try run.write(to: directory)
            try await body(directory)
        }
    }

    /// The values that a query gives.
    func values(_ query: SeriesQuery) async throws -> Collected {
        var collected = Collected()
        try await with { directory in
            let run = try RunOnDisk(directory.string)
            let plan = try SeriesPlan(query, run)
            var scan = SeriesScan(plan, grid: run.claims.grid, lastTick: run.lastTick)
            try scan.read(run.cursor(of: query.table, plan.columns), into: &collected)
            collected.names = scan.names
            collected.badRows = scan.badRows
        }
        return collected
    }

    /// Keeps all values by line.
    struct Collected: SeriesSink {
        struct Point: Equatable {
            let tick: UInt64
            let number: Double
            let isJoined: Bool

            init(_ tick: UInt64, _ number: Double, _ isJoined: Bool) {
                self.tick = tick
                self.number = number
                self.isJoined = isJoined
            }
        }

        var points: [Int: [Point]] = [:]
        var names: [[String]] = []
        var badRows: UInt64 = 0

        mutating func take(_ number: Double, value: Int, group: Int, tick: UInt64, isJoined: Bool) {
            points[group, default: []].append(Point(tick, number, isJoined))
        }
    }
}
