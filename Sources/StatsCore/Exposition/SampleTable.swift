/// The values of one table's rows, of one or more nodes, kept so that they can be written family by family: eight bytes a value, and each row's labels once.
struct SampleTable: Sendable {
    let table: MetricTable
    /// How many rows did not fit into the budget.
    private(set) var leftOut: UInt64 = 0
    private var labels: [UInt8] = []
    /// Where each row's labels end.
    private var labelEnds: [Int] = []
    /// By row, and within a row by metric; NaN where there is no value.
    private var values: [Double] = []

    init(_ table: MetricTable) { self.table = table }

    /// Adds the rows of one node.
    /// - Parameters:
    ///   - node: its label, in the text format.
    ///   - budget: how many samples still fit; a row gets all of its samples, or none.
    ///   - wanted: whether to add the row with this index.
    mutating func append(_ rows: FrameRows, node: [UInt8], budget: inout Int, wanted: (Int) -> Bool = { _ in true }) {
        var places: Places?
        var seen: Set<[UInt8]> = []
        var number = 0
        var scratch = RowScratch(metrics: table.metrics.count, labels: table.labels.count)
        rows.forEachRow(of: table.id) { row in
            defer { number += 1 }
            guard wanted(number) else { return }
            let known = places ?? Places(table, columns: row.names)
            places = known
            scratch.begin(node)
            var column = 0
            row.forEachCell { _, json in
                for metric in known.metrics[column] { scratch.note(table.metrics[metric].value, at: metric, json, time: rows.time) }
                if let label = known.labels[column] { scratch.note(label: label, json) }
                column += 1
            }
            let row = scratch.labels(of: table.labels)
            // Of two series with the same labels Prometheus would take one and log an error.
            guard scratch.count > 0, seen.insert(row).inserted else { return }
            guard scratch.count <= budget else { return leftOut += 1 }
            budget -= scratch.count
            labels += row
            labelEnds.append(labels.count)
            values += scratch.values
        }
    }

    /// Appends a family with all its samples; nothing when it has none.
    func write(_ family: MetricTable.Family, to out: inout ByteWriter) {
        var isEmpty = true
        var begin = 0
        for (row, end) in labelEnds.enumerated() {
            defer { begin = end }
            for index in family.metrics {
                let value = values[row * table.metrics.count + index]
                guard value.isFinite else { continue }
                let metric = table.metrics[index]
                if isEmpty { out.appendHead(of: metric.name, family.type, help: family.help) }
                isEmpty = false
                out.append(metric.name.utf8.span.bytes)
                out.append("{")
                out.append(labels.span.bytes.extracting(begin..<end))
                if !metric.labels.isEmpty {
                    out.append(",")
                    out.append(metric.labels.utf8.span.bytes)
                }
                out.append("} ")
                out.appendValue(value, isTime: table.isTime[index])
            }
        }
    }

    /// Maps each column of a sender's rows to its metrics and its label.
    private struct Places {
        let metrics: [[Int]]
        let labels: [Int?]

        init(_ table: MetricTable, columns: [String]) {
            metrics = columns.map { column in table.metrics.indices.filter { table.metrics[$0].column == column } }
            labels = columns.map { column in table.labels.firstIndex { $0.column == column } }
        }
    }
}
