/// A text of requests of version 2, and its number in the last one that had it.
final class Symbol {
    let text: [UInt8]
    fileprivate var request = 0
    fileprivate var number: UInt64 = 0

    init(_ text: String) { self.text = Array(text.utf8) }
}

/// A body of remote write 2.0: the message `io.prometheus.write.v2.Request`, in Snappy's block format. Each text stands in it once.
struct WriteRequest2: ~Copyable, SampleWriter {
    /// What the samples of a metric have in common.
    private struct Head {
        let name: Symbol
        let help: Symbol
        let extras: [(name: String, symbols: [Symbol])]
        let type: UInt8
    }

    private var symbols = ByteWriter(capacity: 0)
    private var series = ByteWriter(capacity: 0)
    private var one = ByteWriter(capacity: 0)
    private var request = 1
    private var known: [[UInt8]: UInt64] = [:]
    private var heads: [Head?] = []
    private var row = RowSeries([])
    private let compressor = SnappyCompressor()
    private static let name = "__name__"
    private let nameLabel = Symbol(name)

    var byteCount: Int { symbols.count + series.count }

    mutating func begin(_ row: RowSeries) {
        self.row = row
        if row.symbols.isEmpty { row.symbols = LabelBlock.labels(of: row.labels.bytes).flatMap { [Symbol($0.name), Symbol($0.value)] } }
    }

    mutating func sample(_ shape: MetricShape, _ value: Double, time: Int64, start: Int64) {
        let head = head(of: shape)
        one.removeAll()
        // labels_refs = 1, packed.
        putReference(nameLabel)
        putReference(head.name)
        var extra = 0
        for (index, label) in row.labels.names.enumerated() {
            while extra < head.extras.count, head.extras[extra].name < label.name {
                for symbol in head.extras[extra].symbols { putReference(symbol) }
                extra += 1
            }
            putReference(row.symbols[2 * index])
            putReference(row.symbols[2 * index + 1])
        }
        for extra in head.extras[extra...] { for symbol in extra.symbols { putReference(symbol) } }
        let help = reference(head.help)
        let time = UInt64(max(time, 0))
        let start = shape.type == .counter && start > 0 ? UInt64(start) : 0
        let sampleSize =
            10 + LEB128.size(of: time) + (start > 0 ? 1 + LEB128.size(of: start) : 0)
        // type = 1, help_ref = 3.
        let metadataSize = (head.type > 0 ? 2 : 0) + 1 + LEB128.size(of: help)
        let size =
            1 + LEB128.size(of: UInt64(one.count)) + one.count + 2 + sampleSize + 2 + metadataSize
        series.append(0x2a)
        series.append(varint: UInt64(size))
        series.append(0x0a)
        series.append(varint: UInt64(one.count))
        Self.append(one, to: &series)
        series.append(0x12)
        series.append(UInt8(sampleSize))
        series.append(0x09)
        series.append(word: value.bitPattern)
        series.append(0x10)
        series.append(varint: time)
        if start > 0 {
            series.append(0x18)
            series.append(varint: start)
        }
        series.append(0x2a)
        series.append(UInt8(metadataSize))
        if head.type > 0 {
            series.append(0x08)
            series.append(head.type)
        }
        series.append(0x18)
        series.append(varint: help)
    }

    private mutating func head(of shape: MetricShape) -> Head {
        while heads.count <= shape.number { heads.append(nil) }
        if let head = heads[shape.number] { return head }
        let extras = shape.extras.map { (name: $0.name, symbols: [Symbol($0.name), Symbol($0.value)]) }
        let head = Head(name: Symbol(shape.name), help: Symbol(shape.help), extras: extras, type: shape.type.number)
        heads[shape.number] = head
        return head
    }

    private mutating func putReference(_ symbol: Symbol) { one.append(varint: reference(symbol)) }

    /// A symbol's place among those of the request; the empty text is the first.
    @inline(__always) private mutating func reference(_ symbol: Symbol) -> UInt64 {
        if symbol.request == request { return symbol.number }
        return learn(symbol)
    }

    private mutating func learn(_ symbol: Symbol) -> UInt64 {
        if known.isEmpty {
            known[[]] = 0
            symbols.append(0x22)
            symbols.append(0)
        }
        let number = known[symbol.text] ?? UInt64(known.count)
        if number == known.count {
            known[symbol.text] = number
            symbols.append(0x22)
            symbols.append(varint: UInt64(symbol.text.count))
            symbols.append(symbol.text)
        }
        (symbol.request, symbol.number) = (request, number)
        return number
    }

    private static func append(_ bytes: borrowing ByteWriter, to out: inout ByteWriter) {
        bytes.withUnsafeBytes { out.append($0.bytes) }
    }

    mutating func finish() -> [UInt8] {
        Self.append(series, to: &symbols)
        let body = symbols.withUnsafeBytes { compressor.compressed($0) }
        symbols.removeAll()
        series.removeAll()
        known.removeAll(keepingCapacity: true)
        request += 1
        return body
    }
}

extension ByteWriter {
    fileprivate mutating func append(varint value: UInt64) { LEB128.write(value) { append($0) } }

    fileprivate mutating func append(word: UInt64) {
        for place in stride(from: UInt64(0), to: 64, by: 8) { append(UInt8(truncatingIfNeeded: word >> place)) }
    }
}
