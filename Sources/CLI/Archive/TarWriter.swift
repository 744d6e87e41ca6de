import StatsCore

/// Writes a tar archive (POSIX ustar, with pax headers where numbers are large) whose bytes depend on nothing but names, contents and times that it is given.
final class TarWriter {
    private let file: SharedFile
    private var offset: UInt64 = 0
    /// What was written, in the order of the archive, with the SHA-256 of each.
    private(set) var members: [(name: String, bytes: UInt64, sha256: String)] = []

    init(_ file: consuming Descriptor) { self.file = SharedFile(file) }

    /// How many bytes the archive has so far.
    var length: UInt64 { offset }

    /// Writes a file of which all bytes are there.
    /// - Throws: `DiskError`.
    func add(_ name: String, _ bytes: some Sequence<UInt8>, modified: UInt64) throws {
        let bytes = Array(bytes)
        try add(name, mayHave: UInt64(bytes.count), modified: modified) { sink in try bytes.withUnsafeBytes { try sink.write($0) } }
    }

    /// Has `body` write a file, of which nobody knows before how long it is.
    /// - Parameter most: how many bytes it may have, at most.
    /// - Throws: what `body` throws, `DiskError`.
    func add(_ name: String, mayHave most: UInt64, modified: UInt64, _ body: (any ByteSink) throws -> Void) throws {
        var header = TarHeader(name: name, size: 0, modified: modified)
        let isLarge = most > TarHeader.highestNumber
        let begin = offset
        let block = UInt64(TarHeader.blockSize)
        let content = Member(file, path: "\(file.descriptor.path)/\(name)", at: begin + (isLarge ? 3 * block : block))
        try body(content)
        header.size = content.length
        var front: [UInt8] = []
        do throws(TarHeader.Fault) {
            if isLarge { front = try Self.sizeHeader(header) }
            front += try header.block()
        } catch {
            throw DiskError.damaged(file.descriptor.path, because: error.reason)
        }
        try file.descriptor.write(front.span.bytes, at: begin)
        offset = begin + UInt64(front.count) + content.length
        let rest = (block - content.length % block) % block
        let zeros = [UInt8](repeating: 0, count: Int(rest))
        try file.descriptor.write(zeros.span.bytes, at: offset)
        offset += rest
        members.append((name, content.length, content.sha256))
    }

    /// Ends the archive, and waits until it is on the disk.
    /// - Throws: `DiskError`, `SyncFailure`.
    func finish() throws {
        let zeros = [UInt8](repeating: 0, count: 2 * TarHeader.blockSize)
        try file.descriptor.write(zeros.span.bytes, at: offset)
        offset += UInt64(zeros.count)
        try file.descriptor.sync()
    }

    /// An extended header with its records, in as many blocks whatever the size is.
    private static func sizeHeader(_ header: TarHeader) throws(TarHeader.Fault) -> [UInt8] {
        let record = TarExtension.record("size", "\(header.size)")
        let own = TarHeader(name: "pax", kind: .extended, size: UInt64(record.count), modified: header.modified)
        return try own.block() + record + [UInt8](repeating: 0, count: TarHeader.blockSize - record.count)
    }

    /// The bytes of one file.
    private final class Member: ByteSink {
        private let file: SharedFile
        let path: String
        private let begin: UInt64
        private(set) var length: UInt64 = 0
        private var sum = SHA256Sum()

        init(_ file: SharedFile, path: String, at begin: UInt64) {
            self.file = file
            self.path = path
            self.begin = begin
        }

        var sha256: String { sum.hexadecimal }

        func write(_ bytes: UnsafeRawBufferPointer) throws(DiskError) {
            try file.descriptor.write(bytes.bytes, at: begin + length)
            length += UInt64(bytes.count)
            sum.update(bytes)
        }

        /// The archive is synced as a whole.
        func finish() {}
    }
}
