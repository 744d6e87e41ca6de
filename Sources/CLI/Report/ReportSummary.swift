import StatsCore

/// The tables of numbers of a report: what `sonde summary` says of the run.
enum ReportSummary {
    /// How many instances of a table are summed up: a report takes a bounded amount of memory.
    static let most = 5000
    /// How many things of a kind are listed: those that used most.
    private static let top = 20

    static func write(_ summary: RunSummary, _ page: inout HTMLBuilder) {
        page.element("p", "Over the whole run, of values weighted with the time that they stand for; docs/COMPARE.md defines them.")
        for kind in SubjectKind.allCases {
            let all = summary.uses.filter { $0.subject.kind == kind }
            guard !all.isEmpty else { continue }
            let shown = all.busiest(top)
            let areManyNodes = Set(all.map(\.subject.node)).count > 1
            var rows: [[String?]] = []
            for use in shown {
                for (place, line) in use.lines.enumerated() {
                    rows.append([place == 0 ? use.title(areManyNodes: areManyNodes) : "", line.title] + line.cells)
                }
            }
            let more = all.count > shown.count ? " (the \(shown.count) of \(all.count) that used most)" : ""
            page.raw("<details\(kind == .host || kind == .container ? " open" : "")><summary>\(titles[kind] ?? "")\(more)</summary>")
            page.table([kind.rawValue, "Measure", ">Mean", ">p50", ">p95", ">p99", ">Max", ">Total"], rows)
            page.raw("</details>")
        }
        if let scraped = summary.scraped { page.element("p", scraped.sentence("RUN")) }
        if summary.uses.isEmpty { page.element("p", "Nothing was recorded that could be summed up.") }
    }

    private static let titles: [SubjectKind: String] = [
        .host: "Hosts", .container: "Containers", .unit: "Units", .process: "Processes, by name",
    ]
}
