import StatsCore

/// An order of the recorder to a session.
enum SessionOrder: Sendable, Equatable {
    /// The first order of every admitted session.
    case welcome(Welcome)
    case ack(Ack)
    case rewind(Rewind)
    case prepare(Prepare)
    case run(RunOrder)
    case stop(StopOrder)
    /// End the connection, with the reason.
    case close(Refusal)
}

/// Orders from the recorder to one session. The recorder never waits for a session: if a peer doesn't read, its mailbox
/// fills up, which ends the session.
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
