/// Which columns the rows of a sender have, and a number for them that another process finds again.
package struct SenderColumns: Sendable, Codable, Equatable {
    /// By the table's name: its columns in the order of the cells.
    package let tables: [String: [String]]
    /// FNV-1a of all names; never 0.
    package let number: UInt64

    private enum CodingKeys: String, CodingKey {
        case tables
    }

    package init(_ tables: [String: [String]]) {
        let known = Set(TableShape.all.map(\.table.id.name))
        self.tables = tables.filter { known.contains($0.key) }
        number = Self.number(of: self.tables)
    }

    package init(from decoder: any Decoder) throws {
        self.init(try decoder.container(keyedBy: CodingKeys.self).decode([String: [String]].self, forKey: .tables))
    }

    private static func number(of tables: [String: [String]]) -> UInt64 {
        var hash = FNV1a()
        for (table, columns) in tables.sorted(by: { $0.key < $1.key }) {
            for name in [table] + columns {
                hash.add(name)
                // No UTF-8 has this byte, so it ends a name.
                hash.add(0xff)
            }
        }
        return max(hash.value, 1)
    }
}
