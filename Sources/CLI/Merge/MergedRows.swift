import StatsCore

/// The rows of one table of a run that is merged, one after the other.
final class MergedRows {
    private var table: MergedTable

    /// Opens the file, and goes to its first row.
    /// - Parameters:
    ///   - nodes: those of which it is asked whose row it is.
    ///   - isLooking: whether rows are only looked at, and the run isn't told what of it can't be read.
    /// - Returns: `nil` when the run has no such table.
    /// - Throws: `DiskError`, `CSVReader.RowTooLong`, `CommandFailure`.
    init?(_ table: String, of input: MergeInput, into columns: [String], nodes: NodeIndex? = nil, isLooking: Bool = false) throws {
        let file = table + ".csv"
        guard let own = input.run.dictionary.names(of: table), input.run.claims.files[file] != nil, input.run.holds(file) else {
            return nil
        }
        self.table = try MergedTable(file, own, of: input, into: columns, nodes, isLooking: isLooking)
        try advance()
    }

    /// Of the row that it stands on: its tick in the merged run; `nil` behind the last row.
    var tick: UInt64? { table.tick }

    /// Which of the nodes it is of; `nil` for any other.
    var node: Int? { table.node }

    /// Goes on to the next row.
    func advance() throws { try table.advance() }

    /// Goes to the end of the file, and counts the rows of the nodes.
    func count(in order: inout MovedOrder) throws {
        while let tick {
            if let node { order.count(node, tick) }
            try advance()
        }
    }

    /// Appends the row that it stands on.
    func append(to out: inout ByteWriter) { table.append(to: &out) }
}

/// A table of a run that is merged: each row with the tick that it has in the merged run, and its cells where that has them.
private struct MergedTable: ~Copyable {
    private let input: MergeInput
    private let file: String
    private var reader: CSVReader
    /// How many fields a row has.
    private let width: Int
    /// By column of the merged run: the field of the row. `nil` where it has the run's columns, and perhaps more behind them.
    private let fields: [Int?]?
    private let padding: Int
    /// Events have times of their own, and may come behind the last tick.
    private let lastTick: UInt64
    private var cells: RowCells
    /// Of events, where kind and message stand.
    private let markFields: (kind: Int, message: Int)?
    private var timeEnd = 0
    private var tickEnd = 0
    private(set) var tick: UInt64?
    private let nodes: NodeIndex?
    private let isLooking: Bool
    /// Whether there is a row of a damaged run that is none.
    private var hasLeftOut = false
    /// Whether no further row of a damaged run can be read.
    private var isCutShort = false

    init(_ file: String, _ own: [String], of input: MergeInput, into columns: [String], _ nodes: NodeIndex?, isLooking: Bool) throws {
        (self.nodes, self.isLooking) = (nodes, isLooking)
        let isPrefix = columns.starts(with: own)
        let places = Dictionary(own.enumerated().map { ($1, $0) }) { first, _ in first }
        var reader = try input.run.whole(file)
        do {
            _ = try reader.advance()
        } catch  where input.damage != nil {
            isCutShort = true
            if !isLooking { input.cut(file) }
        }
        (self.file, self.input, width) = (file, input, own.count)
        let hasRepeated = file == RunFiles.table(.event) && !input.repeatedMarks.isEmpty
        markFields = hasRepeated ? places["kind"].flatMap { kind in places["message"].map { (kind, $0) } } : nil
        fields = isPrefix ? nil : columns.map { places[$0] }
        lastTick = file == RunFiles.table(.event) ? .max : input.lastTick
        padding = isPrefix ? columns.count - own.count : 0
        cells = RowCells(columns: isPrefix ? [] : Array(0..<own.count))
        self.reader = reader
    }

    mutating func advance() throws {
        tick = nil
        guard !isCutShort else { return }
        do {
            while try reader.advance() {
                if let own = find(), own <= lastTick {
                    guard !isRepeated(at: own.saturatingAdding(input.shift)) else { continue }
                    tick = own.saturatingAdding(input.shift)
                    return
                }
                hasLeftOut = true
                if !isLooking { input.leaveOutRow() }
            }
        } catch  where input.damage != nil {
            isCutShort = true
            if !isLooking { input.cut(file) }
            return
        }
        try checkSum()
    }

    var node: Int? {
        guard let nodes else { return nil }
        guard reader.isPlain else { return reader.fields.dropFirst(2).first.flatMap { nodes.index(of: $0) } }
        let row = reader.bytes
        let begin = min(tickEnd + 1, row.byteCount)
        return nodes.index(ofCell: row.extracting(begin..<Self.comma(row, from: begin)))
    }

    mutating func append(to out: inout ByteWriter) {
        appendTime(to: &out)
        out.append(decimal: tick ?? 0)
        guard let fields else {
            out.append(reader.bytes.extracting(tickEnd..<reader.bytes.byteCount))
            for _ in 0..<padding { out.append(CSVDialect.separator) }
            return out.append(CSVDialect.lineEnd)
        }
        let row = reader.bytes
        cells.find(in: row, isPlain: reader.isPlain)
        for field in fields.dropFirst(2) {
            out.append(CSVDialect.separator)
            if let field { out.append(cells.bytes(field, of: row)) }
        }
        out.append(CSVDialect.lineEnd)
    }

    /// Whether the row is a mark that another part of the same run has, too. Only events of the collector's own are: they have no node.
    private func isRepeated(at tick: UInt64) -> Bool {
        guard let markFields else { return false }
        let behind = tickEnd + 1
        guard behind < reader.bytes.byteCount, reader.bytes.unsafeLoad(fromByteOffset: behind, as: UInt8.self) == CSVDialect.separator
        else {
            return false
        }
        let fields = reader.fields
        return fields[markFields.kind] == "mark" && input.repeatedMarks.contains(SharedMark(tick: tick, label: fields[markFields.message]))
    }

    /// The row's time by the clock of the merged run, and the comma behind it.
    private func appendTime(to out: inout ByteWriter) {
        let time = reader.bytes.extracting(0..<timeEnd)
        if input.clockAhead != 0, Timestamp.isInstant(time), let instant = Timestamp.nanoseconds(time) {
            Timestamp.append((instant / 1000).saturatingSubtracting(input.clockAhead), to: &out)
        } else {
            out.append(time)
        }
        out.append(CSVDialect.separator)
    }

    /// - Returns: the row's own tick; `nil` when it has none, or other fields than its header.
    private mutating func find() -> UInt64? {
        guard reader.fieldCount == width, reader.fault == nil else { return nil }
        let row = reader.bytes
        let time = Self.comma(row, from: 0)
        let end = Self.comma(row, from: time + 1)
        guard end < row.byteCount else { return nil }
        var cursor = ByteCursor(row, at: time + 1)
        guard let tick = cursor.decimal(), cursor.offset == end else { return nil }
        (timeEnd, tickEnd) = (time, end)
        return tick
    }

    /// - Returns: the row's end when there is none.
    private static func comma(_ row: RawSpan, from start: Int) -> Int {
        var index = min(start, row.byteCount)
        while index < row.byteCount, row.unsafeLoad(fromByteOffset: index, as: UInt8.self) != CSVDialect.separator { index += 1 }
        return index
    }

    /// The bytes must be those that were checked before.
    private func checkSum() throws(CommandFailure) {
        guard input.damage == nil, let claim = input.run.claims.files[file] else { return }
        let isSame = claim.sha256.map { $0 == reader.sha256 } ?? claim.crc.map { $0 == reader.crc } ?? true
        guard !isSame || hasLeftOut else { return }
        throw CommandFailure(
            code: "damaged", message: "\(input.path)/\(file) has changed while it was merged. Nothing was merged: do it again.")
    }
}
