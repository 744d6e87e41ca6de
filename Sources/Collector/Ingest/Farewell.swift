import NIOCore

/// How a connection ends whose peer is told why.
enum Farewell {
    /// A peer that reads nothing would block the message.
    private static let sending = TimeAmount.seconds(5)
    private static let reading = TimeAmount.seconds(1)

    /// Closes the connection when the peer has had a second to read the last message. What it sends meanwhile has to be read: closing with unread bytes would reset
    /// the connection, and the peer would lose the message.
    /// - Parameter message: fulfilled when it is written.
    static func close(_ channel: any Channel, behind message: EventLoopFuture<Void>) {
        let limit = channel.eventLoop.scheduleTask(in: sending) { channel.close(promise: nil) }
        message.flatMap { channel.close(mode: .output) }.whenComplete { result in
            limit.cancel()
            guard case .success = result else { return channel.close(promise: nil) }
            let deadline = channel.eventLoop.scheduleTask(in: reading) { channel.close(promise: nil) }
            channel.closeFuture.whenComplete { _ in deadline.cancel() }
        }
    }
}
