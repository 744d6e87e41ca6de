/// Reads a CSV file row by row, and sums its bytes up on the way if asked to. Memory is bounded by the longest row.
///
/// It is lenient: a row may end in LF, CRLF or the file's end, and a stray quote is text. `fault` says what is wrong with a row.
/// A row of plain ASCII without quotes, which nearly all are, costs one look at each byte and allocates nothing.
package struct CSVReader: ~Copyable {
    /// A row that nobody can have meant: a quotation that is never closed makes one row of the rest of the file.
    package struct RowTooLong: Error, CustomStringConvertible {
        package let line: UInt64
        package let limit: Int
        package var description: String { "the row that begins there is longer than \(limit) bytes" }
    }

    private let input: CSVInput
    private var storage = [UInt8](repeating: 0, count: 1 << 18)
    /// What is read and not yet handed out.
    private var position = 0
    private var end = 0
    private var isAtEnd = false
    private let limit: UInt64
    private let rowLimit: Int
    private var hash: SHA256Sum?
    private let isChecked: Bool
    /// CRC-32C of all bytes that have been read, when it was asked for.
    package private(set) var crc: UInt32 = 0

    package private(set) var bytesRead: UInt64 = 0
    /// Where the row is in `storage`, without its line end.
    private var row = 0..<0
    package private(set) var fieldCount = 0
    /// Whether the row holds no quote.
    package private(set) var isPlain = true
    /// What is wrong with the row; `nil` when nothing is.
    package private(set) var fault: CSVFault?
    /// The line in which the row begins, from 1.
    package private(set) var line: UInt64 = 1
    private var nextLine: UInt64 = 1

    /// - Parameters:
    ///   - limit: how many bytes are read at most.
    ///   - isSummed: whether to compute SHA-256.
    ///   - isChecked: whether to compute CRC-32C.
    ///   - rowLimit: how many bytes a row may have: twice the largest frame that carries rows.
    package init(
        _ input: consuming CSVInput, limit: UInt64 = .max, isSummed: Bool = false, isChecked: Bool = false, rowLimit: Int = 32 << 20
    ) {
        self.input = input
        self.isChecked = isChecked
        self.limit = limit
        self.rowLimit = rowLimit
        if isSummed { hash = SHA256Sum() }
    }

    /// Reads a plain file.
    package init(
        _ file: consuming Descriptor, limit: UInt64 = .max, isSummed: Bool = false, isChecked: Bool = false, rowLimit: Int = 32 << 20
    ) {
        self.init(CSVInput.file(file), limit: limit, isSummed: isSummed, isChecked: isChecked, rowLimit: rowLimit)
    }

    /// Reads the file at a path.
    /// - Throws: `DiskError` when it can't be opened.
    package init(
        path: String, limit: UInt64 = .max, isSummed: Bool = false, isChecked: Bool = false, rowLimit: Int = 32 << 20
    ) throws(DiskError) {
        let slash = path.lastIndex(of: "/")
        let parent = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let name = String(path[(slash.map { path.index(after: $0) } ?? path.startIndex)...])
        self.init(try Descriptor.directory(parent).file(name), limit: limit, isSummed: isSummed, isChecked: isChecked, rowLimit: rowLimit)
    }

    /// The row's bytes as they stand in the file, without the line end.
    package var bytes: RawSpan {
        @_lifetime(borrow self)
        borrowing get { storage.span.bytes.extracting(row) }
    }

    /// The row's fields, unquoted; an empty one is an absent value.
    package var fields: [String] { CSVDialect.fields(of: bytes) }

    /// The SHA-256 of all bytes that have been read, in hexadecimal; `nil` when it was not asked for.
    package var sha256: String? { hash?.hexadecimal }

    /// The next row's fields; `nil` behind the last.
    /// - Throws: `DiskError` when reading fails, `RowTooLong`.
    package mutating func next() throws -> [String]? { try advance() ? fields : nil }

    /// Goes on to the next row; false behind the last.
    /// - Throws: `DiskError` when reading fails, `RowTooLong`.
    package mutating func advance() throws -> Bool {
        while !takeRow() {
            if isAtEnd { return false }
            guard end - position < rowLimit else { throw RowTooLong(line: nextLine, limit: rowLimit) }
            try refill()
        }
        return true
    }

    private mutating func takeRow() -> Bool {
        let unread = position..<end
        let isLast = isAtEnd
        let shape = storage.withUnsafeBytes { CSVRowShape(UnsafeRawBufferPointer(rebasing: $0[unread]), isLast: isLast) }
        guard let shape else { return false }
        row = position..<position + shape.length
        position += shape.stride
        fieldCount = shape.fieldCount
        isPlain = shape.isPlain
        fault = shape.fault
        line = nextLine
        nextLine += shape.lines
        return true
    }

    /// Makes room behind what is unread, and fills it.
    private mutating func refill() throws(DiskError) {
        if position > 0 {
            let unread = position..<end
            storage.withUnsafeMutableBytes { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[unread])) }
            end -= position
            position = 0
        }
        if end == storage.count { storage.append(contentsOf: repeatElement(0, count: storage.count)) }
        let room = end..<end + Int(min(UInt64(storage.count - end), limit - bytesRead))
        let count = try fill(room)
        isAtEnd = count < room.count || room.isEmpty
        bytesRead += UInt64(count)
        end += count
    }

    private mutating func fill(_ room: Range<Int>) throws(DiskError) -> Int {
        let offset = bytesRead
        var filled: Result<Int, DiskError> = .success(0)
        storage.withUnsafeMutableBytes { all in
            let room = UnsafeMutableRawBufferPointer(rebasing: all[room])
            do throws(DiskError) { filled = .success(try input.read(into: room, at: offset)) } catch { filled = .failure(error) }
        }
        let count = try filled.get()
        let fresh = room.prefix(count)
        if hash != nil { storage.withUnsafeBytes { hash?.update(UnsafeRawBufferPointer(rebasing: $0[fresh])) } }
        if isChecked { crc = CRC32C.checksum(storage.span.bytes.extracting(fresh), behind: crc) }
        return count
    }
}
