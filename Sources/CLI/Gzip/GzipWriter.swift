import CNIOExtrasZlib
import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Writes bytes into a file as gzip (RFC 1952), in bounded memory. The same bytes become the same file: it names no time and no program.
final class GzipWriter {
    private let file: any ByteSink
    private let stream = UnsafeMutablePointer<cnioextras_z_stream>.allocate(capacity: 1)
    private let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    /// How many compressed bytes were written.
    private(set) var length: UInt64 = 0

    /// - Throws: `DiskError` when there is no memory for it.
    convenience init(_ file: consuming Descriptor) throws(DiskError) { try self.init(NewFile(file)) }

    /// The same for bytes that go elsewhere.
    init(_ file: any ByteSink) throws(DiskError) {
        self.file = file
        stream.initialize(to: cnioextras_z_stream())
        // Of rows, level 6, gzip's own, makes files that are some percent smaller, and takes twice as long as level 4. 16 asks for a gzip header, 8 is the
        // usual memory.
        guard
            CNIOExtrasZlib_deflateInit2(stream, 4, CNIOEXTRAS_Z_DEFLATED, 15 + 16, 8, CNIOEXTRAS_Z_DEFAULT_STRATEGY) == CNIOEXTRAS_Z_OK
        else { throw DiskError("write", file.path, code: ENOMEM) }
    }

    deinit {
        cnioextras_z_deflateEnd(stream)
        stream.deallocate()
        storage.deallocate()
    }

    /// - Throws: `DiskError`.
    func write(_ bytes: UnsafeMutableRawBufferPointer) throws(DiskError) { try deflate(bytes, CNIOEXTRAS_Z_NO_FLUSH) }

    /// Writes what is left, and waits until all is on the disk.
    /// - Throws: `DiskError`, `SyncFailure`.
    func finish() throws {
        try deflate(UnsafeMutableRawBufferPointer(start: nil, count: 0), CNIOEXTRAS_Z_FINISH)
        try file.finish()
    }

    private func deflate(_ bytes: UnsafeMutableRawBufferPointer, _ flush: Int32) throws(DiskError) {
        stream.pointee.next_in = CNIOExtrasZlib_voidPtr_to_BytefPtr(bytes.baseAddress)
        stream.pointee.avail_in = UInt32(bytes.count)
        var isFull = true
        // Room that stays free means that there is no more to come.
        while isFull {
            stream.pointee.next_out = CNIOExtrasZlib_voidPtr_to_BytefPtr(storage.baseAddress)
            stream.pointee.avail_out = UInt32(storage.count)
            // With a valid state it fails in no way that a loop has to look at.
            _ = cnioextras_z_deflate(stream, flush)
            let made = storage.count - Int(stream.pointee.avail_out)
            try file.write(UnsafeRawBufferPointer(rebasing: storage[..<made]))
            length += UInt64(made)
            isFull = stream.pointee.avail_out == 0
        }
    }
}
