import StatsCore

/// The fields of one row of CSV.
enum CSVFields {
    /// Takes a row without its line end apart: quotation marks that enclose a field go, doubled ones within become one, and so goes
    /// the apostrophe that keeps a spreadsheet from taking a text for a formula.
    static func split(_ row: RawSpan) -> [String] {
        var fields: [String] = []
        var field: [UInt8] = []
        var isQuoted = false
        var index = 0
        while index < row.byteCount {
            let byte = row.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            switch byte {
            case UInt8(ascii: "\"") where isQuoted:
                // Two of them stand for one; one of them ends the quotation.
                if index + 1 < row.byteCount, row.unsafeLoad(fromByteOffset: index + 1, as: UInt8.self) == byte {
                    index += 1
                    field.append(byte)
                } else {
                    isQuoted = false
                }
            case UInt8(ascii: "\"") where field.isEmpty:
                isQuoted = true
            case UInt8(ascii: ",") where !isQuoted:
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
