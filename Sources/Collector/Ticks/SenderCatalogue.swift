import StatsCore
import Synchronization

/// The columns that agents send. Agents of one version send the same ones, so that thousands of them share what is made of these names.
final class SenderCatalogue: Sendable {
    final class Columns: Sendable {
        /// As `hello` names them.
        let tables: [String: [String]]
        /// Maps rows to the columns of the CSV files.
        let map: ColumnMap
        /// To read rows without a copy.
        let names: [TableID: FrameRows.Columns]
        /// For whoever keeps rows as they came.
        let sent: SenderColumns

        init(_ tables: [String: [String]]) {
            self.tables = tables
            map = ColumnMap(tables: tables)
            sent = SenderColumns(tables)
            let known = tables.compactMap { name, columns in TableID(name: name).map { ($0, FrameRows.Columns(columns)) } }
            names = Dictionary(known, uniquingKeysWith: { first, _ in first })
        }
    }

    /// A fleet has agents of a few versions; whoever sends ever new columns has the oldest forgotten.
    private static let limit = 16

    private let known = Mutex<[Columns]>([])

    func columns(of tables: [String: [String]]) -> Columns {
        known.withLock { known in
            if let columns = known.first(where: { $0.tables == tables }) { return columns }
            let new = Columns(tables)
            if known.count == Self.limit { known.removeFirst() }
            known.append(new)
            return new
        }
    }
}
