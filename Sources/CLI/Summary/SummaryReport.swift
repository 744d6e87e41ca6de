import StatsCore

/// What `sonde summary` says of runs.
struct SummaryReport: Presentable, Tabular {
    let runs: [RunSummary]
    /// How many things of a kind the text lists: those that used most CPU time, and then memory.
    var top = 10

    enum CodingKeys: String, CodingKey { case runs }

    var text: String { runs.map(text).joined(separator: "\n\n") }

    private func text(_ summary: RunSummary) -> String {
        let length = Double(summary.window.ticks.upperBound - summary.window.ticks.lowerBound) * summary.interval.seconds
        var head = "\(summary.directory)\(summary.window.name.isEmpty ? "" : " from \(summary.window.name)"): "
        head += "\(HumanUnits.duration(microseconds: Int64(length * 1e6))), every \(summary.interval)"
        var parts = [([head] + summary.remarks.map { "Note: \($0)" }).map { VisibleText.escape($0) }.joined(separator: "\n")]
        for kind in SubjectKind.allCases {
            let all = summary.uses.filter { $0.subject.kind == kind }
            guard !all.isEmpty else { continue }
            let shown = all.busiest(top)
            var part = Self.table(shown, of: kind, areManyNodes: Set(all.map(\.subject.node)).count > 1)
            if shown.count < all.count {
                part += "\nand \(all.count - shown.count) more that used less: --top \(all.count), --json or --csv show them"
            }
            parts.append(part)
        }
        if let scraped = summary.scraped { parts.append(scraped.sentence(VisibleText.escape(ShellWord.quoted(summary.directory)))) }
        if parts.count == 1 { parts.append("Nothing of what was asked for was recorded.") }
        return parts.joined(separator: "\n\n")
    }

    /// A line for each measure of each thing.
    static func table(_ uses: [SubjectUse], of kind: SubjectKind, areManyNodes: Bool) -> String {
        var table = TextTable(kind.rawValue.uppercased(), "MEASURE", ">MEAN", ">P50", ">P95", ">P99", ">MAX", ">TOTAL")
        for use in uses {
            for (place, line) in use.lines.enumerated() {
                let name = use.title(areManyNodes: areManyNodes)
                table.append([place == 0 ? name : "", line.title] + line.cells)
            }
        }
        return table.text()
    }

    static let csvHeader = [
        "directory", "run", "window", "kind", "node", "name", "measure", "unit", "mean", "p50", "p95", "p99", "max", "total", "total_unit",
        "seconds", "instances",
    ]

    var csvRows: [[String]] {
        [Self.csvHeader]
            + runs.flatMap { run in
                run.uses.flatMap { use in
                    use.measures.map { measure in
                        let values = measure.values(of: Statistic.allCases)
                        return [
                            run.directory, run.run, run.window.name, use.subject.kind.rawValue, use.subject.node, use.subject.name,
                            measure.measure.name, measure.measure.unit.name,
                        ] + Statistic.allCases.map { values[$0].map { "\($0)" } ?? "" } + [
                            values[.total] == nil ? "" : measure.measure.totalUnit?.name ?? "", "\(measure.seconds)", "\(use.instances)",
                        ]
                    }
                }
            }
    }
}

extension SubjectUse {
    /// For people.
    func title(areManyNodes: Bool) -> String {
        var name = subject.name.isEmpty ? "–" : subject.name
        if subject.kind == .program {
            let place = facts.container ?? facts.containerID.map { String($0.prefix(12)) } ?? facts.unit
            name += [place, facts.user ?? facts.uid].compactMap(\.self).map { " · \($0)" }.joined()
        }
        return areManyNodes && subject.kind != .host && !subject.node.isEmpty ? "\(subject.node): \(name)" : name
    }

    /// A line of a table for each measure: its title, and its values in the order of `Statistic`, as people read them.
    var lines: [(title: String, cells: [String?])] {
        measures.map { use in
            let values = use.values(of: Statistic.allCases)
            return (
                use.measure.title,
                Statistic.allCases.map { statistic in
                    values[statistic].flatMap { value in statistic.unit(of: use.measure)?.text(value) }
                }
            )
        }
    }
}

extension [SubjectUse] {
    /// Those that used most CPU time; those that used equally much by memory, then by name.
    func busiest(_ count: Int) -> [SubjectUse] {
        func weight(_ use: SubjectUse) -> (Double, Double) {
            (use[Measure.cpu]?.total ?? use[Measure.cpu]?.mean ?? 0, use[Measure.memory]?.mean ?? 0)
        }
        return map { ($0, weight($0)) }.sorted { left, right in
            left.1 != right.1 ? left.1 > right.1 : left.0.subject < right.0.subject
        }.prefix(count).map(\.0)
    }
}
