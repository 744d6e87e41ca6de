/// What a run is labelled with, by key: `--label variant=baseline`. Labels tell runs apart in lists, exports and comparisons.
package enum RunLabels {
    /// What is wrong with labels that somebody gives.
    package struct Fault: Error, Equatable, CustomStringConvertible {
        package let description: String
    }

    /// How many a run may have, and how many bytes they may have in all: they have to fit into a request's first line.
    package static let most = 32
    package static let bytesInAll = 4096
    package static let keyBytes = 64
    package static let valueBytes = 256

    /// - Parameter texts: `key=value` each.
    package static func parse(_ texts: some Sequence<some StringProtocol>) throws(Fault) -> [String: String] {
        var labels: [String: String] = [:]
        var bytes = 0
        for text in texts {
            let (key, value) = try pair(text)
            if labels[key] != nil { throw Fault(description: "the label `\(key)` is given twice; a run has one value of each") }
            labels[key] = value
            bytes += text.utf8.count
        }
        if labels.count > most { throw Fault(description: "there are \(labels.count) labels; a run has at most \(most)") }
        if bytes > bytesInAll { throw Fault(description: "the labels have \(bytes) bytes; all together they may have \(bytesInAll)") }
        return labels
    }

    /// Reads one label.
    package static func pair(_ text: some StringProtocol) throws(Fault) -> (key: String, value: String) {
        guard let equals = text.firstIndex(of: "=") else {
            throw Fault(description: "the label \(shown(text)) has no value: write key=value, such as variant=baseline")
        }
        let (key, value) = (text[..<equals], text[text.index(after: equals)...])
        guard isKey(key) else {
            throw Fault(
                description:
                    "the label \(shown(text)) has a key that can't be: a key has 1 to \(keyBytes) ASCII letters, digits, _, . and -, "
                    + "and begins with a letter or _")
        }
        if value.isEmpty { throw Fault(description: "the label `\(key)` has an empty value: leave the label out") }
        if value.utf8.count > valueBytes {
            throw Fault(description: "the value of the label `\(key)` has \(value.utf8.count) bytes; it may have \(valueBytes)")
        }
        if value.unicodeScalars.contains(where: VisibleText.isHostile) {
            throw Fault(
                description: "the value of the label `\(key)` holds a control character or a mark of writing direction; leave it out")
        }
        return (String(key), String(value))
    }

    /// In the order of their keys.
    package static func sorted(_ labels: [String: String]?) -> [(key: String, value: String)] { (labels ?? [:]).sorted { $0.key < $1.key } }

    /// `cpus=4, variant=baseline`; `nil` without labels.
    package static func text(_ labels: [String: String]?) -> String? {
        guard let labels, !labels.isEmpty else { return nil }
        return sorted(labels).map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
    }

    private static func isKey(_ key: some StringProtocol) -> Bool {
        guard let first = key.utf8.first, key.utf8.count <= keyBytes, isLetter(first) else { return false }
        return key.utf8.allSatisfy { isLetter($0) || $0 &- UInt8(ascii: "0") < 10 || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "_") }

    /// For an error text: shortened, and without control characters.
    private static func shown(_ text: some StringProtocol) -> String { "`\(VisibleText.escape(String(text.prefix(80))))`" }
}
