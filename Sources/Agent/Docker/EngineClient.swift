import DequeModule
import NIOCore
import NIOPosix
import StatsCore
import Synchronization

/// Speaks HTTP/1.1 to the Docker engine over its Unix socket, through a few connections that are kept open.
///
/// It is built on swift-nio alone: a general HTTP client would cost the agent several megabytes for features that a Unix
/// socket doesn't need.
final class EngineClient: Sendable {
    /// The largest accepted answer in bytes, unless the caller allows more. An inspect or a container's counters take some kilobytes.
    static let bodyLimit = 1 << 20

    private struct Pool {
        var idle: [any Channel] = []
        /// Connections that are idle, busy, or being opened.
        var open = 0
        var waiting = Deque<Waiter>()
        var lastTicket: UInt64 = 0
        var isClosed = false
    }

    private struct Waiter {
        var ticket: UInt64
        var turn: CheckedContinuation<Turn, Never>
    }

    /// What a caller that needs a connection gets.
    private enum Turn {
        case use(any Channel)
        case open
        case giveUp(EngineError.Code)
    }

    let socket: String
    private let group: any EventLoopGroup
    private let limit: Int
    private let pool = Mutex(Pool())

    /// - Parameters:
    ///   - socket: the path of the engine's socket.
    ///   - connections: how many connections are open at most; a request beyond that waits for its turn.
    init(socket: String, group: any EventLoopGroup, connections: Int = 4) {
        self.socket = socket
        self.group = group
        limit = max(connections, 1)
    }

    /// Asks for `target` and returns the body of an answer with status 200.
    ///
    /// The engine may have closed a kept connection meanwhile, for instance in a restart. That is not an error: the request is made
    /// again on another connection, which is safe because a GET changes nothing.
    ///
    /// - Parameters:
    ///   - limit: the time for everything, waiting for a connection included.
    ///   - most: the largest accepted body, in bytes.
    func get(_ target: String, within limit: TimeAmount, atMost most: Int = bodyLimit) async throws(EngineError) -> ByteBuffer {
        let deadline = NIODeadline.now() + limit
        while true {
            let (channel, isKept) = try await connection(for: target, by: deadline)
            switch await exchange(target, .get, over: channel, by: deadline, atMost: most) {
            case .failure(let error):
                drop(channel)
                if isKept, error.code == .closed { continue }
                throw error
            case .success(let answer):
                if answer.keepsAlive { giveBack(channel) } else { drop(channel) }
                guard answer.status == 200 else { throw error(.status(answer.status), target, EngineAPI.message(in: answer.body)) }
                return answer.body
            }
        }
    }

    /// Asks the engine to do something, only once: if the connection ends, nobody knows whether the request was carried out.
    ///
    /// - Returns: the status, 200 to 399. With 304 the engine says that there was nothing to change.
    func post(_ target: String, json: String = "", within limit: TimeAmount) async throws(EngineError) -> Int {
        let deadline = NIODeadline.now() + limit
        let (channel, _) = try await connection(for: target, by: deadline)
        switch await exchange(target, .post(json), over: channel, by: deadline, atMost: Self.bodyLimit) {
        case .failure(let error):
            drop(channel)
            throw error
        case .success(let answer):
            // Actions are rare: the engine would close the kept connection before the next one.
            drop(channel)
            guard (200..<400).contains(answer.status) else {
                throw error(.status(answer.status), target, EngineAPI.message(in: answer.body))
            }
            return answer.status
        }
    }

    /// Closes the idle connections now, and each busy one when its request ends. Later requests fail.
    func close() {
        let (idle, waiting) = pool.withLock { pool in
            pool.isClosed = true
            pool.open -= pool.idle.count
            defer { (pool.idle, pool.waiting) = ([], []) }
            return (pool.idle, pool.waiting)
        }
        for channel in idle { channel.close(promise: nil) }
        for waiter in waiting { waiter.turn.resume(returning: .giveUp(.closed)) }
    }

    func error(_ code: EngineError.Code, _ target: String, _ message: String = "") -> EngineError {
        EngineError(code, socket: socket, target: target, message: message)
    }

    /// For a connection outside of the pool, whose answer doesn't end.
    func bootstrap(within limit: TimeAmount) -> ClientBootstrap {
        ClientBootstrap(group: group).connectTimeout(limit)
            // Small buffers of a fixed size: most answers are two kilobytes, and there may be a connection per container.
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 4096))
    }

    // MARK: One request

    private func exchange(
        _ target: String, _ content: EngineContent, over channel: any Channel, by deadline: NIODeadline, atMost most: Int
    ) async -> Result<HTTPAnswer, EngineError> {
        let outcome: HTTPCall.Outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let call = HTTPCall(.engine(target, content), body: ByteBuffer(string: content.body), deadline: deadline, bodyLimit: most) {
                    continuation.resume(returning: $0)
                }
                channel.writeAndFlush(call).whenFailure { _ in call.fail(.closed) }
            }
        } onCancel: {
            channel.close(promise: nil)
        }
        return outcome.mapError { EngineError($0, socket: socket, target: target) }
    }

    // MARK: The pool

    private func connection(for target: String, by deadline: NIODeadline) async throws(EngineError) -> (any Channel, isKept: Bool) {
        switch await turn(by: deadline) {
        case .use(let channel): return (channel, true)
        case .giveUp(let code): throw error(code, target)
        case .open:
            do {
                let channel = try await bootstrap(within: deadline - .now()).connect(unixDomainSocketPath: socket) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try HTTPExchange.add(to: channel, HTTPExchange())
                        return channel
                    }
                }
                return (channel, false)
            } catch {
                drop(nil)
                throw EngineError(connecting: error, socket: socket)
            }
        }
    }

    private func turn(by deadline: NIODeadline) async -> Turn {
        let ticket = pool.withLock { pool in
            pool.lastTicket += 1
            return pool.lastTicket
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let turn: Turn? = pool.withLock { pool in
                    if pool.isClosed { return .giveUp(.closed) }
                    if Task.isCancelled { return .giveUp(.cancelled) }
                    while let channel = pool.idle.popLast() {
                        if channel.isActive { return .use(channel) }
                        pool.open -= 1
                    }
                    if pool.open < limit {
                        pool.open += 1
                        return .open
                    }
                    pool.waiting.append(Waiter(ticket: ticket, turn: continuation))
                    return nil
                }
                if let turn { return continuation.resume(returning: turn) }
                group.next().scheduleTask(deadline: deadline) { self.giveUp(ticket, .timeout) }
            }
        } onCancel: {
            giveUp(ticket, .cancelled)
        }
    }

    private func giveUp(_ ticket: UInt64, _ code: EngineError.Code) {
        let waiter = pool.withLock { pool in
            pool.waiting.firstIndex { $0.ticket == ticket }.map { pool.waiting.remove(at: $0) }
        }
        waiter?.turn.resume(returning: .giveUp(code))
    }

    private func giveBack(_ channel: any Channel) {
        let (waiter, isClosed) = pool.withLock { pool in
            if pool.isClosed {
                pool.open -= 1
                return (nil as Waiter?, true)
            }
            if let waiter = pool.waiting.popFirst() { return (waiter, false) }
            pool.idle.append(channel)
            return (nil, false)
        }
        waiter?.turn.resume(returning: .use(channel))
        if isClosed { channel.close(promise: nil) }
    }

    /// Removes one connection; the caller that has waited longest may open another.
    private func drop(_ channel: (any Channel)?) {
        channel?.close(promise: nil)
        let waiter = pool.withLock { pool in
            if let waiter = pool.waiting.popFirst() { return waiter as Waiter? }
            pool.open -= 1
            return nil
        }
        waiter?.turn.resume(returning: .open)
    }
}
