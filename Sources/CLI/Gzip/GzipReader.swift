// zlib as swift-nio-extras brings it, which async-http-client links anyway.
import CNIOExtrasZlib
import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The bytes that a gzip file (RFC 1952) holds, one after the other, in bounded memory. As with gzip(1) several members are one text.
final class GzipReader: ByteStream {
    private let file: FileRange
    /// The most bytes that the file may hold, as somebody claims: a few kilobytes can hold terabytes.
    private let limit: UInt64
    /// zlib wants it to stay where it is.
    private let stream = UnsafeMutablePointer<cnioextras_z_stream>.allocate(capacity: 1)
    private let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    /// What of `storage` is read from the file and not yet decompressed.
    private var unread = 0..<0
    private var produced: UInt64 = 0
    /// Whether the whole text was handed out, and its checks were right.
    private var isAtEnd = false

    /// - Throws: `DiskError` when there is no memory for it.
    convenience init(_ file: consuming Descriptor, limit: UInt64) throws(DiskError) { try self.init(FileRange(file), limit: limit) }

    /// The same for a file that is a part of another one.
    init(_ file: FileRange, limit: UInt64) throws(DiskError) {
        self.file = file
        self.limit = limit
        stream.initialize(to: cnioextras_z_stream())
        // The largest window, and 16: nothing but a gzip header may come first.
        guard CNIOExtrasZlib_inflateInit2(stream, 15 + 16) == CNIOEXTRAS_Z_OK else {
            throw DiskError("read", self.file.path, code: ENOMEM)
        }
    }

    deinit {
        cnioextras_z_inflateEnd(stream)
        stream.deallocate()
        storage.deallocate()
    }

    /// - Throws: `DiskError`, also for a file that is damaged, cut short or holds more than it may.
    func read(into room: UnsafeMutableRawBufferPointer) throws(DiskError) -> Int {
        var count = 0
        while count < room.count, produced < limit, !isAtEnd {
            let most = Int(min(UInt64(room.count - count), limit - produced))
            let made = try inflate(into: UnsafeMutableRawBufferPointer(rebasing: room[count..<count + most]))
            count += made
            produced += UInt64(made)
        }
        // Who has all bytes asks for no more, and what stands behind them is the check of the whole text.
        if produced == limit, !isAtEnd { try checkEnd() }
        return count
    }

    private func checkEnd() throws(DiskError) {
        let byte = UnsafeMutableRawBufferPointer.allocate(byteCount: 1, alignment: 1)
        defer { byte.deallocate() }
        while !isAtEnd {
            if try inflate(into: byte) > 0 {
                throw DiskError.damaged(file.path, because: "it holds more than the \(limit) bytes that it should")
            }
        }
    }

    /// - Returns: how many bytes of `room` were filled: none only at the end.
    private func inflate(into room: UnsafeMutableRawBufferPointer) throws(DiskError) -> Int {
        while true {
            if unread.isEmpty { try refill() }
            let input = UnsafeMutableRawBufferPointer(rebasing: storage[unread])
            stream.pointee.next_in = CNIOExtrasZlib_voidPtr_to_BytefPtr(input.baseAddress)
            stream.pointee.avail_in = UInt32(input.count)
            stream.pointee.next_out = CNIOExtrasZlib_voidPtr_to_BytefPtr(room.baseAddress)
            stream.pointee.avail_out = UInt32(room.count)
            let result = cnioextras_z_inflate(stream, CNIOEXTRAS_Z_NO_FLUSH)
            unread = unread.upperBound - Int(stream.pointee.avail_in)..<unread.upperBound
            let made = room.count - Int(stream.pointee.avail_out)
            switch result {
            case CNIOEXTRAS_Z_OK, CNIOEXTRAS_Z_BUF_ERROR:
                if made > 0 { return made }
                if input.isEmpty { throw DiskError.damaged(file.path, because: "the gzip file is cut short") }
            case CNIOEXTRAS_Z_STREAM_END:
                if unread.isEmpty { try refill() }
                isAtEnd = unread.isEmpty
                if !isAtEnd { cnioextras_z_inflateReset(stream) }
                if made > 0 || isAtEnd { return made }
            default:
                let reason = stream.pointee.msg.map { String(cString: $0) } ?? "zlib's error \(result)"
                throw DiskError.damaged(file.path, because: "the gzip file is damaged (\(reason))")
            }
        }
    }

    private func refill() throws(DiskError) {
        unread = 0..<(try file.read(into: storage))
    }
}
