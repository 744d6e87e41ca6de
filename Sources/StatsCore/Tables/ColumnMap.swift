/// Maps one agent's rows to the collector's columns, by the column names in its `hello`; made once per session.
///
/// With equal catalogues it is the identity. An agent of another version may lack columns (their cells stay empty), have unknown ones
/// (dropped), or have them in another order.
package struct ColumnMap: Sendable, Equatable {
    package struct Target: Sendable, Equatable {
        /// How many cells a row of the agent has.
        package let width: Int
        /// For each of the collector's columns, the index of the agent's cell, or -1.
        package let sources: [Int]
        package let columns: [Column]
        package let key: RowKey
        /// The index of the agent's cell that holds the key; `nil` when there is none.
        package let keySource: Int?
        /// By column.
        let types: [CellType]
        /// Whether a row has a cell for each column, in their order.
        let isInOrder: Bool

        package init(width: Int, sources: [Int], columns: [Column], key: RowKey = .several) {
            self.width = width
            self.sources = sources
            self.columns = columns
            self.key = key
            types = columns.map(\.type)
            isInOrder = width == columns.count && sources.elementsEqual(columns.indices)
            keySource =
                if case .column(let name) = key, let column = columns.firstIndex(where: { $0.name == name }), sources[column] >= 0 {
                    sources[column]
                } else {
                    nil
                }
        }

        /// The same with the first columns only.
        package func prefix(_ count: Int) -> Target {
            Target(width: width, sources: Array(sources.prefix(count)), columns: Array(columns.prefix(count)), key: key)
        }
    }

    private let targets: [Target?]

    package init(tables: [String: [String]]) {
        targets = Catalogue.tables.map { table in
            guard let names = tables[table.id.name] else { return nil }
            let indices = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
            return Target(
                width: names.count, sources: table.columns.map { indices[$0.name] ?? -1 }, columns: table.columns, key: table.id.rowKey)
        }
    }

    /// The collector's own catalogue, for its own events.
    package static let identity = ColumnMap(
        tables: Dictionary(uniqueKeysWithValues: Catalogue.tables.map { ($0.id.name, $0.columns.map(\.name)) }))

    /// How to map the rows of a table; `nil` when the agent did not announce it.
    package subscript(_ table: TableID) -> Target? { targets[table.rawValue] }
}
