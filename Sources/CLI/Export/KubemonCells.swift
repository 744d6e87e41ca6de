import StatsCore

/// Reads the values of kubemon's columns from the rows of a table, and writes how they have changed.
struct KubemonCells {
    private enum Cell {
        case value(Int, factor: Double, isCounter: Bool)
        case zero
        case unknown
    }

    private let cells: [Cell]

    /// - Parameter table: columns that it lacks are unknown.
    init(_ columns: [KubemonColumn], of table: ExportedTable) {
        cells = columns.map { column in
            switch column.source {
            case .zero: return .zero
            case .unknown: return .unknown
            case .change(let name, let factor):
                guard let place = table.cells.firstIndex(where: { $0.name == name }) else { return .unknown }
                return .value(place, factor: factor, isCounter: table.cells[place].kind == .counter)
            }
        }
    }

    var count: Int { cells.count }

    /// The values of the newest row; not a number where there is none.
    func values(of batch: RowBatch) -> [Double] {
        cells.map { cell in
            switch cell {
            case .zero: return 0
            case .unknown: return .nan
            case .value(let place, let factor, _):
                return batch.number(place).map { $0 * factor } ?? .nan
            }
        }
    }

    /// Appends how much each value has changed, with a comma behind each. A counter that went back began anew, and its cell is empty.
    func append(_ values: ArraySlice<Double>, since earlier: ArraySlice<Double>, to out: inout [UInt8]) {
        for ((cell, later), before) in zip(zip(cells, values), earlier) {
            let isCounter = if case .value(_, _, let isCounter) = cell { isCounter } else { false }
            let change = isCounter ? Rates.growth(from: before, to: later) ?? .nan : later - before
            if change.isFinite { out.append(contentsOf: Self.text(change).utf8) }
            out.append(CSVDialect.separator)
        }
    }

    /// With four decimals at most, as kubemon rounds.
    private static func text(_ value: Double) -> String {
        guard value.magnitude < 1e11 else { return "\(value)" }
        var text = HumanUnits.fixed(value, digits: 4)[...]
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return String(text)
    }
}
