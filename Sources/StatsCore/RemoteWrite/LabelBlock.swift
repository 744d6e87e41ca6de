/// A series' labels besides its name, sorted, and encoded as remote write's message `TimeSeries` repeats them: field 1, each a `Label` of name (1) and value (2).
struct LabelBlock: Sendable {
    /// Beyond that a label's value is cut, since every sample repeats it.
    static let longestValue = 1024

    private(set) var bytes: [UInt8] = []
    /// Each label's name, and where it begins.
    private(set) var names: [(name: String, start: Int)] = []

    /// - Parameter labels: in any order; of two with one name the first counts. Those with an empty value are the same as none, and left out.
    init(_ labels: [(name: String, value: String)]) {
        var last = ""
        for (name, value) in Self.sorted(labels) where !value.isEmpty && name != last {
            last = name
            names.append((name, bytes.count))
            bytes += Self.encoded(name, value)
        }
    }

    private static func sorted(_ labels: [(name: String, value: String)]) -> [(name: String, value: String)] {
        labels.enumerated().sorted { ($0.element.name, $0.offset) < ($1.element.name, $1.offset) }.map(\.element)
    }

    /// Where labels that begin with this name belong among these.
    func place(of name: String) -> Int { names.first { $0.name > name }?.start ?? bytes.count }

    /// A label, its field's head included.
    static func encoded(_ name: String, _ value: String) -> [UInt8] {
        let value = cut(value)
        let body = [0x0a] + LEB128.bytes(name.utf8.count) + Array(name.utf8) + [0x12] + LEB128.bytes(value.utf8.count) + Array(value.utf8)
        return [0x0a] + LEB128.bytes(body.count) + body
    }

    /// The name and value of each label.
    static func labels(of block: [UInt8]) -> [(name: String, value: String)] {
        var labels: [(name: String, value: String)] = []
        var fields = ProtobufFields(block.span.bytes)
        while let label = fields.next() {
            var parts = ProtobufFields(block.span.bytes.extracting(label.body))
            var texts = ["", ""]
            while let part = parts.next(), part.number <= 2 {
                let range = part.body.lowerBound + label.body.lowerBound..<part.body.upperBound + label.body.lowerBound
                texts[part.number - 1] = String(decoding: block[range], as: UTF8.self)
            }
            labels.append((texts[0], texts[1]))
        }
        return labels
    }

    static func cut(_ value: String) -> String {
        guard value.utf8.count > longestValue else { return value }
        var end = value.utf8.index(value.utf8.startIndex, offsetBy: longestValue)
        // A cut never splits a character.
        while UTF8.isContinuation(value.utf8[end]) { end = value.utf8.index(before: end) }
        return String(value[..<end])
    }
}
