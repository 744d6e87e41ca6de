import StatsCore

/// A comparison as one self-contained HTML file: without scripts, network or other files.
struct ComparePage {
    let html: String

    /// How many differences have a line in the first figure, and how many a figure of their own.
    private static let (lines, figures) = (40, 16)

    init(_ report: CompareReport) {
        var page = HTMLBuilder()
        Self.head(report, &page)
        let chosen = Self.chosen(report)
        page.section("differences", "Differences") { page in
            page.raw(Self.overview(chosen).svg(styled: false))
            Self.table(report, &page)
        }
        page.section("distributions", "Distributions") { page in
            for (number, compared) in chosen.prefix(Self.figures).enumerated() {
                page.raw(Self.distribution(compared, report.comparison, "distribution-\(number + 1)").svg(styled: false))
            }
            if chosen.isEmpty {
                page.element("p", "Nothing is drawn, as no difference is large and sure enough, and CPU and memory weren't compared.")
            }
        }
        page.section("method", "Method") { page in
            page.element("p", report.method(report.comparison.options))
            page.element(
                "p",
                "A distribution is of all values of all repetitions of a group, each weighted with the time that it stands for. A dot is the mean of one repetition, a stroke the mean of those, and a line below them its 95 % bootstrap interval."
            )
            page.table(
                ["Group", "Repetition", ">From tick", ">To tick", "Interval", "What is missing"],
                [("A", report.comparison.a), ("B", report.comparison.b)].flatMap { name, group in
                    group.map {
                        [
                            name, $0.label, "\($0.window.ticks.lowerBound)", "\($0.window.ticks.upperBound)", "\($0.interval)",
                            $0.problems.isEmpty ? "nothing" : $0.problems.joined(separator: "; "),
                        ]
                    }
                })
        }
        page.raw("</main></body></html>")
        html = page.text
    }

    private static func head(_ report: CompareReport, _ page: inout HTMLBuilder) {
        page.document("Comparison – Sonde")
        page.element("h1", "Comparison")
        page.element(
            "p",
            "A: \(HumanUnits.count(report.comparison.a.count, "repetition")). B: \(HumanUnits.count(report.comparison.b.count, "repetition"))."
        )
        for compared in report.important.prefix(12) {
            guard let sentence = compared.sentence else { continue }
            page.element(
                "p",
                "\(compared.subject.kind.rawValue) \(compared.subject.title(areManyNodes: report.comparison.areManyNodes)): \(sentence).")
        }
        if report.important.isEmpty { page.element("p", "No difference is large and sure enough to speak of.") }
        for verdict in report.verdicts { page.element("p", verdict.text) }
        for note in report.comparison.notes { page.element("p", note) }
        page.raw(
            """
            <nav aria-label="Sections"><a href="#differences">Differences</a><a href="#distributions">Distributions</a><a href="#method">Method</a></nav>
            """)
    }

    /// What is drawn: what matters, then CPU and memory of the busiest.
    private static func chosen(_ report: CompareReport) -> [ComparedMeasure] {
        var chosen = report.important
        for subject in CompareReport.busiest(report.comparison.measures) {
            guard chosen.count < lines else { break }
            for compared in report.comparison.measures
            where compared.subject == subject && [Measure.cpu, Measure.memory].contains(compared.measure.name) {
                if !chosen.contains(where: {
                    ($0.subject, $0.measure.name, $0.statistic) == (subject, compared.measure.name, compared.statistic)
                }) {
                    chosen.append(compared)
                }
            }
        }
        return Array(chosen.prefix(lines))
    }

    private static func overview(_ chosen: [ComparedMeasure]) -> IntervalFigure {
        let rows = chosen.compactMap { compared in
            compared.ratio.map { ratio in
                IntervalFigure.Row(
                    name: "\(compared.subject.title(areManyNodes: false)): \(compared.title)", value: ratio * 100,
                    interval: compared.intervals?.ratio.map { $0.lowerBound * 100...$0.upperBound * 100 })
            }
        }
        return IntervalFigure(
            title: "Difference of B from A",
            summary: "In percent of A's mean, with 95 % intervals; grey where the interval holds zero, or nobody knows one.",
            unit: .percent,
            rows: rows)
    }

    private static func table(_ report: CompareReport, _ page: inout HTMLBuilder) {
        page.raw("<details><summary>\(HumanUnits.count(report.comparison.measures.count, "comparison"))</summary>")
        page.table(
            ["Kind", "Name", "Measure", ">A", ">B", ">Difference", ">%", "95 % interval", ">Cliff's delta", ">Hedges' g", ">n"],
            report.comparison.measures.map { line in
                [
                    line.subject.kind.rawValue, line.subject.title(areManyNodes: report.comparison.areManyNodes), line.title,
                    line.a.mean.map(line.unit.text),
                    line.b.mean.map(line.unit.text), line.difference.map(line.signedValue), line.ratio.map(ComparedMeasure.signed),
                    line.intervals.map(line.interval), line.cliffsDelta.map(ComparedMeasure.number),
                    line.hedgesG.map(ComparedMeasure.number), "\(line.a.values.count)+\(line.b.values.count)",
                ]
            })
        page.raw("</details>")
    }

    private static func distribution(_ compared: ComparedMeasure, _ comparison: Comparison, _ id: String) -> DistributionFigure {
        func group(_ name: String, _ repetitions: [Repetition], _ side: ComparedMeasure.Side) -> DistributionFigure.Group {
            var all = ValueSketch()
            // A total is no value of a tick.
            if compared.statistic != .total {
                for repetition in repetitions {
                    guard let values = repetition.sketches[compared.subject]?[compared.measure.name] else { continue }
                    all.add(values, factor: repetition.interval.seconds)
                }
            }
            return DistributionFigure.Group(
                name: name, steps: all.distribution(), repetitions: side.values, mean: side.mean,
                interval: Bootstrap(seed: comparison.options.seed).interval(ofMean: side.values))
        }
        var figure = DistributionFigure(
            title: "\(compared.subject.kind.rawValue) \(compared.subject.title(areManyNodes: comparison.areManyNodes)): \(compared.title)",
            summary: compared.sentence ?? "", unit: compared.unit.chart,
            groups: [group("A", comparison.a, compared.a), group("B", comparison.b, compared.b)])
        figure.id = id
        return figure
    }
}
