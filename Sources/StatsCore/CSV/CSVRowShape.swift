#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What is wrong with a row as CSV (RFC 4180, UTF-8, LF).
package enum CSVFault: String, Sendable {
    case strayQuote = "a quote stands within a field that is not quoted"
    case openQuote = "a quotation is never closed"
    case carriageReturn = "a carriage return stands outside of quotes"
    case noLineFeed = "the last row doesn't end with a line feed"
    case notUTF8 = "bytes are not UTF-8"
}

/// Where a row ends and how many fields it has.
struct CSVRowShape: Equatable {
    /// Of the row's bytes, without the line end.
    private(set) var length = 0
    /// Bytes to the begin of the next row.
    private(set) var stride = 0
    private(set) var fieldCount = 1
    /// Line feeds, those within quotes too.
    private(set) var lines: UInt64 = 1
    /// Whether there is no quote.
    private(set) var isPlain = true
    private(set) var fault: CSVFault?

    private static let block = 240

    /// Looks at the row at the begin of `bytes`; none when it doesn't end within them, unless nothing follows.
    init?(_ bytes: UnsafeRawBufferPointer, isLast: Bool) {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return nil }
        let lineFeed = memchr(base, Int32(UInt8(ascii: "\n")), bytes.count).map { UnsafeRawPointer($0) - base }
        guard lineFeed != nil || isLast else { return nil }
        length = lineFeed ?? bytes.count
        // Without a branch and in bytes alone, so that the compiler looks at many of them at once: no block has more commas than a byte counts.
        var commas = 0
        var special: UInt8 = 0
        for start in Swift.stride(from: 0, to: length, by: Self.block) {
            var found: UInt8 = 0
            for index in start..<min(start + Self.block, length) {
                let byte = base.load(fromByteOffset: index, as: UInt8.self)
                found &+= byte == UInt8(ascii: ",") ? 1 : 0
                special |= (byte & 0x80) | (byte == UInt8(ascii: "\"") ? 1 : 0) | (byte == UInt8(ascii: "\r") ? 2 : 0)
            }
            commas &+= Int(found)
        }
        fieldCount = commas + 1
        isPlain = special & 1 == 0
        if special & 3 != 0 {
            guard walk(bytes, isLast: isLast) else { return nil }
        } else if lineFeed == nil {
            endWithoutLineFeed(bytes, lines: 0)
        } else {
            stride = length + 1
        }
        if special & 0x80 != 0 || !isPlain, !Self.isUTF8(UnsafeRawBufferPointer(rebasing: bytes[..<length])) { fault = fault ?? .notUTF8 }
    }

    /// Goes through a row with quotes byte by byte; false when it doesn't end within `bytes` and more may follow.
    private mutating func walk(_ bytes: UnsafeRawBufferPointer, isLast: Bool) -> Bool {
        var isQuoted = false
        var fieldStart = 0
        fieldCount = 1
        var lines: UInt64 = 0
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if isQuoted {
                if byte == UInt8(ascii: "\n") { lines += 1 }
                if byte == UInt8(ascii: "\"") {
                    guard index + 1 < bytes.count || isLast else { return false }
                    let next = index + 1 < bytes.count ? bytes[index + 1] : UInt8(ascii: "\n")
                    if next == UInt8(ascii: "\"") { index += 1 } else { isQuoted = false }
                    if !isQuoted, next != UInt8(ascii: ","), next != UInt8(ascii: "\n"), next != UInt8(ascii: "\r") {
                        fault = fault ?? .strayQuote
                    }
                }
            } else {
                switch byte {
                case UInt8(ascii: "\""):
                    if index == fieldStart { isQuoted = true } else { fault = fault ?? .strayQuote }
                case UInt8(ascii: ","):
                    fieldCount += 1
                    fieldStart = index + 1
                case UInt8(ascii: "\r"):
                    fault = fault ?? .carriageReturn
                case UInt8(ascii: "\n"):
                    length = index > 0 && bytes[index - 1] == UInt8(ascii: "\r") ? index - 1 : index
                    stride = index + 1
                    self.lines = lines + 1
                    return true
                default: break
                }
            }
            index += 1
        }
        guard isLast else { return false }
        if isQuoted { fault = fault ?? .openQuote }
        endWithoutLineFeed(bytes, lines: lines)
        return true
    }

    private mutating func endWithoutLineFeed(_ bytes: UnsafeRawBufferPointer, lines: UInt64) {
        length = bytes.count
        stride = bytes.count
        self.lines = lines
        fault = fault ?? .noLineFeed
    }

    private static func isUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
        do {
            _ = try UTF8Span(validating: bytes.assumingMemoryBound(to: UInt8.self).span)
            return true
        } catch {
            return false
        }
    }
}
