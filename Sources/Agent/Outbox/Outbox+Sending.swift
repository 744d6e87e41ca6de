import DequeModule
import NIOCore
import StatsCore
import Synchronization

/// The uplink's side of the outbox.
extension Outbox {
    /// What a `hello` says about the sequence.
    var position: (firstUnacked: UInt64, next: UInt64) { state.withLock { ($0.acknowledged + 1, $0.nextSeq) } }

    /// How many frames aren't acknowledged, and how many bytes of them are in memory.
    var depth: (frames: UInt64, bytes: UInt64) {
        state.withLock { ($0.nextSeq - 1 - $0.acknowledged, UInt64($0.bytes)) }
    }

    /// Whether the collector has all of it on its disk.
    var isAcknowledged: Bool { state.withLock { $0.acknowledged + 1 == $0.nextSeq } }

    var isDrained: Bool { isAcknowledged && state.withLock { $0.fin?.isSent != false } }

    /// Yields whenever there may be something to send; for one connection, since a stream ends with the task that reads it.
    func signals() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        state.withLock { $0.wake = continuation }
        continuation.yield()
        return stream
    }

    /// The next frames to send, at most about `limit` bytes; empty when there is nothing.
    /// - Throws: `DiskError` when what is in the spool can't be read; `SpoolDamage` when a part of it never can: that is given up, and the
    ///   next `hello` says that it is gone.
    func takeBatch(limit: Int = 1 << 20) throws -> [ByteBuffer] {
        while true {
            switch state.withLock({ next($0.entries.first?.seq ?? $0.nextSeq, limit, &$0) }) {
            case .memory(let batch): return batch
            case .disk(let seq, let rewinds):
                guard let frames = try read(from: seq, limit: limit), let last = frames.last else { return [] }
                let isWanted = state.withLock { state in
                    guard state.rewinds == rewinds else { return false }
                    state.nextToSend = last.seq + 1
                    return true
                }
                if isWanted { return frames.map(\.frame) }
            }
        }
    }

    /// - Returns: nil when what follows is damaged, and frames before it aren't acknowledged yet.
    private func read(from seq: UInt64, limit: Int) throws -> [(firstSeq: UInt64, seq: UInt64, frame: ByteBuffer)]? {
        do {
            return try stream?.read(from: seq, limit: limit)
        } catch let damage as SpoolDamage {
            let isNext = state.withLock { state in
                guard state.acknowledged + 1 >= damage.lost.lowerBound else { return false }
                state.acknowledged = max(state.acknowledged, damage.lost.upperBound)
                return true
            }
            guard isNext else { return nil }
            throw damage
        }
    }

    private enum Next {
        case memory([ByteBuffer])
        case disk(from: UInt64, rewinds: UInt64)
    }

    private func next(_ firstInMemory: UInt64, _ limit: Int, _ state: inout State) -> Next {
        state.nextToSend = max(state.nextToSend, state.acknowledged + 1)
        guard state.nextToSend >= firstInMemory else { return .disk(from: state.nextToSend, rewinds: state.rewinds) }
        var batch: [ByteBuffer] = []
        var size = 0
        var index = Int(state.nextToSend - firstInMemory)
        while index < state.entries.count, size < limit {
            let entry = state.entries[index]
            batch.append(entry.frame)
            size += entry.frame.readableBytes
            state.nextToSend = entry.seq + 1
            index += 1
        }
        guard size < limit else { return .memory(batch) }
        if let fin = state.fin, !fin.isSent, let encoded = try? fin.message.encoded() {
            state.fin?.isSent = true
            batch.append(Self.frame { $0.writeBytes(encoded) })
        }
        if let live = state.live {
            state.live = nil
            batch.append(live)
        }
        return .memory(batch)
    }

    /// Everything up to `seq` is on the collector's disk: forget it.
    func acknowledge(through seq: UInt64) {
        state.withLock { state in
            // Never beyond what there is, whatever the collector says.
            state.acknowledged = max(state.acknowledged, min(seq, state.nextSeq - 1))
            while let first = state.entries.first, first.seq <= state.acknowledged {
                state.bytes -= first.frame.readableBytes
                state.entries.removeFirst()
            }
            if stream?.range != nil { state.wakeSpool?() }
        }
        wake()
    }

    /// Sends again from `seq` on, and the end of the run behind it.
    func rewind(to seq: UInt64) {
        state.withLock { state in
            // Never beyond what there is: a frame that is still to come would be skipped.
            state.nextToSend = min(seq, state.nextSeq)
            state.rewinds += 1
            state.fin?.isSent = false
        }
        wake()
    }

    /// The collector doesn't know the run that this agent has finished: nobody waits for its end.
    func forgetFin() { state.withLock { $0.fin = nil } }

    var finishedRun: String? { state.withLock { $0.fin?.message.run } }

    /// No frame from now on is larger than the collector takes.
    func limitFrames(to bytes: Int) { state.withLock { $0.frameLimit = min(bytes, Frame.limit) } }

    func wake() { _ = state.withLock { $0.wake }?.yield() }
}
