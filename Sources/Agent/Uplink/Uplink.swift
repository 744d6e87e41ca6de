import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import StatsCore
import Synchronization

/// Keeps a connection to the collector: sends what the outbox holds, takes orders for the sampler, reconnects when it is lost.
struct Uplink: Service {
    let host: String
    let port: Int
    let identity: Identity
    let facts: HostFacts
    let outbox: Outbox
    let sampler: Sampler
    let clock: CollectorClock
    let group: any EventLoopGroup
    let logger: Logger
    /// Called with the agent's monitor name on every connection.
    let announce: @Sendable (String) -> Void
    private let link = Link()

    /// What is known of the connection, shared by the tasks that serve it.
    private final class Link: Sendable {
        private let heard = Atomic<Int64>(0)
        private let up = Atomic<Bool>(false)

        var isUp: Bool { up.load(ordering: .relaxed) }
        var silence: Int64 { CollectorClock.own() - heard.load(ordering: .relaxed) }
        func setUp(_ isUp: Bool) { up.store(isUp, ordering: .relaxed) }
        func hear() { heard.store(CollectorClock.own(), ordering: .relaxed) }
    }

    /// A peer that has said nothing for this long is given up.
    private static let silenceLimit: Int64 = 15_000_000
    private static let connectLimit = TimeAmount.seconds(5)
    /// How long a stopping agent waits for the acknowledgement of what it still has.
    private static let drainLimit = Duration.seconds(3)

    typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    func run() async throws {
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await keepConnected() }
            tasks.addTask {
                try? await gracefulShutdown()
                await drain()
            }
            await tasks.next()
            tasks.cancelAll()
        }
    }

    /// Ends sampling and gives the collector a moment to acknowledge what is still here.
    private func drain() async {
        sampler.order(.shutDown)
        let deadline = ContinuousClock.now + Self.drainLimit
        while link.isUp, !outbox.isDrained, ContinuousClock.now < deadline, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    private func keepConnected() async {
        var backoff = Backoff()
        var random = SystemRandomNumberGenerator()
        var lastComplaint = ""
        while !Task.isCancelled {
            do {
                let connection = try await connect()
                let wasWelcome = try await serve(connection)
                if wasWelcome {
                    backoff.reset()
                    lastComplaint = ""
                }
                logger.warning("the collector closed the connection", metadata: ["collector": "\(host):\(port)"])
            } catch is CancellationError {
                break
            } catch {
                let complaint = "\(error)"
                // Once for each kind of failure: a collector that is away for a night must not fill the log.
                logger.log(
                    level: complaint == lastComplaint ? .debug : .warning, "no connection to the collector, trying again",
                    metadata: ["collector": "\(host):\(port)", "reason": "\(complaint)"])
                lastComplaint = complaint
            }
            sampler.order(.live(false))
            try? await Task.sleep(for: backoff.next(using: &random))
        }
    }

    private func connect() async throws -> Connection {
        try await ClientBootstrap(group: group)
            .connectTimeout(Self.connectLimit)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: host, port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(FrameDecoder()))
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
    }

    /// Serves one connection until it ends; true when the handshake was done.
    private func serve(_ connection: Connection) async throws -> Bool {
        clock.restart()
        let address = connection.channel.localAddress?.ipAddress ?? "0.0.0.0"
        link.hear()
        defer { link.setUp(false) }
        return try await connection.executeThenClose { inbound, outbound in
            try await withThrowingTaskGroup(of: Bool.self) { tasks in
                var session = UplinkSession(epoch: outbox.epoch)
                var frames = inbound.makeAsyncIterator()
                while !session.isHandshakeDone {
                    guard let frame = try await frames.next() else { return false }
                    try await perform(session.receive(try Self.decode(frame)), outbound, address: address)
                }
                tasks.addTask {
                    try await send(outbound)
                    return true
                }
                tasks.addTask {
                    try await beat(outbound)
                    return true
                }
                defer { tasks.cancelAll() }
                while let frame = try await frames.next() {
                    link.hear()
                    let message = try Self.decode(frame)
                    try await perform(session.receive(message), outbound, address: address)
                }
                return true
            }
        }
    }

    private static func decode(_ frame: ByteBuffer) throws -> UplinkSession.Message {
        try frame.withUnsafeReadableBytes { try UplinkSession.Message($0.bytes) }
    }

    private func perform(
        _ actions: [UplinkSession.Action], _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>, address: String
    ) async throws {
        for action in actions {
            switch action {
            case .sendHello:
                try await outbound.write(framing: hello(address: address))
            case .connected(let welcome):
                announce(facts.monitor(address: address, node: identity.node))
                logger.info("connected", metadata: ["collector": "\(host):\(port)", "session": "\(welcome.session)"])
                if welcome.run?.id != outbox.finishedRun { outbox.forgetFin() }
                for _ in 0..<4 { try await outbound.write(framing: ping) }
                link.setUp(true)
                sampler.order(.live(true))
            case .acknowledge(let seq): outbox.acknowledge(through: seq)
            case .rewind(let seq): outbox.rewind(to: seq)
            case .noteClock(let pong): clock.note(pong, t4: CollectorClock.own())
            case .join(let run):
                // A run that this agent has already finished is not begun again: only its end is told once more.
                if outbox.finishedRun != run.id { sampler.order(.run(run)) }
            case .stop(let stop): sampler.order(.stop(stop))
            case .abandonRun: sampler.order(.abandon)
            case .close(let failure): throw failure
            }
        }
    }

    private func hello(address: String) -> Hello {
        let position = outbox.position
        return Hello(
            agent: identity.id, epoch: outbox.epoch, node: identity.node, monitor: facts.monitor(address: address, node: identity.node),
            addresses: [address], bootID: facts.bootID, version: Version.current, kernel: facts.kernel, cgroup: facts.cgroup,
            cpus: facts.cpus, memoryBytes: facts.memory, privileged: facts.isPrivileged, tables: facts.tables,
            firstUnacked: position.firstUnacked, nextSeq: position.next)
    }

    private var ping: Ping {
        let estimate = clock.wallOffset
        return Ping(t1: CollectorClock.own(), offset: estimate?.offset, error: estimate?.error)
    }

    private func send(_ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) async throws {
        for await _ in outbox.signals() {
            while true {
                let batch = outbox.takeBatch()
                if batch.isEmpty { break }
                try await outbound.write(contentsOf: batch)
            }
        }
    }

    /// Pings once a second, and gives up a peer that went silent.
    private func beat(_ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) async throws {
        while true {
            try await Task.sleep(for: .seconds(1))
            guard link.silence < Self.silenceLimit else { throw Silence() }
            try await outbound.write(framing: ping)
        }
    }

    private struct Silence: Error, CustomStringConvertible {
        var description: String { "the collector has said nothing for \(Uplink.silenceLimit / 1_000_000) s" }
    }
}

extension NIOAsyncChannelOutboundWriter<ByteBuffer> {
    fileprivate func write(framing message: some WireMessage) async throws {
        let encoded = try message.encoded()
        var buffer = ByteBuffer()
        buffer.reserveCapacity(Frame.headerBytes + encoded.count)
        buffer.writeInteger(UInt32(encoded.count))
        buffer.writeBytes(encoded)
        try await write(buffer)
    }
}
