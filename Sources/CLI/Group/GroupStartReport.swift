import ArgumentParser
import StatsCore

/// A run that several collectors have begun.
struct GroupStartReport: Presentable {
    struct Run: Encodable {
        let collector: String
        let nodes: Int
        let run: RunReport
    }

    let id: String
    let collectors: [RecordingGroup.Member]
    let runs: [Run]

    var text: String {
        let widest = RecordingGroup(id: id, place: 0, collectors: collectors).widestError
        let first = runs.first?.run
        var lines = [
            "Run        \(first?.name ?? ""): \(first?.state.rawValue ?? ""), every \(Interval(microseconds: first?.intervalUs ?? 0)), from \(first?.t0 ?? "")",
            "Group      \(HumanUnits.count(runs.count, "collector")), \(HumanUnits.count(runs.reduce(0) { $0 + $1.nodes }, "node")), "
                + "one grid to within \(HumanUnits.fixed(Double(widest) / 1000, digits: 3)) ms",
        ].map { VisibleText.escape($0) }
        var table = TextTable("COLLECTOR", ">NODES", ">CLOCK AHEAD", ">ERROR", "DIRECTORY")
        for (run, member) in zip(runs, collectors) {
            table.append(
                run.collector, "\(run.nodes)", "\(HumanUnits.fixed(Double(member.clockAheadUs) / 1000, digits: 3)) ms",
                "\(HumanUnits.fixed(Double(member.clockErrorUs) / 1000, digits: 3)) ms", run.run.directory)
        }
        lines.append(table.text())
        for run in runs {
            let notes =
                (run.run.notReady.map { ["not ready: \($0.prefix(5).joined(separator: ", ")), which may miss the first ticks"] } ?? [])
                + (run.run.warnings ?? []).map(\.message) + (run.run.environmentComparison?.sentences ?? [])
            lines += notes.map { VisibleText.escape("\(run.collector): \($0)") }
        }
        return lines.joined(separator: "\n")
    }
}
