import Synchronization

/// How much waits to become durable, for all event loops and the recorder.
final class RowBacklog: Sendable {
    /// Bytes in the lanes.
    private let waiting = Atomic<Int>(0)
    /// Bytes that the recorder has taken over and that aren't durable yet.
    private let taken = Atomic<Int>(0)
    private let blocked = Atomic<Bool>(false)

    /// While it can't write, a frame beyond the room is asked for again; otherwise the agent waits.
    var isBlocked: Bool {
        get { blocked.load(ordering: .relaxed) }
        set { blocked.store(newValue, ordering: .relaxed) }
    }

    var bytes: Int { waiting.load(ordering: .relaxed) + taken.load(ordering: .relaxed) }

    func add(_ bytes: Int) { waiting.wrappingAdd(bytes, ordering: .relaxed) }

    /// The recorder has taken over `bytes` from a lane.
    func take(_ bytes: Int) { waiting.wrappingSubtract(bytes, ordering: .relaxed) }

    /// So much of what the recorder has isn't durable yet.
    func note(taken bytes: Int) { taken.store(bytes, ordering: .relaxed) }
}
