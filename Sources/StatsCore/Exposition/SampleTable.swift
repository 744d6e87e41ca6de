/// The values of one table's rows, of one or more nodes, as they are to be written family by family: eight bytes a value, and each row's labels once.
struct SampleTable: Sendable {
    let table: MetricTable
    /// Rows that no longer had a place.
    private(set) var leftOut: UInt64 = 0
    private var labels: [UInt8] = []
    /// Where each row's labels end.
    private var labelEnds: [Int] = []
    /// By row, and in a row by metric; not a number where there is no value.
    private var values: [Double] = []

    init(_ table: MetricTable) { self.table = table }

    /// Takes over rows of one node.
    /// - Parameters:
    ///   - node: its label, as it is written.
    ///   - budget: how many samples there is still a place for; a row has all of its, or none.
    ///   - wanted: whether the row with this number is wanted.
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
            // Prometheus would take one of two series with the same labels, and complain about the other.
            guard scratch.count > 0, seen.insert(row).inserted else { return }
            guard scratch.count <= budget else { return leftOut += 1 }
            budget -= scratch.count
            labels += row
            labelEnds.append(labels.count)
            values += scratch.values
        }
    }

    /// Appends a family with all its samples; nothing when there is none.
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

    /// Which metrics and which label each column of a sender's rows is for.
    private struct Places {
        let metrics: [[Int]]
        let labels: [Int?]

        init(_ table: MetricTable, columns: [String]) {
            metrics = columns.map { column in table.metrics.indices.filter { table.metrics[$0].column == column } }
            labels = columns.map { column in table.labels.firstIndex { $0.column == column } }
        }
    }
}
