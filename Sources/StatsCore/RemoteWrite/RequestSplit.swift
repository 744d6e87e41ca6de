/// Takes a request apart that a receiver doesn't accept, to find the series that it doesn't want.
package struct RequestSplit {
    /// The fields that aren't series: the symbols of version 2.
    private var shared: [UInt8] = []
    private var series: [[UInt8]] = []
    private var symbols: [String] = []
    private let request: WriteRequest

    /// - Returns: `nil` for a body that isn't one of ours, and for OTLP, whose receivers say themselves what they didn't take.
    package init?(_ request: WriteRequest) {
        self.request = request
        guard request.protocol != .otlp, let bytes = SnappyReader.bytes(of: request.body.span.bytes, limit: 1 << 28) else { return nil }
        let number = request.protocol == .one ? 1 : 5
        var fields = ProtobufFields(bytes.span.bytes)
        while let field = fields.next() {
            if field.number == number { series.append(Array(bytes[field.whole])) } else { shared += bytes[field.whole] }
        }
        guard fields.isAtEnd else { return nil }
        if request.protocol == .two { symbols = Self.texts(of: shared) }
    }

    private static func texts(of symbols: [UInt8]) -> [String] {
        var texts: [String] = []
        var fields = ProtobufFields(symbols.span.bytes)
        while let symbol = fields.next() { texts.append(String(decoding: symbols[symbol.body], as: UTF8.self)) }
        return texts
    }

    package var count: Int { series.count }

    /// The request's first and second half; `nil` when it has a single sample.
    package var halves: (WriteRequest, WriteRequest)? {
        guard series.count > 1 else { return nil }
        let middle = series.count / 2
        return (part(0..<middle), part(middle..<series.count))
    }

    /// Its samples at the begin, in the middle and at the end, each as a request.
    package var probes: [WriteRequest] { Set([0, series.count / 2, series.count - 1]).sorted().map { part($0..<$0 + 1) } }

    private func part(_ range: Range<Int>) -> WriteRequest {
        let bytes = shared + series[range].joined()
        let body = bytes.withUnsafeBytes { SnappyCompressor().compressed($0) }
        return WriteRequest(protocol: request.protocol, shard: request.shard, body: body, samples: range.count)
    }

    /// The first series, as a query would name it: `node_load1{node="a"}`.
    package var name: String {
        guard let first = series.first else { return "" }
        let message = Self.message(first)
        let labels = request.protocol == .one ? Self.labels(message) : labelsBySymbols(message)
        let rest = labels.filter { $0.name != "__name__" }.map { "\($0.name)=\"\($0.value)\"" }
        return (labels.first { $0.name == "__name__" }?.value ?? "") + "{" + rest.joined(separator: ",") + "}"
    }

    /// The message within a field.
    private static func message(_ field: [UInt8]) -> [UInt8] {
        var fields = ProtobufFields(field.span.bytes)
        return fields.next().map { Array(field[$0.body]) } ?? []
    }

    private static func labels(_ message: [UInt8]) -> [(name: String, value: String)] {
        var block: [UInt8] = []
        var fields = ProtobufFields(message.span.bytes)
        while let field = fields.next() { if field.number == 1 { block += message[field.whole] } }
        return LabelBlock.labels(of: block)
    }

    private func labelsBySymbols(_ message: [UInt8]) -> [(name: String, value: String)] {
        var references: [String] = []
        var parts = ProtobufFields(message.span.bytes)
        while let part = parts.next() {
            guard part.number == 1 else { continue }
            var numbers = ProtobufFields(message.span.bytes.extracting(part.body))
            while let number = numbers.varint() { references.append(number < symbols.count ? symbols[Int(number)] : "?") }
        }
        return stride(from: 0, to: references.count - 1, by: 2).map { (references[$0], references[$0 + 1]) }
    }

    /// The same samples in version 1.
    fileprivate var inVersionOne: WriteRequest {
        var body: [UInt8] = []
        for field in series {
            let message = Self.message(field)
            var one = labelsBySymbols(message).flatMap { LabelBlock.encoded($0.name, $0.value) }
            var parts = ProtobufFields(message.span.bytes)
            while let part = parts.next() { if part.number == 2 { one += Self.sampleWithoutStart(message[part.body]) } }
            body += [0x0a] + LEB128.bytes(one.count) + one
        }
        let compressed = body.withUnsafeBytes { SnappyCompressor().compressed($0) }
        return WriteRequest(protocol: .one, shard: request.shard, body: compressed, samples: request.samples)
    }

    /// The field `samples` of version 1: value and instant.
    private static func sampleWithoutStart(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        let bytes = Array(bytes)
        var sample: [UInt8] = []
        var fields = ProtobufFields(bytes.span.bytes)
        while let field = fields.next() { if field.number <= 2 { sample += bytes[field.whole] } }
        return [0x12] + LEB128.bytes(sample.count) + sample
    }
}

extension WriteRequest {
    /// A request for a receiver that doesn't know version 2.
    package var inVersionOne: WriteRequest { `protocol` == .two ? RequestSplit(self)?.inVersionOne ?? self : self }
}
