import FoundationEssentials

/// A configuration file of a daemon: one JSON object, each key an option's name without its dashes.
///
///     {"collector": "10.0.0.5:9822", "interval": "1s"}
package enum OptionFile {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Reads the file at `path` and checks that it holds nothing but `keys`, each once; values may be strings, numbers or booleans.
    /// - Throws: `Failure` naming the file, the key and the line.
    package static func load(_ path: String, keys: Set<String>) throws(Failure) -> [String: String] {
        let bytes: [UInt8]
        do throws(WholeFile.Failure) { bytes = try WholeFile(path).bytes } catch {
            throw Failure(description: "cannot read the configuration file \(path): \(error)")
        }
        if let place = bytes.firstIndex(where: { isControl($0) && !$0.isLayout }) {
            throw Failure(description: "\(path), line \(1 + lineEnds(in: bytes[..<place])): a control character stands here; leave it out")
        }
        let values: [String: Value]
        do throws(JSONMismatch) { values = try JSONCoding.decode(from: bytes) } catch {
            throw Failure(
                description: "\(path) is no JSON object of strings, numbers and booleans, such as {\"interval\": \"1s\"}: \(error)")
        }
        let lines = try lines(of: bytes, path)
        if let unknown = values.keys.filter({ !keys.contains($0) }).min() {
            throw Failure(
                description: "\(path): unknown key \"\(VisibleText.escape(unknown))\"; known are \(keys.sorted().joined(separator: ", "))")
        }
        for (key, value) in values where value.text.utf8.contains(where: isControl) {
            throw Failure(
                description: "\(path), line \(lines[key] ?? 0): \"\(key)\" holds a control character, such as \\n or \\u0000; leave it out")
        }
        return values.mapValues(\.text)
    }

    /// The line of each key.
    private static func lines(of bytes: [UInt8], _ path: String) throws(Failure) -> [String: Int] {
        let span = bytes.span.bytes
        do throws(JSONFault) { try JSONScanner.validate(span) } catch { throw Failure(description: "\(path) \(error)") }
        var lines: [String: Int] = [:]
        // Keys come in order: no line is counted twice, however many keys there are.
        var (line, counted) = (1, 0)
        var scanner = JSONScanner(span)
        try scanner.members { (key, _) throws(Failure) in
            var text = ByteWriter()
            text.append(unescaping: span.extracting(key))
            let name = text.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
            line += lineEnds(in: bytes[counted..<key.lowerBound])
            counted = key.lowerBound
            if let earlier = lines.updateValue(line, forKey: name) {
                throw Failure(
                    description:
                        "\(path): the key \"\(VisibleText.escape(name))\" stands on line \(earlier) and on line \(line); write it once")
            }
        }
        return lines
    }

    private static func lineEnds(in bytes: ArraySlice<UInt8>) -> Int { bytes.count { $0 == UInt8(ascii: "\n") } }
    private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7f }

    private struct Value: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self.text = text
            } else if let number = try? container.decode(Int64.self) {
                text = String(number)
            } else {
                text = String(try container.decode(Bool.self))
            }
        }
    }
}

extension UInt8 {
    /// A tab or a line end, which may stand between the parts of JSON.
    fileprivate var isLayout: Bool { [0x09, 0x0a, 0x0d].contains(self) }
}
