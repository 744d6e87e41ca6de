import StatsCore
import Synchronization

/// All that this agent has for the collector: an outbox for each earlier epoch with frames in the spool, and one for the epoch of this start. They are
/// delivered one after the other, since the collector takes no frame of an epoch older than the newest that it knows.
final class Deliveries: Sendable {
    let spool: Spool?
    let earlier: [Outbox]
    let current: Outbox
    /// How many of `earlier` are delivered.
    private let finished = Atomic<Int>(0)

    /// - Parameter spool: none when no disk is to be used, as in tests.
    init(identity: Identity, spool: Spool?) {
        self.spool = spool
        earlier = spool?.recovered.map { Outbox(recovered: $0) } ?? []
        current = Outbox(
            epoch: identity.epoch, epochID: identity.epochID, stream: spool?.begin(epoch: identity.epoch, epochID: identity.epochID))
    }

    /// What is to be delivered next: the oldest epoch of which the collector doesn't have everything.
    ///
    /// Before an epoch is passed over, the cursor says on the disk that the collector has it. The collector must not hear of the next epoch any
    /// sooner, since from then on it refuses the older one.
    func next() throws -> Outbox {
        while true {
            let index = finished.load(ordering: .acquiring)
            guard index < earlier.count else { return current }
            guard earlier[index].isAcknowledged else { return earlier[index] }
            try earlier[index].stream?.finish()
            finished.store(index + 1, ordering: .releasing)
        }
    }

    /// Whether the collector has all of it, and was told of the end of the run.
    var isDrained: Bool { current.isDrained && earlier.allSatisfy(\.isAcknowledged) }

    /// The agent has no more of this run than it has now, all of it from before it was restarted: the collector is told behind the last frame, so that it doesn't wait for more.
    /// - Parameter outbox: what is delivered now.
    func end(_ run: String, behind outbox: Outbox) {
        guard outbox !== current, current.isDrained, earlier.allSatisfy({ $0 === outbox || $0.isAcknowledged }) else { return }
        outbox.finish(run: run, isLeaving: true)
    }

    /// What isn't acknowledged yet: frames, bytes of them in memory and on the disk.
    var backlog: Backlog {
        let depth = current.depth
        return Backlog(
            frames: earlier.reduce(depth.frames) { $0 + $1.depth.frames }, memoryBytes: depth.bytes, spoolBytes: spool?.bytes ?? 0)
    }
}

struct Backlog: Equatable {
    var frames: UInt64
    var memoryBytes: UInt64
    var spoolBytes: UInt64
}
