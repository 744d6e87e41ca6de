import StatsCore

/// What the recorder wants a session to do.
enum SessionOrder: Sendable, Equatable {
    /// The first order of every session that was let in.
    case welcome(Welcome)
    case ack(Ack)
    case rewind(Rewind)
    case run(RunOrder)
    case stop(StopOrder)
    /// End the connection, with the reason.
    case close(Refusal)
}

/// The way from the recorder to one session. The recorder never waits for a session: a peer that doesn't read its orders
/// fills the box, which ends the session.
struct SessionMailbox: Sendable {
    static let capacity = 256

    let orders: AsyncStream<SessionOrder>
    private let continuation: AsyncStream<SessionOrder>.Continuation

    init() {
        (orders, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.capacity))
    }

    func post(_ order: SessionOrder) {
        if case .dropped = continuation.yield(order) { continuation.finish() }
    }

    func close() { continuation.finish() }
}
