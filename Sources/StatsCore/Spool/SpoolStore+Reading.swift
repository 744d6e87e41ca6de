import NIOCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension SpoolStore {
    /// A read may fail because the segment was replaced or deleted meanwhile. So it is repeated once under the lock, where nobody changes segments.
    func read(
        _ seqs: Range<UInt64>, epoch: UInt64, epochID: String, limit: Int
    ) throws -> [SpooledFrame] {
        do {
            return try look(seqs, epoch: epoch, epochID: epochID, limit: limit)
        } catch {
            return try writer.withLock { _ in
                guard let first = book.withLock({ $0.firstUnacknowledged(of: epoch) }), first < seqs.upperBound else { return [] }
                let left = max(first, seqs.lowerBound)..<seqs.upperBound
                return try look(left, epoch: epoch, epochID: epochID, limit: limit, isUnchanged: true)
            }
        }
    }

    /// - Parameter isUnchanged: nobody changes segments meanwhile, so that a file that is absent was removed by somebody else.
    private func look(
        _ seqs: Range<UInt64>, epoch: UInt64, epochID: String, limit: Int, isUnchanged: Bool = false
    ) throws -> [SpooledFrame] {
        var next = seqs.lowerBound
        guard let segment = book.withLock({ book in book.segments.first { $0.isOf(epoch, epochID) && $0.lastSeq >= next && !$0.isEmpty } })
        else { return [] }
        let window = segment.index.window(from: next, limit: limit, end: segment.end)
        let behind = min(max(window.next ?? segment.lastSeq + 1, next + 1), seqs.upperBound)
        let bytes: ByteBuffer
        do {
            bytes = try directory.file(segment.name).buffer(UInt64(window.bytes.lowerBound)..<UInt64(window.bytes.upperBound))
        } catch {
            guard error.code == EIO || policy.isQueue && isUnchanged && error.isAbsent else { throw error }
            throw SpoolDamage(epoch: epoch, lost: next...behind - 1)
        }
        var frames: [SpooledFrame] = []
        var size = 0
        var offset = 0
        while size < limit, next < seqs.upperBound, let record = SpoolRecord.next(in: bytes.readableBytesSpan, from: offset) {
            offset = record.end
            if record.seq < next { continue }
            guard record.firstSeq <= next else {
                if frames.isEmpty { throw SpoolDamage(epoch: epoch, lost: next...min(record.firstSeq, seqs.upperBound) - 1) }
                break
            }
            guard let frame = bytes.getSlice(at: record.frame.lowerBound, length: record.frame.count) else { break }
            frames.append((record.firstSeq, record.seq, frame))
            size += record.frame.count
            next = record.seq + 1
        }
        if frames.isEmpty { throw SpoolDamage(epoch: epoch, lost: seqs.lowerBound...behind - 1) }
        return frames
    }
}
