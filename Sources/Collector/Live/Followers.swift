import NIOCore

/// Those who follow the stream. One who takes its events too slowly to be up to date is let go; it starts afresh when it comes back.
struct Followers: Sendable {
    /// How many may follow at once.
    static let limit = 64
    /// How many events may wait for one who follows.
    private static let waiting = 8

    private var continuations: [Int: AsyncStream<ByteBuffer>.Continuation] = [:]
    private var last = 0
    private var hasEnded = false

    var isEmpty: Bool { continuations.isEmpty }

    /// - Returns: the events from now on, which end when the collector does; `nil` when too many follow already, or the collector is ending.
    mutating func add() -> (id: Int, updates: AsyncStream<ByteBuffer>)? {
        guard continuations.count < Self.limit, !hasEnded else { return nil }
        let (updates, continuation) = AsyncStream.makeStream(of: ByteBuffer.self, bufferingPolicy: .bufferingOldest(Self.waiting))
        last += 1
        continuations[last] = continuation
        return (last, updates)
    }

    mutating func remove(_ id: Int) { continuations.removeValue(forKey: id)?.finish() }

    /// Hands an event to all.
    mutating func send(_ event: ByteBuffer) {
        for (id, continuation) in continuations {
            if case .enqueued = continuation.yield(event) { continue }
            remove(id)
        }
    }

    /// Ends all streams; nobody can follow any more.
    mutating func end() {
        hasEnded = true
        continuations.values.forEach { $0.finish() }
        continuations = [:]
    }
}
