/// One line of a YAML document that holds something: not empty, not a comment alone.
struct YAMLLine {
    /// From 1.
    let number: Int
    /// Where the line begins in the document's bytes.
    let start: Int
    /// Just behind its last byte; the line end isn't included.
    let end: Int
    /// Where its content begins. What follows the dash of a list item becomes a line of its own, with the indentation of its content.
    var begin: Int

    /// The indentation of the content.
    var indent: Int { begin - start }

    /// Cuts a document into lines.
    /// - Throws: `YAMLFault` for bytes that are no text, for a second document.
    static func lines(of bytes: [UInt8]) throws(YAMLFault) -> [YAMLLine] {
        var lines: [YAMLLine] = []
        var start = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
        var number = 0
        var hasMarker = false
        while start < bytes.count {
            number += 1
            let lineFeed = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            let isCRLF = lineFeed > start && bytes[lineFeed - 1] == UInt8(ascii: "\r")
            let line = start..<lineFeed - (isCRLF ? 1 : 0)
            start = lineFeed + 1
            try checkText(bytes[line], number)
            let begin = line.first { bytes[$0] != UInt8(ascii: " ") } ?? line.upperBound
            guard begin < line.upperBound, bytes[begin] != UInt8(ascii: "#") else { continue }
            func fault(_ message: String) -> YAMLFault {
                YAMLFault(place: YAMLPlace(line: number, column: begin - line.lowerBound + 1), message: message)
            }
            if begin == line.lowerBound, isMarker(bytes[line], UInt8(ascii: "-")), lines.isEmpty, !hasMarker {
                let rest = bytes[(begin + 3)..<line.upperBound].drop { $0 == UInt8(ascii: " ") }
                guard rest.isEmpty || rest.first == UInt8(ascii: "#") else { throw fault("write what follows --- on a line of its own") }
                hasMarker = true
                continue
            }
            if begin == line.lowerBound, isMarker(bytes[line], UInt8(ascii: "-")) || isMarker(bytes[line], UInt8(ascii: ".")) {
                throw fault("a file holds one document; write --- only once, at its begin, or leave it out")
            }
            if begin == line.lowerBound, bytes[begin] == UInt8(ascii: "%") {
                throw fault("directives such as %YAML aren't read; leave it out")
            }
            lines.append(YAMLLine(number: number, start: line.lowerBound, end: line.upperBound, begin: begin))
        }
        return lines
    }

    /// Whether a line is `---` or `...`, with or without something behind a blank.
    private static func isMarker(_ line: ArraySlice<UInt8>, _ byte: UInt8) -> Bool {
        line.count >= 3 && line.prefix(3).allSatisfy { $0 == byte } && (line.count == 3 || line[line.startIndex + 3] == UInt8(ascii: " "))
    }

    /// What YAML calls printable (YAML 1.2.2, 5.1), without the line breaks that only YAML 1.1 knows.
    private static func checkText(_ line: ArraySlice<UInt8>, _ number: Int) throws(YAMLFault) {
        guard let text = String(validating: line, as: UTF8.self) else {
            throw YAMLFault(place: YAMLPlace(line: number, column: 1), message: "the line is not UTF-8")
        }
        var column = 1
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 9, 0x20...0x7e, 0xa0...0x2027, 0x202a...0xfefe, 0xff00...0xfffd, 0x10000...: column += 1
            default:
                let code = Hexadecimal.text(scalar.value, width: 1)
                throw YAMLFault(
                    place: YAMLPlace(line: number, column: column),
                    message: "the character U+\(code) can't stand in a file; write \"\\u…\" in double quotes")
            }
        }
    }
}
