// zlib as swift-nio-extras brings it, with names of its own.
import CNIOExtrasZlib
import StatsCore

extension WriteRequest {
    /// The same, with its body as gzip (RFC 1952) if that is how its protocol wants it.
    var compressed: WriteRequest {
        guard `protocol`.contentEncoding == "gzip" else { return self }
        return WriteRequest(protocol: `protocol`, shard: shard, body: Gzip.compressed(body), samples: samples)
    }
}

enum Gzip {
    /// - Returns: `bytes` as one gzip member, which names no time and no program.
    static func compressed(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        // zlib wants it to stay where it is.
        let stream = UnsafeMutablePointer<cnioextras_z_stream>.allocate(capacity: 1)
        stream.initialize(to: cnioextras_z_stream())
        defer { stream.deallocate() }
        // It fails only where there is no memory (zlib.h), and then Swift's own arrays end the program, too.
        // Level 1 is the fastest, and repeated labels are what it finds. 16 asks for a gzip header, 8 is the usual memory.
        guard
            CNIOExtrasZlib_deflateInit2(stream, 1, CNIOEXTRAS_Z_DEFLATED, 15 + 16, 8, CNIOEXTRAS_Z_DEFAULT_STRATEGY) == CNIOEXTRAS_Z_OK
        else { preconditionFailure("no memory for zlib") }
        defer { cnioextras_z_deflateEnd(stream) }
        let limit = Int(cnioextras_z_deflateBound(stream, UInt(bytes.count)))
        return [UInt8](unsafeUninitializedCapacity: limit) { room, count in
            bytes.withUnsafeMutableBytes { bytes in
                stream.pointee.next_in = CNIOExtrasZlib_voidPtr_to_BytefPtr(bytes.baseAddress)
                stream.pointee.avail_in = UInt32(bytes.count)
                stream.pointee.next_out = CNIOExtrasZlib_voidPtr_to_BytefPtr(room.baseAddress)
                stream.pointee.avail_out = UInt32(limit)
                // Within its bound it can't fail.
                _ = cnioextras_z_deflate(stream, CNIOEXTRAS_Z_FINISH)
            }
            count = limit - Int(stream.pointee.avail_out)
        }
    }
}
