import StatsCore

/// Holds a table's rows against the grid, and collects which ticks of which node have rows. It costs a plain row no allocation.
struct TableRows: ~Copyable, RowCheck {
    private let file: String
    /// How a row is told from others of its tick.
    private let key: RowKey
    /// The field of the key.
    private var keyCell: RowCells
    private let instants: RunInstants
    private let nodes: [String]
    private let indices: NodeIndex
    /// By node: how many ticks there are.
    private let expected: [UInt64]

    /// By node: the ticks that have rows, without those in `growing`.
    private var seen: [TickSet]
    /// By node: the last ticks that came, one right behind the other.
    private var growing: [ClosedRange<UInt64>?]
    /// Most rows are of the same tick and node as the one before.
    private var timedInstant: Int64?
    private var time = ByteWriter(capacity: 64)
    private var node: Int?
    private var keys = TickKeys()
    private var lateCounts: LateCounts

    /// - Parameter header: the names of the file's columns, as far as they are known.
    init(file: String, header: [String], _ instants: RunInstants, nodes: [String], expected: [UInt64]) {
        self.file = file
        let known = TableID(name: RunFiles.table(of: file))?.rowKey ?? .several
        if case .column(let name) = known, let field = header.firstIndex(of: name) {
            key = known
            keyCell = RowCells(columns: [field])
        } else {
            // Without its column a key can't be checked.
            if case .column = known { key = .several } else { key = known }
            keyCell = RowCells(columns: [])
        }
        lateCounts = LateCounts(header: file == RunFiles.table(.agent) ? header : [], nodes: nodes.count)
        self.instants = instants
        self.nodes = nodes
        self.expected = expected
        indices = NodeIndex(nodes)
        seen = nodes.map { _ in TickSet() }
        growing = nodes.map { _ in nil }
    }

    /// By node: in how many ticks the rows of a source are missing; `nil` for a node whose rows don't say.
    var late: [[String: UInt64]?] { nodes.indices.map { lateCounts.counts(of: $0) } }

    /// By node: all ticks that have rows; empty for events.
    var ticks: [TickSet] {
        zip(seen, growing).map { seen, growing in
            var all = seen
            if let growing { all.insert(growing) }
            return all
        }
    }

    mutating func row(_ reader: borrowing CSVReader, _ faults: inout RunFaults) {
        let bytes = reader.bytes
        let timeEnd = Self.comma(bytes, from: 0)
        let tickEnd = Self.comma(bytes, from: timeEnd + 1)
        guard tickEnd < bytes.byteCount, let tick = Self.number(bytes, timeEnd + 1..<tickEnd) else {
            return faults.note(.tick, file: file, line: reader.line, "the tick is no number, with a node behind it")
        }
        let found =
            reader.isPlain
            ? index(ofNode: bytes.extracting(tickEnd + 1..<Self.comma(bytes, from: tickEnd + 1)))
            : reader.fields.dropFirst(2).first.flatMap { indices.index(of: $0) ?? ($0.isEmpty ? -1 : nil) }
        let time = bytes.extracting(0..<timeEnd)
        if key == .event {
            if found == nil { faults.note(.unknownNode, file: file, line: reader.line, "the node is none of the run's") }
            if !Timestamp.isInstant(time) { faults.note(.time, file: file, line: reader.line, "the time is no instant") }
            return
        }
        guard let node = found, node >= 0 else {
            return faults.note(.unknownNode, file: file, line: reader.line, "the node is none of the run's")
        }
        guard tick < expected[node] else {
            return faults.note(
                .tick, file: file, line: reader.line, node: nodes[node],
                "tick \(tick) is behind the last, \(expected[node]) ticks are accounted for")
        }
        check(time, of: tick, node: node, line: reader.line, &faults)
        book(tick, of: node, reader, &faults)
        lateCounts.note(bytes, isPlain: reader.isPlain, of: node)
    }

    // MARK: Grid

    private mutating func check(_ text: RawSpan, of tick: UInt64, node: Int, line: UInt64, _ faults: inout RunFaults) {
        let instant = instants.instant(of: tick, node: node)
        if timedInstant != instant {
            timedInstant = instant
            time.removeAll()
            Timestamp.append(instant, to: &time)
        }
        guard !text.equals(time.bytes) else { return }
        faults.note(
            .time, file: file, line: line,
            "the time of tick \(tick) is \(Timestamp.string(instant)), and another one is there")
    }

    private mutating func book(_ tick: UInt64, of node: Int, _ reader: borrowing CSVReader, _ faults: inout RunFaults) {
        let line = reader.line
        guard let span = growing[node] else {
            growing[node] = tick...tick
            noteKey(reader, tick, of: node)
            return
        }
        if tick == span.upperBound {
            if key == .single {
                faults.note(.twice, file: file, line: line, node: nodes[node], "tick \(tick) of node \(nodes[node]) has a second row")
            } else if case .column(let name) = key, !noteKey(reader, tick, of: node) {
                faults.note(
                    .twice, file: file, line: line, node: nodes[node],
                    "tick \(tick) of node \(nodes[node]) has a second row of the same \(name)")
            }
            return
        }
        noteKey(reader, tick, of: node)
        if tick < span.upperBound {
            faults.note(
                .order, file: file, line: line, node: nodes[node],
                "tick \(tick) of node \(nodes[node]) comes behind tick \(span.upperBound)")
            seen[node].insert(tick...tick)
        } else if tick == span.upperBound + 1 {
            growing[node] = span.lowerBound...tick
        } else {
            seen[node].insert(span)
            growing[node] = tick...tick
        }
    }

    /// - Returns: false when the last tick that came of the node has a row of that key already.
    @discardableResult private mutating func noteKey(_ reader: borrowing CSVReader, _ tick: UInt64, of node: Int) -> Bool {
        guard case .column = key else { return true }
        let row = reader.bytes
        keyCell.find(in: row, isPlain: reader.isPlain)
        return keys.insert(keyCell.bytes(0, of: row), node: node, tick: tick)
    }

    // MARK: Cells

    /// - Returns: -1 for no node at all, `nil` for one that the run doesn't know.
    private mutating func index(ofNode text: RawSpan) -> Int? {
        if let node, indices.isText(text, of: node) { return node }
        guard text.byteCount > 0 else { return -1 }
        node = indices.index(ofCell: text)
        return node
    }

    /// Digits only, without needless zeros, and far from overflowing.
    private static func number(_ bytes: RawSpan, _ range: Range<Int>) -> UInt64? {
        guard !range.isEmpty, range.count < 19 else { return nil }
        var value: UInt64 = 0
        for index in range {
            let digit = byte(bytes, index) &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value &* 10 &+ UInt64(digit)
        }
        return range.count > 1 && byte(bytes, range.lowerBound) == UInt8(ascii: "0") ? nil : value
    }

    private static func comma(_ bytes: RawSpan, from start: Int) -> Int {
        var index = min(start, bytes.byteCount)
        while index < bytes.byteCount, byte(bytes, index) != UInt8(ascii: ",") { index += 1 }
        return index
    }

    @inline(__always) private static func byte(_ bytes: RawSpan, _ index: Int) -> UInt8 {
        bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
    }
}
