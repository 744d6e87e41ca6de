/// A row of cells that was copied into a line of CSV in one pass, as each of its cells stands in the file as it stands in the frame.
struct PlainLine {
    /// Where the row ends in the frame, behind its bracket.
    let end: Int
    /// How long the line is.
    let count: Int
    /// Where the cell stands that tells rows apart; empty where none was asked for.
    let key: Range<Int>
}

extension ByteWriter {
    /// Writes a row behind the bytes written so far, without counting it as written: `keep` does that.
    ///
    /// - Parameters:
    ///   - prefix: what the line begins with.
    ///   - frame: validated JSON.
    ///   - start: behind the row's opening bracket.
    ///   - types: of the cells, which stand in the order of the columns.
    ///   - keyCell: which one tells rows apart.
    /// - Returns: `nil` for a row of which a cell has to be quoted, unescaped or looked at again, or that has other cells.
    mutating func writeLine(
        _ prefix: RawSpan, _ frame: RawSpan, from start: Int, to end: Int, types: [CellType], keyCell: Int?
    ) -> PlainLine? {
        // A cell is never longer in the file.
        withRoom(for: prefix.byteCount + end - start + 2) { room in
            prefix.withUnsafeBytes { room.copyMemory(from: $0) }
            return frame.withUnsafeBytes { bytes in
                var copy = CellCopy(bytes: bytes, at: start, end: end, room: room, count: prefix.byteCount)
                var key = 0..<0
                for column in types.indices {
                    let first = copy.at
                    guard copy.cell(types[column]) else { return nil }
                    if column == keyCell { key = first..<copy.at }
                    guard copy.skip(column == types.count - 1 ? UInt8(ascii: "]") : CSVDialect.separator) else { return nil }
                }
                copy.put(CSVDialect.lineEnd)
                return PlainLine(end: copy.at, count: copy.count, key: key)
            }
        }
    }
}

private struct CellCopy {
    let bytes: UnsafeRawBufferPointer
    var at: Int
    let end: Int
    let room: UnsafeMutableRawBufferPointer
    var count: Int

    @inline(__always) mutating func put(_ byte: UInt8) {
        room[count] = byte
        count += 1
    }

    @inline(__always) mutating func skip(_ byte: UInt8) -> Bool {
        guard at < end, bytes[at] == byte else { return false }
        at += 1
        return true
    }

    /// Copies a cell with the separator before it.
    @inline(__always) mutating func cell(_ type: CellType) -> Bool {
        put(CSVDialect.separator)
        guard at < end else { return false }
        if bytes[at] == UInt8(ascii: "n") {
            at += 4
            return true
        }
        switch type {
        case .integer: return integer()
        case .decimal: return decimal()
        case .text: return text()
        }
    }

    @inline(__always) private mutating func digits() -> Int {
        let first = at
        while at < end, bytes[at] &- UInt8(ascii: "0") < 10 {
            put(bytes[at])
            at += 1
        }
        return at - first
    }

    @inline(__always) private mutating func sign() {
        if bytes[at] == UInt8(ascii: "-") {
            put(bytes[at])
            at += 1
        }
    }

    /// Longer ones may not fit in 64 bits.
    @inline(__always) private mutating func integer() -> Bool {
        sign()
        return (1...18).contains(digits())
    }

    @inline(__always) private mutating func decimal() -> Bool {
        sign()
        guard digits() > 0 else { return false }
        guard at < end, bytes[at] == UInt8(ascii: ".") else { return true }
        put(bytes[at])
        at += 1
        return digits() > 0
    }

    @inline(__always) private mutating func text() -> Bool {
        guard skip(UInt8(ascii: "\"")) else { return false }
        let first = at
        while at < end {
            switch bytes[at] {
            case UInt8(ascii: "\""):
                guard at > first, bytes[at - 1] != 0x20, !Self.isSpecial(bytes[first]) else { return false }
                at += 1
                return true
            case CSVDialect.separator, UInt8(ascii: "\\"): return false
            case let byte:
                put(byte)
                at += 1
            }
        }
        return false
    }

    /// Whether a text that begins so may have to be quoted, or kept from being a formula.
    @inline(__always) private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x20, FormulaGuard.mark, UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@"): true
        default: false
        }
    }
}
