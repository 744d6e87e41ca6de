import StatsCore

/// Which columns of a table are exported, and what of them makes rates.
struct ExportedTable {
    /// Where the values of an exported column come from.
    enum Source: Equatable {
        /// The same text in each row, by its number in the run's constants.
        case constant(Int)
        /// A cell of the row.
        case cell(Int)
        /// The rate of a counter, by its number among `counters`.
        case rate(Int)
    }

    let name: String
    /// Of the table's file.
    let cells: [ColumnDictionary.Entry]
    let kinds: [ParquetColumn.Kind]
    private(set) var columns: [(entry: ColumnDictionary.Entry, source: Source)] = []
    /// The cells of which rates are made.
    private(set) var counters: [Int] = []
    let node: Int?
    let tick: Int?
    let age: Int?
    let started: Int?
    let identity: [Int]

    var file: String { name + ".csv" }

    /// - Parameters:
    ///   - constants: columns that come first and say the same in each row, such as the run's name.
    ///   - hasRates: whether each counter is followed by its rate.
    init(_ name: String, _ cells: [ColumnDictionary.Entry], constants: [ExportConstant], hasRates: Bool) {
        self.name = name
        self.cells = cells
        kinds = cells.map { ParquetColumn.Kind($0.type) }
        let number = { (column: String) in cells.firstIndex { $0.name == column } }
        (node, tick) = (number("node"), number("tick"))
        (age, started) = (number("sample_age_us"), number("started_us"))
        identity = InstanceColumns.identity(of: name, cells).compactMap(number)
        columns = constants.enumerated().map { ($1.entry(of: name), .constant($0)) }
        let taken = Set(cells.map(\.name))
        for (place, cell) in cells.enumerated() {
            columns.append((cell, .cell(place)))
            let rate = Self.rate(of: cell)
            guard hasRates, cell.kind == .counter, kinds[place] != .text, !taken.contains(rate.name) else { continue }
            columns.append((rate, .rate(counters.count)))
            counters.append(place)
        }
    }

    private static func rate(of counter: ColumnDictionary.Entry) -> ColumnDictionary.Entry {
        ColumnDictionary.Entry(
            table: counter.table, name: counter.name + "_per_s", unit: counter.unit.isEmpty ? "per second" : counter.unit + " per second",
            kind: .gauge, source: counter.name, meaning: "What \(counter.name) grew by per second since the row of the tick before",
            type: .double)
    }

    /// Where a column's values stand in a batch.
    func batchColumn(_ source: Source) -> Int? {
        switch source {
        case .constant: nil
        case .cell(let cell): cell
        case .rate(let counter): cells.count + counter
        }
    }
}

/// A column that says the same in each row of an export, so that tables of several runs can be joined.
struct ExportConstant {
    let name: String
    let value: String
    let meaning: String

    /// The run's name, and what it is labelled with.
    static func all(of manifest: RunManifest) -> [ExportConstant] {
        [ExportConstant(name: "run", value: manifest.name, meaning: "Name of the run")]
            + RunLabels.sorted(manifest.labels).map {
                ExportConstant(name: "label_\($0.key)", value: $0.value, meaning: "The run's label \($0.key)")
            }
    }

    func entry(of table: String) -> ColumnDictionary.Entry {
        ColumnDictionary.Entry(table: table, name: name, unit: "", kind: .identity, source: "run.json", meaning: meaning, type: .string)
    }
}

extension ParquetColumn.Kind {
    init(_ type: ColumnType) {
        switch type {
        case .uint64: self = .unsigned
        case .int64: self = .signed
        case .double: self = .double
        case .timestamp: self = .instant
        case .string, .json: self = .text
        }
    }
}
