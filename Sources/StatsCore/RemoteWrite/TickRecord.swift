/// A tick on its way to a target, as it waits in the queue on disk: of its rows only those of tables whose values become series, as the agent sent them.
///
///     1   what it is: 1 a tick, 2 values of the sender's own
///     8   its instant in microseconds since 1970
///     8   the number of the sender's columns (`SenderColumns`); 0 for values of the sender's own
///     2   n, and n bytes: the node
///     2   n, and n bytes: the release of its kernel
///         for each table: 1 n, and n bytes: its name; 4 n, and n bytes: the array of its rows
///         or the values of its own, in Prometheus' text format
///
/// All numbers are little-endian.
package struct TickRecord {
    enum Kind: UInt8 { case tick = 1, own }

    let kind: Kind
    package let time: Int64
    let columns: UInt64
    package let node: String
    let kernel: String
    package var isTick: Bool { kind == .tick }
    /// Where the tables, or the text, begin.
    let body: Int

    /// - Returns: `nil` for what is no record of this version.
    package init?(_ bytes: RawSpan) {
        var at = 17
        guard bytes.byteCount >= 21, let kind = Kind(rawValue: bytes.unsafeLoad(as: UInt8.self)) else { return nil }
        var texts: [String] = []
        for _ in 0..<2 {
            guard at + 2 <= bytes.byteCount else { return nil }
            let count = Int(UInt16(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: at, as: UInt16.self)))
            guard at + 2 + count <= bytes.byteCount else { return nil }
            texts.append(bytes.extracting(at + 2..<at + 2 + count).withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
            at += 2 + count
        }
        self.kind = kind
        time = Int64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: 1, as: Int64.self))
        columns = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: 9, as: UInt64.self))
        (node, kernel) = (texts[0], texts[1])
        body = at
    }

    /// The tables of a tick, and where the array of each one's rows stands.
    func tables(_ bytes: RawSpan) -> [(table: Int, rows: Range<Int>)] {
        var tables: [(Int, Range<Int>)] = []
        var at = body
        while at < bytes.byteCount {
            let name = at + 1..<at + 1 + Int(bytes.unsafeLoad(fromByteOffset: at, as: UInt8.self))
            let begin = name.upperBound + 4
            guard begin <= bytes.byteCount else { break }
            let count = Int(UInt32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: name.upperBound, as: UInt32.self)))
            guard begin + count <= bytes.byteCount else { break }
            let table = TableShape.all.firstIndex { $0.name.span.bytes.equals(bytes.extracting(name)) }
            if let table { tables.append((table, begin..<begin + count)) }
            at = begin + count
        }
        return tables
    }
}

extension ByteWriter {
    /// Appends a `TickRecord` of a tick.
    /// - Parameters:
    ///   - kernel: the release of the node's kernel; empty where it isn't known.
    ///   - withProcesses: whether rows of processes are in it.
    /// - Returns: whether any of its rows becomes a series.
    package mutating func append(
        _ tick: TickFrame, frame: RawSpan, node: String, kernel: String, columns: UInt64, withProcesses: Bool
    ) -> Bool {
        appendHead(.tick, tick.header.time, columns, node, kernel)
        var isEmpty = true
        for (name, rows) in tick.tables {
            guard Self.names.contains(name), withProcesses || name != TableID.process.name else { continue }
            isEmpty = false
            append(UInt8(name.utf8.count))
            append(name.utf8.span.bytes)
            append(little: UInt32(rows.count))
            append(frame.extracting(rows))
        }
        return !isEmpty
    }

    /// Appends a `TickRecord` of the sender's own values.
    /// - Parameter time: in microseconds since 1970.
    package mutating func append(own text: RawSpan, node: String, time: Int64) {
        appendHead(.own, time, 0, node, "")
        append(text)
    }

    private static let names = Set(TableShape.all.map(\.table.id.name))

    private mutating func appendHead(_ kind: TickRecord.Kind, _ time: Int64, _ columns: UInt64, _ node: String, _ kernel: String) {
        append(kind.rawValue)
        append(little: time)
        append(little: columns)
        for text in [node, kernel] {
            // No name that an agent may have is longer.
            let bytes = text.utf8.prefix(Int(UInt16.max))
            append(little: UInt16(bytes.count))
            for byte in bytes { append(byte) }
        }
    }

    private mutating func append(little number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append($0.bytes) }
    }
}
