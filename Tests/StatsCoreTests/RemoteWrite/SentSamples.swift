import Testing

@testable import StatsCore

/// A sample as a receiver reads it out of a request.
struct SentSample: Hashable {
    /// `name{a="b"}`, labels in the order in which they were sent.
    var series: String
    var value: UInt64
    var time: Int64
    var start: Int64 = 0
    var type: UInt64 = 0
    var help = ""
    var unit = ""
    /// The attributes of its resource, of OTLP.
    var resource: [String: String] = [:]

    var isStale: Bool { value == StaleMarker.value.bitPattern }
    var number: Double { Double(bitPattern: value) }
}

/// Reads requests by the messages' definitions alone.
enum SentRequest {
    static func samples(_ request: WriteRequest) throws -> [SentSample] {
        if request.protocol == .otlp { return try otlp(request.body) }
        let read = SnappyReader.bytes(of: request.body.span.bytes, limit: 1 << 28)
        let bytes = try #require(read)
        return try request.protocol == .one ? first(bytes) : second(bytes)
    }

    fileprivate static func fields(_ bytes: [UInt8]) throws -> [(number: Int, body: [UInt8], value: UInt64)] {
        var all: [(Int, [UInt8], UInt64)] = []
        var fields = ProtobufFields(bytes.span.bytes)
        while let field = fields.next() { all.append((field.number, Array(bytes[field.body]), field.value)) }
        let isWhole = fields.isAtEnd
        try #require(isWhole)
        return all
    }

    fileprivate static func text(_ labels: [(String, String)]) throws -> String {
        let names = labels.map(\.0)
        #expect(names == names.sorted(), "labels are sorted")
        #expect(Set(names).count == names.count && labels.allSatisfy { !$0.1.isEmpty }, "no label is empty, or there twice")
        try #require(names.first == "__name__")
        return labels[0].1 + "{" + labels.dropFirst().map { "\($0)=\"\($1)\"" }.joined(separator: ",") + "}"
    }

    private static func sample(_ body: [UInt8], _ series: String) throws -> SentSample {
        var sample = SentSample(series: series, value: 0, time: 0)
        for field in try fields(body) {
            switch field.number {
            case 1: sample.value = field.body.reversed().reduce(0) { $0 << 8 | UInt64($1) }
            case 2: sample.time = Int64(field.value)
            default: sample.start = Int64(field.value)
            }
        }
        return sample
    }

    private static func first(_ bytes: [UInt8]) throws -> [SentSample] {
        try fields(bytes).map { series in
            let parts = try fields(series.body)
            let labels = try parts.filter { $0.number == 1 }.map { label in
                let texts = try fields(label.body)
                return (String(decoding: texts[0].body, as: UTF8.self), String(decoding: texts[1].body, as: UTF8.self))
            }
            let samples = parts.filter { $0.number == 2 }
            try #require(series.number == 1 && samples.count == 1)
            return try sample(samples[0].body, text(labels))
        }
    }

    private static func second(_ bytes: [UInt8]) throws -> [SentSample] {
        let all = try fields(bytes)
        let symbols = all.filter { $0.number == 4 }.map { String(decoding: $0.body, as: UTF8.self) }
        #expect(symbols.first == "" && Set(symbols).count == symbols.count, "each text once, the empty one first")
        return try all.filter { $0.number == 5 }.map { series in
            let parts = try fields(series.body)
            var numbers: [Int] = []
            for part in parts where part.number == 1 {
                var references = ProtobufFields(part.body.span.bytes)
                while let number = references.varint() { numbers.append(Int(number)) }
            }
            let labels = stride(from: 0, to: numbers.count, by: 2).map { (symbols[numbers[$0]], symbols[numbers[$0 + 1]]) }
            var read = try sample(#require(parts.first { $0.number == 2 }).body, text(labels))
            for field in try fields(#require(parts.first { $0.number == 5 }).body) {
                if field.number == 1 { read.type = field.value } else { read.help = symbols[Int(field.value)] }
            }
            return read
        }
    }
}

extension SentRequest {
    /// The messages `MetricMetadata` of a request that has nothing else.
    static func metadata(_ request: WriteRequest) throws -> [(name: String, type: UInt64, help: String)] {
        let read = SnappyReader.bytes(of: request.body.span.bytes, limit: 1 << 28)
        return try fields(#require(read)).map { field in
            try #require(field.number == 3)
            let parts = try fields(field.body)
            func text(_ number: Int) -> String { String(decoding: parts.first { $0.number == number }?.body ?? [], as: UTF8.self) }
            return (text(2), parts.first { $0.number == 1 }?.value ?? 0, text(4))
        }
    }

    /// `metrics/v1/metrics.proto`, with the markers that end series as remote write has them.
    private static func otlp(_ bytes: [UInt8]) throws -> [SentSample] {
        try fields(bytes).flatMap { one in
            let parts = try fields(one.body)
            let resource = try attributes(fields(#require(parts.first { $0.number == 1 }).body).filter { $0.number == 1 }.map(\.body))
            let scope = try fields(#require(parts.first { $0.number == 2 }).body)
            let metrics = try scope.filter { $0.number == 2 }.map { try fields($0.body) }
            let names = metrics.map { $0[0].body }
            #expect(Set(names).count == names.count, "each name once")
            return try metrics.flatMap { metric in
                func text(_ number: Int) -> String {
                    String(decoding: metric.first { $0.number == number }?.body ?? [], as: UTF8.self)
                }
                let data = try #require(metric.first { [5, 7].contains($0.number) })
                let inner = try fields(data.body)
                let isSum = data.number == 7
                #expect(inner.filter { $0.number != 1 }.map(\.value) == (isSum ? [2, 1] : []), "cumulative and monotonic")
                return try inner.filter { $0.number == 1 }.map { point in
                    let values = try fields(point.body)
                    func word(_ number: Int) -> UInt64? {
                        values.first { $0.number == number }?.body.reversed().reduce(0) { $0 << 8 | UInt64($1) }
                    }
                    let labels = try attributes(values.filter { $0.number == 7 }.map(\.body))
                    let pairs = [("__name__", text(1))] + labels.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
                    var sample = try SentSample(series: self.text(pairs), value: word(4) ?? StaleMarker.value.bitPattern, time: 0)
                    sample.time = Int64(try #require(word(3)) / 1_000_000)
                    sample.start = Int64((word(2) ?? 0) / 1_000_000)
                    (sample.type, sample.help, sample.unit, sample.resource) = (isSum ? 1 : 2, text(2), text(3), resource)
                    #expect((values.first { $0.number == 8 }?.value == 1) == sample.isStale)
                    return sample
                }
            }
        }
    }

    /// Of messages `KeyValue`; of an array its first text.
    private static func attributes(_ pairs: [[UInt8]]) throws -> [String: String] {
        let all = try pairs.map { pair in
            let parts = try fields(pair)
            var value = try fields(parts[1].body)[0]
            if value.number == 5 { value = try fields(fields(value.body)[0].body)[0] }
            return (String(decoding: parts[0].body, as: UTF8.self), String(decoding: value.body, as: UTF8.self))
        }
        return Dictionary(uniqueKeysWithValues: all)
    }
}

/// A tick as an agent sends it, with an encoder that gets it.
struct SentTick {
    var node = "n"
    var kernel = "6.1"
    var time: Int64 = 1_700_000_000_000_000
    /// By table: columns, and the array of rows.
    var tables: [TableID: (columns: [String], rows: String)]

    var columns: SenderColumns { SenderColumns(Dictionary(uniqueKeysWithValues: tables.map { ($0.key.name, $0.value.columns) })) }

    var frame: [UInt8] {
        let rows = tables.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\"\($0.key.name)\":\($0.value.rows)" }.joined(separator: ",")
        return Array(
            #"{"type":"tick","run":"","epoch":1,"seq":0,"tick":1,"time":\#(time),"begin":\#(time),"end":\#(time),"rows":{\#(rows)}}"#.utf8)
    }

    var record: [UInt8] {
        get throws {
            var out = ByteWriter()
            let frame = frame
            let tick = try TickFrame(frame.span.bytes)
            _ = out.append(tick, frame: frame.span.bytes, node: node, kernel: kernel, columns: columns.number, withProcesses: true)
            return out.withUnsafeBytes { Array($0) }
        }
    }

    /// A record of values that the sender `x` has of itself.
    static func own(_ text: [UInt8], time: Int64) -> [UInt8] {
        var out = ByteWriter()
        out.append(own: text.span.bytes, node: "x", time: time)
        return out.withUnsafeBytes { Array($0) }
    }

    /// What `/metrics` shows of it.
    var rows: FrameRows {
        get throws {
            let frame = frame
            return try FrameRows(
                TickFrame(frame.span.bytes), frame: frame.span.bytes, columns: tables.mapValues { FrameRows.Columns($0.columns) })
        }
    }

    static func encoder(_ ticks: [SentTick], _ protocol: RemoteWriteProtocol = .one, shards: Int = 1, mostSamples: Int = 10_000)
        -> SeriesEncoder
    {
        let known = Dictionary(ticks.map { ($0.columns.number, $0.columns) }) { first, _ in first }
        return SeriesEncoder(`protocol`, shards: shards, mostSamples: mostSamples) { known[$0] }
    }

    /// The samples of each tick.
    static func samples(_ ticks: [SentTick], _ protocol: RemoteWriteProtocol = .one) throws -> [[SentSample]] {
        let encoder = encoder(ticks, `protocol`)
        return try ticks.map { tick in
            let record = try tick.record
            let time = encoder.take(record: record)
            #expect(time == tick.time)
            return try encoder.finish().flatMap { try SentRequest.samples($0) }
        }
    }
}

extension SeriesEncoder {
    func take(record: [UInt8]) -> Int64? { take(record.span.bytes)?.time }
}
