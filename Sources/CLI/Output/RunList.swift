import StatsCore

/// Which runs a list shows, and in which order.
struct RunSelection {
    enum Order: String, CaseIterable {
        case name, time, size
    }

    var order = Order.time
    /// All of them must be there.
    var labels: [String: String] = [:]
    var state: RunState?

    func choose(_ runs: [RunListing]) -> [RunListing] {
        let chosen = runs.filter { run in
            (state == nil || run.state == state) && labels.allSatisfy { run.labels?[$0.key] == $0.value }
        }
        return switch order {
        case .name: chosen.sorted { ($0.name, $0.t0Us) < ($1.name, $1.t0Us) }
        case .time: chosen.sorted { ($0.t0Us, $0.name) > ($1.t0Us, $1.name) }
        case .size: chosen.sorted { ($0.size, $0.t0Us) > ($1.size, $1.t0Us) }
        }
    }
}

/// Some of the runs, or all.
struct RunList {
    let runs: [RunListing]
    /// How many runs there are besides.
    var leftOut = 0

    var text: String {
        guard !runs.isEmpty else {
            return leftOut > 0
                ? "No run is like that, of \(HumanUnits.count(leftOut, "run")) altogether." : "No runs yet; `sonde start NAME` starts one."
        }
        var table = TextTable("RUN", "STATE", "BEGAN", "INTERVAL", ">NODES", ">ROWS", ">SIZE", "LABELS", "VERDICT")
        for run in runs {
            table.append(
                run.name, run.state.rawValue + (run.isPinned == true ? ", pinned" : ""), String(run.t0.prefix(19)),
                Interval(microseconds: run.intervalUs).description, String(run.nodeCount),
                String(run.files.values.reduce(0) { $0 &+ $1.rows }), HumanUnits.bytes(run.size), RunLabels.text(run.labels), run.verdict)
        }
        return table.text()
    }
}

extension RunListing {
    /// In bytes: on the disk, as the collector says; an earlier version of it says only what the files hold.
    var size: UInt64 { diskBytes ?? files.values.reduce(0) { $0.saturatingAdding($1.bytes) } }

    /// `complete, of 2026-11-27T10:00:00, 12.0 MiB on the disk`
    var summary: String { "\(state.rawValue), of \(t0.prefix(19)), \(HumanUnits.bytes(size)) on the disk" }
}
