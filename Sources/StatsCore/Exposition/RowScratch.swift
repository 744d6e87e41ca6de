/// Collects one row's values and labels, in whatever order its columns come.
struct RowScratch: ~Copyable {
    private(set) var values: [Double]
    /// How many values there are.
    private(set) var count = 0
    private var texts: [[UInt8]?]
    private var node: [UInt8] = []
    private var out = ByteWriter(capacity: 256)

    init(metrics: Int, labels: Int) {
        values = Array(repeating: .nan, count: metrics)
        texts = Array(repeating: nil, count: labels)
    }

    mutating func begin(_ node: [UInt8]) {
        self.node = node
        count = 0
        for index in values.indices { values[index] = .nan }
        for index in texts.indices { texts[index] = nil }
    }

    /// - Parameters:
    ///   - json: a cell; if it isn't a number, there is no value.
    ///   - time: the tick's instant, in microseconds.
    mutating func note(_ value: Metric.Value, at index: Int, _ json: RawSpan, time: Int64) {
        guard let number = Self.number(json) else { return }
        switch value {
        case .itself: values[index] = number
        case .times(let factor): values[index] = number * factor
        case .constant(let constant): values[index] = constant
        case .instantBefore: values[index] = ((Double(time) - number) / 1e6).rounded()
        }
        if values[index].isFinite { count += 1 }
    }

    mutating func note(label index: Int, _ json: RawSpan) {
        let cursor = ByteCursor(json)
        if cursor.peek == UInt8(ascii: "\""), json.byteCount >= 2 {
            out.removeAll()
            out.append(unescaping: json.extracting(1..<json.byteCount - 1))
            texts[index] = out.withUnsafeBytes { Array($0) }
        } else if Self.number(json) != nil {
            texts[index] = json.withUnsafeBytes { Array($0) }
        }
    }

    /// The row's labels, in the text format.
    mutating func labels(of labels: [MetricTable.Label]) -> [UInt8] {
        out.removeAll()
        out.append(node)
        for (label, text) in zip(labels, texts) where label.isAlways || text?.isEmpty == false {
            let text = text ?? []
            out.appendLabel(label.name, text.span.bytes)
        }
        return out.withUnsafeBytes { Array($0) }
    }

    private static func number(_ json: RawSpan) -> Double? {
        var cursor = ByteCursor(json)
        let isNegative = cursor.skip(UInt8(ascii: "-"))
        guard let magnitude = cursor.fraction(), cursor.isAtEnd else { return nil }
        return isNegative ? -magnitude : magnitude
    }
}
