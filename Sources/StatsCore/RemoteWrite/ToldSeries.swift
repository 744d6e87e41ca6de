/// The series of a sender's own values, which it has in Prometheus' text format as `OwnFamilies` writes it.
final class ToldSeries {
    private struct Series {
        let shape: MetricShape
        let row: RowSeries
    }

    private let labels: [(name: String, value: String)]
    private var series: [[UInt8]: Series] = [:]
    private(set) var shapes: [String: MetricShape] = [:]
    private var number: UInt64 = 0
    private(set) var time: Int64 = 0

    /// - Parameters:
    ///   - instance: what the sender is called.
    ///   - labels: that all of its series have.
    init(instance: String, labels: [(name: String, value: String)]) {
        self.labels = labels + [("job", "sonde"), ("instance", instance)]
    }

    func write(_ text: RawSpan, time: Int64, to writer: inout some SampleWriter & ~Copyable) {
        number += 1
        self.time = time
        var (help, type) = ("", MetricType.untyped)
        var cursor = ByteCursor(text)
        while !cursor.isAtEnd {
            let start = cursor.offset
            cursor.skipLine()
            let line = text.extracting(start..<cursor.offset)
            if line.byteCount > 7, cursor.matches(start..<start + 7, "# HELP ") {
                help = Self.word(behind: line.extracting(7...))
            } else if line.byteCount > 7, cursor.matches(start..<start + 7, "# TYPE ") {
                type = MetricType(rawValue: Self.word(behind: line.extracting(7...))) ?? .untyped
            } else {
                take(line, type, help, to: &writer)
            }
        }
        for (key, one) in series where one.row.seen != number {
            end(one, at: time / 1000, &writer)
            series[key] = nil
        }
    }

    /// Ends all series, just behind their newest values.
    func end(to writer: inout some SampleWriter & ~Copyable) {
        for one in series.values { end(one, at: time / 1000 + 1, &writer) }
        series = [:]
    }

    private func end(_ one: Series, at time: Int64, _ writer: inout some SampleWriter & ~Copyable) {
        writer.begin(one.row)
        writer.sample(one.shape, StaleMarker.value, time: time, start: 0)
    }

    private func take(_ line: RawSpan, _ type: MetricType, _ help: String, to writer: inout some SampleWriter & ~Copyable) {
        // The value is behind the last space; labels may have some.
        guard let space = (0..<line.byteCount).last(where: { line.unsafeLoad(fromByteOffset: $0, as: UInt8.self) == UInt8(ascii: " ") })
        else { return }
        let text = line.extracting(space + 1..<line.byteCount).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        guard let value = Double(text.last == "\n" ? text.dropLast() : text[...]) else { return }
        let key = line.extracting(0..<space).withUnsafeBytes { Array($0) }
        let one = series[key] ?? learn(key, type, help)
        series[key] = one
        guard one.row.seen != number else { return }
        one.row.seen = number
        writer.begin(one.row)
        writer.sample(one.shape, value, time: time / 1000, start: 0)
    }

    private func learn(_ key: [UInt8], _ type: MetricType, _ help: String) -> Series {
        let name = String(decoding: key.prefix { $0 != UInt8(ascii: "{") }, as: UTF8.self)
        let shape = shapes[name] ?? MetricShape(name, type, help: help)
        shapes[name] = shape
        return Series(shape: shape, row: RowSeries(key: key, Self.labels(of: key) + labels))
    }

    /// The labels of `name{a="b",c="d"}`.
    private static func labels(of key: [UInt8]) -> [(name: String, value: String)] {
        var labels: [(name: String, value: String)] = []
        var at = (key.firstIndex(of: UInt8(ascii: "{")) ?? key.count) + 1
        while at < key.count, let equals = key[at...].firstIndex(of: UInt8(ascii: "=")) {
            let name = String(decoding: key[at..<equals], as: UTF8.self)
            var value: [UInt8] = []
            at = equals + 2
            while at < key.count, key[at] != UInt8(ascii: "\"") {
                if key[at] == UInt8(ascii: "\\"), at + 1 < key.count {
                    at += 1
                    value.append(key[at] == UInt8(ascii: "n") ? UInt8(ascii: "\n") : key[at])
                } else {
                    value.append(key[at])
                }
                at += 1
            }
            labels.append((name, String(decoding: value, as: UTF8.self)))
            // The quote, and the comma or the brace.
            at += 2
        }
        return labels
    }

    /// What is behind the name, without the line's end.
    private static func word(behind line: RawSpan) -> String {
        let text = line.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        let rest = text.drop { $0 != " " }.dropFirst()
        return String(rest.last == "\n" ? rest.dropLast() : rest)
    }
}
