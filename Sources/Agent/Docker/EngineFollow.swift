import NIOCore
import NIOHTTP1
import NIOPosix
import StatsCore
import Synchronization

extension EngineClient {
    /// A part of an answer without an end.
    enum Followed: Sendable {
        /// The engine has answered with status 200.
        case begun
        case bytes(ByteBuffer)
    }

    /// Asks for an answer without an end, on a connection of its own. It calls `handle` with each part until the engine ends the answer or the
    /// task is cancelled, and reads nothing more while `handle` works.
    ///
    /// - Parameter limit: how long the engine may take to begin its answer; after that there is no limit.
    func follow(
        _ target: String, within limit: TimeAmount, _ handle: @escaping @Sendable (Followed) throws(EngineError) -> Void
    ) async throws(EngineError) {
        let stream: NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>
        do {
            stream = try await bootstrap(within: limit).connect(unixDomainSocketPath: socket) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try HTTPExchange.add(to: channel)
                    return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                }
            }
        } catch {
            throw EngineError(connecting: error, socket: socket)
        }
        let channel = stream.channel
        let isLate = Mutex(false)
        let timer = channel.eventLoop.scheduleTask(in: limit) {
            isLate.withLock { $0 = true }
            channel.close(promise: nil)
        }
        defer { timer.cancel() }
        do {
            try await stream.executeThenClose { inbound, outbound in
                try await outbound.write(.head(.engine(target)))
                try await outbound.write(.end(nil))
                var failure: (status: Int, body: ByteBuffer)?
                for try await part in inbound {
                    switch part {
                    case .head(let head) where head.status == .ok:
                        timer.cancel()
                        try handle(.begun)
                    case .head(let head): failure = (Int(head.status.code), ByteBuffer())
                    case .body(var bytes):
                        guard failure != nil else {
                            try handle(.bytes(bytes))
                            continue
                        }
                        failure?.body.writeBuffer(&bytes)
                        if failure?.body.readableBytes ?? 0 > Self.bodyLimit { throw error(.tooLarge, target) }
                    case .end:
                        guard let failure else { return }
                        throw error(.status(failure.status), target, EngineAPI.message(in: failure.body))
                    }
                }
            }
        } catch let error as EngineError {
            throw error
        } catch is CancellationError {
            throw error(.cancelled, target)
        } catch {
            throw self.error(isLate.withLock { $0 } ? .timeout : .closed, target, "\(error)")
        }
        if isLate.withLock({ $0 }) { throw error(.timeout, target) }
        throw error(Task.isCancelled ? .cancelled : .closed, target)
    }
}
