import NIOCore
import NIOPosix
import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Reads a run's file from its beginning in pieces, on threads that may block.
final class FileReading: Sendable {
    private static let pieceBytes: UInt64 = 256 * 1024

    private let file: Descriptor
    /// The most bytes that are read: the file's length, or its durable length, at the start.
    let length: UInt64

    /// - Throws: `DiskError`.
    init(_ file: consuming Descriptor, limit: UInt64?) throws(DiskError) {
        length = min(try file.size(), limit ?? .max)
        self.file = file
    }

    /// Calls `body` with one piece after the other. It ends early if the file has become shorter meanwhile.
    /// - Throws: `DiskError`, `CancellationError`, and what `body` throws.
    func forEachPiece(_ body: (ByteBuffer) async throws -> Void) async throws {
        var offset: UInt64 = 0
        while offset < length {
            try Task.checkCancellation()
            let start = offset
            let piece = try await NIOThreadPool.singleton.runIfActive { try self.piece(at: start) }
            guard piece.readableBytes > 0 else { return }
            offset += UInt64(piece.readableBytes)
            try await body(piece)
        }
    }

    private func piece(at offset: UInt64) throws -> ByteBuffer {
        var buffer = ByteBuffer()
        let wanted = Int(min(Self.pieceBytes, length - offset))
        try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: wanted) { room in
            try file.read(into: UnsafeMutableRawBufferPointer(rebasing: room[..<wanted]), at: offset)
        }
        return buffer
    }
}
