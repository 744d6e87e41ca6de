import Testing

@testable import StatsCore

@Suite("Metrics of tables") struct MetricTableTests {
    private static let tables = [
        NodeMetrics.host, NodeMetrics.cpu, NodeMetrics.disk, NodeMetrics.filesystem, NodeMetrics.network, ContainerMetrics.container,
        ContainerMetrics.process, ContainerMetrics.agent,
    ]

    @Test("Every metric and every label is made of a column that there is")
    func columnsExist() {
        for table in Self.tables {
            let columns = Set(Catalogue.table(table.id).columns.map(\.name))
            for column in table.metrics.map(\.column) + table.labels.map(\.column) {
                #expect(columns.contains(column), "\(table.id.name).\(column)")
            }
        }
    }

    @Test("No family has two places, and each says what it is")
    func familiesAreWhole() {
        let families = Self.tables.flatMap { table in table.families.map { (table.metrics[$0.metrics.lowerBound].name, $0.help) } }
        #expect(Set(families.map(\.0)).count == families.count)
        for (name, help) in families { #expect(!help.isEmpty, "\(name)") }
    }

    @Test("A name says seconds, bytes or a count as its values are, and only counters end in _total")
    func names() {
        for table in Self.tables {
            let columns = Dictionary(uniqueKeysWithValues: Catalogue.table(table.id).columns.map { ($0.name, $0) })
            for metric in table.metrics {
                let isTime = columns[metric.column]?.unit == "microseconds"
                #expect(metric.name.contains("_seconds") == isTime || metric.name == "container_last_seen", "\(metric.name)")
                if metric.name.hasSuffix("_total") { #expect(columns[metric.column]?.kind == .counter, "\(metric.name)") }
            }
        }
    }
}
