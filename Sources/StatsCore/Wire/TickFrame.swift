/// The members of a `tick` frame besides its rows.
package struct TickHeader: Sendable, Equatable {
    /// The run's id; empty for a live tick, which belongs to no run.
    package var run: String
    package var epoch: UInt64
    /// 0 for a live tick, which is never written to a run.
    package var seq: UInt64
    package var tick: UInt64
    /// The tick's instant on the grid, in microseconds since 1970 of the collector's clock.
    package var time: Int64
    /// When reading began and ended, on the same clock.
    package var begin: Int64
    package var end: Int64
    /// Sources that weren't done in time, so that their rows are missing from the tick.
    package var late: [String]

    package init(
        run: String, epoch: UInt64, seq: UInt64, tick: UInt64, time: Int64, begin: Int64, end: Int64, late: [String] = []
    ) {
        self.run = run
        self.epoch = epoch
        self.seq = seq
        self.tick = tick
        self.time = time
        self.begin = begin
        self.end = end
        self.late = late
    }
}

extension ByteWriter {
    /// Appends a whole `tick` frame, without its length.
    package mutating func write(_ header: TickHeader, _ rows: borrowing TickRows) {
        append("{\"type\":\"tick\",\"run\":")
        append(jsonString: header.run.utf8.span.bytes)
        append(",\"epoch\":")
        append(decimal: header.epoch)
        append(",\"seq\":")
        append(decimal: header.seq)
        append(",\"tick\":")
        append(decimal: header.tick)
        append(",\"time\":")
        append(decimal: header.time)
        append(",\"begin\":")
        append(decimal: header.begin)
        append(",\"end\":")
        append(decimal: header.end)
        if !header.late.isEmpty {
            append(",\"late\":[")
            for (index, source) in header.late.enumerated() {
                if index > 0 { append(UInt8(ascii: ",")) }
                append(jsonString: source.utf8.span.bytes)
            }
            append(UInt8(ascii: "]"))
        }
        append(",\"rows\":{")
        var isFirst = true
        for table in TableID.allCases {
            rows.withRows(table) { rows in
                guard rows.byteCount > 0 else { return }
                if isFirst { isFirst = false } else { append(UInt8(ascii: ",")) }
                append(UInt8(ascii: "\""))
                append(table.name.utf8.span.bytes)
                append("\":[")
                append(rows)
                append(UInt8(ascii: "]"))
            }
        }
        append("}}")
    }
}

/// A validated `tick` frame (`FrameEnvelope`): its header, and the ranges of its tables' rows in the frame.
package struct TickFrame: Sendable {
    package let header: TickHeader
    /// By table name as the agent sent it: the range of the array of rows.
    package let tables: [(name: String, rows: Range<Int>)]

    init(header: TickHeader, tables: [(name: String, rows: Range<Int>)]) {
        self.header = header
        self.tables = tables
    }

    /// - Throws: `FrameError.badField` naming the member that is absent or has the wrong type.
    package init(_ bytes: RawSpan) throws(FrameError) {
        var header = TickHeader(run: "", epoch: 0, seq: 0, tick: 0, time: 0, begin: 0, end: 0)
        var seen: UInt8 = 0
        var rows: Range<Int>?
        let text = ByteCursor(bytes)
        var scanner = JSONScanner(bytes)
        try scanner.members { (key, value) throws(FrameError) in
            if text.matches(key, "run") {
                guard text.byte(value.lowerBound) == UInt8(ascii: "\"") else { throw .badField("`run` in a `tick` is no string") }
                header.run = text.string(value.lowerBound + 1..<value.upperBound - 1)
                seen |= 1
            } else if text.matches(key, "epoch") {
                header.epoch = try Self.unsigned(bytes, value, "epoch")
                seen |= 2
            } else if text.matches(key, "seq") {
                header.seq = try Self.unsigned(bytes, value, "seq")
                seen |= 4
            } else if text.matches(key, "tick") {
                header.tick = try Self.unsigned(bytes, value, "tick")
                seen |= 8
            } else if text.matches(key, "time") {
                header.time = try Self.microseconds(bytes, value, "time")
                seen |= 16
            } else if text.matches(key, "begin") {
                header.begin = try Self.microseconds(bytes, value, "begin")
            } else if text.matches(key, "end") {
                header.end = try Self.microseconds(bytes, value, "end")
            } else if text.matches(key, "late") {
                header.late = try Self.sources(bytes, value)
            } else if text.matches(key, "rows") {
                guard text.byte(value.lowerBound) == UInt8(ascii: "{") else { throw .badField("`rows` in a `tick` is no object") }
                rows = value
            }
        }
        guard seen == 31, let rows else { throw .badField("`run`, `epoch`, `seq`, `tick`, `time` or `rows` is absent from a `tick`") }
        var tables: [(name: String, rows: Range<Int>)] = []
        var inner = JSONScanner(bytes, at: rows.lowerBound)
        try inner.members { (key, value) throws(FrameError) in
            guard text.byte(value.lowerBound) == UInt8(ascii: "[") else { throw .badField("`rows` of a table are no array") }
            tables.append((text.string(key), value))
        }
        self.header = header
        self.tables = tables
    }

    /// A node's sources are few, and their names short.
    private static let sourcesLimit = (count: 16, bytes: 32)

    private static func sources(_ bytes: RawSpan, _ value: Range<Int>) throws(FrameError) -> [String] {
        let names: [String]
        do {
            names = try JSONCoding.decode(from: bytes.extracting(value))
        } catch {
            throw .badField("`late` in a `tick` is no array of strings")
        }
        guard names.count <= sourcesLimit.count, names.allSatisfy({ (1...sourcesLimit.bytes).contains($0.utf8.count) }) else {
            throw .badField("`late` in a `tick` has more than \(sourcesLimit.count) names, or one of more than \(sourcesLimit.bytes) bytes")
        }
        guard Set(names).count == names.count else { throw .badField("`late` in a `tick` names a source twice") }
        return names
    }

    private static func unsigned(_ bytes: RawSpan, _ value: Range<Int>, _ name: StaticString) throws(FrameError) -> UInt64 {
        var cursor = ByteCursor(bytes, at: value.lowerBound)
        guard let number = cursor.decimal(), cursor.offset == value.upperBound else {
            throw .badField("`\(name)` in a `tick` is no whole number that fits in 64 bits")
        }
        return number
    }

    private static func microseconds(_ bytes: RawSpan, _ value: Range<Int>, _ name: StaticString) throws(FrameError) -> Int64 {
        var cursor = ByteCursor(bytes, at: value.lowerBound)
        guard let number = cursor.signedDecimal(), cursor.offset == value.upperBound else {
            throw .badField("`\(name)` in a `tick` is no whole number that fits in 64 bits")
        }
        return number
    }
}
