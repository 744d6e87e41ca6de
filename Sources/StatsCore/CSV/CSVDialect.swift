/// The CSV that Sonde writes and reads: RFC 4180 in UTF-8, with LF, and a first row that names the columns.
///
/// - A field is quoted when it holds a comma, a quote or a line end, begins or ends with a blank, or is an empty text.
/// - Nothing at all is an absent value, which so differs from an empty text.
/// - `FormulaGuard` keeps a spreadsheet from taking a text for a formula.
package enum CSVDialect {
    package static let separator = UInt8(ascii: ",")
    package static let quote = UInt8(ascii: "\"")
    package static let lineEnd = UInt8(ascii: "\n")

    static func needsQuotes(_ text: RawSpan) -> Bool {
        func byte(_ index: Int) -> UInt8 { text.unsafeLoad(fromByteOffset: index, as: UInt8.self) }
        guard text.byteCount > 0, !isBlank(byte(0)), !isBlank(byte(text.byteCount - 1)) else { return true }
        for index in 0..<text.byteCount {
            switch byte(index) {
            case separator, quote, lineEnd, UInt8(ascii: "\r"): return true
            default: continue
            }
        }
        return false
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    /// Takes a row without its line end apart. A field that is absent is an empty text here.
    package static func fields(of row: RawSpan) -> [String] {
        var fields: [String] = []
        var field: [UInt8] = []
        var isQuoted = false
        var index = 0
        while index < row.byteCount {
            let byte = row.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            switch byte {
            case quote where isQuoted:
                // Two of them stand for one; one of them ends the quotation.
                if index + 1 < row.byteCount, row.unsafeLoad(fromByteOffset: index + 1, as: UInt8.self) == quote {
                    index += 1
                    field.append(byte)
                } else {
                    isQuoted = false
                }
            case quote where field.isEmpty:
                isQuoted = true
            case separator where !isQuoted:
                fields.append(FormulaGuard.strip(String(decoding: field, as: UTF8.self)))
                field.removeAll(keepingCapacity: true)
            default:
                field.append(byte)
            }
            index += 1
        }
        fields.append(FormulaGuard.strip(String(decoding: field, as: UTF8.self)))
        return fields
    }
}

extension ByteWriter {
    /// Appends a text as one field of CSV.
    package mutating func append(csvField text: RawSpan) {
        let isQuoted = CSVDialect.needsQuotes(text)
        if isQuoted { append(CSVDialect.quote) }
        if FormulaGuard.isNeeded(text) { append(FormulaGuard.mark) }
        guard isQuoted else { return append(text) }
        var copied = 0
        for index in 0..<text.byteCount where text.unsafeLoad(fromByteOffset: index, as: UInt8.self) == CSVDialect.quote {
            append(text.extracting(copied..<index + 1))
            copied = index
        }
        append(text.extracting(copied..<text.byteCount))
        append(CSVDialect.quote)
    }

    package mutating func append(csvField text: String) { append(csvField: text.utf8.span.bytes) }

    /// Appends a row of texts, of which an empty one is an absent value, and its line end.
    package mutating func append(csvRow fields: some Sequence<String>) {
        var isFirst = true
        for field in fields {
            if !isFirst { append(CSVDialect.separator) }
            isFirst = false
            if !field.isEmpty { append(csvField: field) }
        }
        append(CSVDialect.lineEnd)
    }
}
