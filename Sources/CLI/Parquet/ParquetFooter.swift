/// What stands at the end of a file: its columns, and where in it each row group has which of their values.
struct ParquetFooter {
    struct RowGroup {
        let rows: Int
        let chunks: [ChunkFacts]
    }

    let columns: [ParquetColumn]
    /// Texts by name, for whoever asks a reader for the file's metadata.
    let attributes: [(name: String, value: String)]
    let createdBy: String
    var groups: [RowGroup] = []

    func encoded() -> [UInt8] {
        var out = ThriftWriter()
        out.field(1, Int32(2))
        // The root of the tree, then its leaves.
        out.field(2, list: [nil] + columns.map(Optional.some)) { column, element in
            if let column { Self.put(column, &element) } else { Self.putRoot(columns.count, &element) }
        }
        out.field(3, groups.reduce(Int64(0)) { $0 + Int64($1.rows) })
        out.field(4, list: Array(groups.enumerated())) { put($0.element, number: $0.offset, &$1) }
        out.field(5, list: attributes) { attribute, pair in
            pair.field(1, attribute.name)
            pair.field(2, attribute.value)
        }
        out.field(6, createdBy)
        // All bounds are in the order that the type has by its definition.
        out.field(7, list: columns) { _, order in order.field(1, structure: { _ in }) }
        return out.finished()
    }

    private static func putRoot(_ children: Int, _ element: inout ThriftWriter) {
        element.field(4, "schema")
        element.field(5, Int32(clamping: children))
    }

    private static func put(_ column: ParquetColumn, _ element: inout ThriftWriter) {
        element.field(1, column.kind.physicalType.rawValue)
        // Optional.
        element.field(3, Int32(1))
        element.field(4, column.name)
        // The older and the newer way to say what the bits mean.
        switch column.kind {
        case .unsigned:
            element.field(6, Int32(14))
            element.field(10) { $0.field(10) { Self.putInteger(isSigned: false, &$0) } }
        case .signed:
            element.field(6, Int32(18))
            element.field(10) { $0.field(10) { Self.putInteger(isSigned: true, &$0) } }
        case .double: break
        case .text:
            element.field(6, Int32(0))
            element.field(10) { $0.field(1, structure: { _ in }) }
        case .instant:
            element.field(6, Int32(10))
            element.field(10) { type in
                type.field(8) { timestamp in
                    timestamp.field(1, true)
                    timestamp.field(2) { $0.field(2, structure: { _ in }) }
                }
            }
        }
    }

    private static func putInteger(isSigned: Bool, _ type: inout ThriftWriter) {
        type.field(1, byte: 64)
        type.field(2, isSigned)
    }

    private func put(_ group: RowGroup, number: Int, _ out: inout ThriftWriter) {
        out.field(1, list: Array(zip(columns, group.chunks))) { pair, chunk in
            let (column, facts) = pair
            // Where the metadata stands; 0 when only here.
            chunk.field(2, Int64(0))
            chunk.field(3) { Self.put(column, facts, &$0) }
        }
        out.field(2, group.chunks.reduce(Int64(0)) { $0 + $1.uncompressedBytes })
        out.field(3, Int64(group.rows))
        out.field(5, group.chunks.first?.offset ?? 0)
        out.field(6, group.chunks.reduce(Int64(0)) { $0 + $1.compressedBytes })
    }

    private static func put(_ column: ParquetColumn, _ facts: ChunkFacts, _ out: inout ThriftWriter) {
        out.field(1, column.kind.physicalType.rawValue)
        out.field(2, list: facts.encodings.map(\.rawValue))
        out.field(3, list: [column.name])
        out.field(4, facts.codec.rawValue)
        out.field(5, Int64(facts.rows))
        out.field(6, facts.uncompressedBytes)
        out.field(7, facts.compressedBytes)
        out.field(9, facts.dataOffset)
        if let offset = facts.dictionaryOffset { out.field(11, offset) }
        out.field(12) { statistics in
            statistics.field(3, Int64(facts.nulls))
            if let greatest = facts.greatest { statistics.field(5, greatest) }
            if let least = facts.least { statistics.field(6, least) }
        }
    }
}
