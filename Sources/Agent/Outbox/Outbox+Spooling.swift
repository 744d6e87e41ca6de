import DequeModule
import NIOCore
import StatsCore
import Synchronization

/// The spool's side of the outbox.
extension Outbox {
    /// A frame that isn't acknowledged after so long, in nanoseconds, goes to the disk; while no collector is connected it does at once, so
    /// that an agent that is killed then loses nothing that it has read. With a collector that answers nothing is ever written.
    static let spoolAge: UInt64 = 1_000_000_000
    /// From so many bytes in memory on all of it goes to the disk, however young.
    static let spoolBytes = 1 << 20
    /// How much is written at once.
    private static let batchBytes = 4 << 20

    /// Everything up to this frame is on the collector's disk.
    var acknowledged: UInt64 { state.withLock { $0.acknowledged } }

    /// What calls `wakeSpool` is short of memory, has its first frame, or has heard an acknowledgement of what is on the disk.
    func setSpoolWake(_ wake: @escaping @Sendable () -> Void) { state.withLock { $0.wakeSpool = wake } }

    func setConnected(_ isConnected: Bool) {
        state.withLock { state in
            state.isConnected = isConnected
            if !isConnected { state.wakeSpool?() }
        }
    }

    /// The frames that are to be written to the disk at `now` (all there are, when `flush`), or when to ask again.
    func dueForSpool(now: UInt64, flush: Bool) -> (frames: [(seq: UInt64, frame: ByteBuffer)], wakeAt: UInt64?) {
        state.withLock { state in
            guard let first = state.entries.first else { return ([], nil) }
            let due = state.isConnected ? first.born + Self.spoolAge : now
            guard flush || state.bytes > Self.spoolBytes || now >= due else { return ([], due) }
            var frames: [(seq: UInt64, frame: ByteBuffer)] = []
            var bytes = 0
            for entry in state.entries where bytes < Self.batchBytes {
                frames.append((entry.seq, entry.frame))
                bytes += entry.frame.readableBytes
            }
            return (frames, nil)
        }
    }

    /// Everything up to `seq` can be read from the disk: memory needs it no more.
    func noteSpooled(through seq: UInt64) {
        state.withLock { state in
            while let first = state.entries.first, first.seq <= seq {
                state.bytes -= first.frame.readableBytes
                state.entries.removeFirst()
            }
        }
    }
}
