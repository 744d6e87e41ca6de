/// One sample of a target that is scraped.
package struct ScrapedReading: Sendable {
    package var target: EncodedText?
    package var name: EncodedText?
    package var labels: EncodedText?
    package var value: NumberText?
    package var notFinite: EncodedText?
    package var type: EncodedText?
    package var sampleAge: Int64?

    package init() {}
}

/// The table `metric`: a row per series of each target of `--scrape`.
package enum ScrapedTable {
    package static func visit<V: ColumnVisitor & ~Copyable>(_ r: borrowing ScrapedReading, _ v: inout V) {
        v.identity("target", r.target, "--scrape", "The target's name")
        v.identity("name", r.name, "exposition", "The sample's name; up and scrape_… are Sonde's own, of the answer as a whole")
        v.json("labels", .identity, r.labels, "exposition", "JSON object of the labels, sorted by their names; {} without any")
        v.exact(
            "value", .gauge, r.value, "number", "exposition",
            "The value, as its name says; empty for one that isn't a finite number. Also a counter's, which falls when its process starts anew"
        )
        v.gauge("not_finite", r.notFinite, "exposition", "NaN, +Inf or -Inf, where value is empty")
        v.identity(
            "type", r.type, "exposition TYPE",
            "counter, gauge, histogram, summary, gaugehistogram, info, stateset, or unknown where none is told")
        v.signed(
            "sample_age_us", .identity, r.sampleAge, "", "Sonde",
            "How old the sample was at the tick's instant: since its timestamp where it has one, else since it was asked for; negative: so long after it"
        )
    }
}

extension TickRows {
    package mutating func append(_ reading: borrowing ScrapedReading) {
        row(.metric) { ScrapedTable.visit(reading, &$0) }
    }
}
