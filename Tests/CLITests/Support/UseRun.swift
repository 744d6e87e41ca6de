import StatsCore
import SystemPackage

@testable import CLI

/// A run with tables for summaries: two nodes and six ticks of a second, unless it says otherwise. Both nodes had been up for 500 s at its first tick.
struct UseRun {
    static let uptime: UInt64 = 500_000_000
    var run: VerifyRunBuilder

    init(missing: Bool = false, oneNode: String? = nil) throws {
        run = try VerifyRunBuilder(missing: missing)
        if let oneNode {
            run.manifest.nodes.removeLast()
            run.manifest.nodes[0].node = oneNode
        }
        var host = ""
        for tick in 0..<VerifyRunBuilder.ticks {
            for node in run.manifest.nodes { host += "\(tick),\(node.node),\(Self.uptime + tick * 1_000_000)\n" }
        }
        table("host", "tick,node,uptime_us", host)
        for other in ["disk"] where oneNode != nil { table(other, "tick,node,device,reads", "") }
    }

    /// Writes a table anew.
    /// - Parameters:
    ///   - header: its columns without `time`.
    ///   - rows: lines whose first cell is the tick, from which `time` follows.
    mutating func table(_ name: String, _ header: String, _ rows: String) {
        var text = "time,\(header)\n"
        for row in rows.split(separator: "\n") {
            text += "\(VerifyRunBuilder.time(UInt64(row.prefix { $0 != "," }) ?? 0)),\(row)\n"
        }
        run.files[name + ".csv"] = text
        let kept = (run.files["columns.csv"] ?? "").split(separator: "\n").filter { !$0.hasPrefix("\(name),") }
        var columns = kept.map { $0 + "\n" }.joined()
        for column in ["time"] + header.split(separator: ",").map(String.init) {
            let isCounter =
                column.hasSuffix("_us") && column.hasPrefix("cpu") || column.hasPrefix("rx") || column.hasPrefix("tx")
                || column.hasSuffix("sectors")
            let unit = column.hasSuffix("_bytes") ? "bytes" : column.hasSuffix("_us") ? "microseconds" : column == "pids" ? "count" : ""
            columns += "\(name),\(column),\(unit),\(isCounter ? "counter" : unit.isEmpty ? "identity" : "gauge"),Sonde,\n"
        }
        run.files["columns.csv"] = columns
    }

    /// Sets marks, at ticks.
    mutating func marks(_ marks: [(tick: UInt64, label: String)]) {
        var text = "time,tick,node,kind,message\n"
        for mark in marks { text += "\(VerifyRunBuilder.time(mark.tick)),\(mark.tick),,mark,\(mark.label)\n" }
        run.files["event.csv"] = text
    }

    func write(to directory: FilePath) throws { try run.write(to: directory) }

    func summary(_ wish: RunSummary.Wish = RunSummary.Wish()) async throws -> RunSummary {
        try await TemporaryDirectory.with { directory in
            try run.write(to: directory)
            return try RunSummary(directory.string, wish)
        }
    }
}

extension RunSummary {
    /// The first thing of a kind with this name.
    func use(_ kind: SubjectKind, _ name: String) -> SubjectUse? { uses.first { $0.subject.kind == kind && $0.subject.name == name } }
}
