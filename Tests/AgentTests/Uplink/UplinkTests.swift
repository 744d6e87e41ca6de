import Logging
import NIOCore
import NIOPosix
import StatsCore
import Synchronization
import TestSupport
import Testing

@testable import Agent

/// The uplink and a collector that goes silent.
@Suite("A collector that falls silent", .timeLimit(.minutes(10))) struct UplinkTests {
    @Test(
        "A collector that falls silent is given up and connected to again, whether before the handshake or after it",
        arguments: [true, false])
    func silence(greets: Bool) async throws {
        let collector = try await SilentCollector(greets: greets)
        let uplink = try collector.uplink()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await uplink.run() }
            var connections = collector.connections.makeAsyncIterator()
            // Each connection comes only after the uplink has closed the one before.
            for _ in 0..<3 { _ = try #require(await connections.next()) }
            tasks.cancelAll()
        }
        try await collector.stop()
    }

    @Test("To a collector that it knows by another name the agent says nothing", arguments: ["c", "other"])
    func knownByAnotherName(id: String) async throws {
        let collector = try await SilentCollector(greets: true, id: id)
        let uplink = try collector.uplink(names: ["localhost", "127.0.0.1"], place: 1)
        // It has belonged to the first one, which is away for long.
        #expect(uplink.destinations.meet("c", at: 0) == nil)
        uplink.destinations.prove(0)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await uplink.run() }
            var connections = collector.connections.makeAsyncIterator()
            for _ in 0..<3 { _ = try #require(await connections.next()) }
            tasks.cancelAll()
        }
        try await collector.stop()
        #expect(uplink.destinations.present == (id == "c" ? 0 : 1))
        #expect(collector.isSpokenTo == (id != "c"))
    }

    @Test("A collector that has frames which were sent under another name of it takes none for acknowledged that it never got")
    func namedTwice() async throws {
        let collector = try await SilentCollector(greets: true, last: StreamPosition(epoch: 1, seq: 5))
        let uplink = try collector.uplink(names: ["127.0.0.1", "localhost"])
        let outbox = uplink.destinations[0].deliveries.current
        for tick in UInt64(0)..<2 { outbox.append(run: "r", tick: tick) { $1.writeString("tick \($0)") } }
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await uplink.run() }
            var connections = collector.connections.makeAsyncIterator()
            for _ in 0..<3 { _ = try #require(await connections.next()) }
            tasks.cancelAll()
        }
        try await collector.stop()
        #expect(outbox.depth.frames == 2)
    }
}

/// Accepts agents, admits them or not, and then sends nothing more.
private final class SilentCollector: Sendable {
    /// Yields for every agent that has connected.
    let connections: AsyncStream<Void>
    private let channel: any Channel
    private let scratch: ScratchDirectory
    private let heard = Heard()

    /// Whether an agent has said anything.
    var isSpokenTo: Bool { heard.any.load(ordering: .relaxed) }

    private final class Heard: Sendable {
        let any = Atomic(false)
    }

    /// - Parameters:
    ///   - last: up to where it claims to have the agent's frames.
    ///   - id: its own.
    init(greets: Bool, last: StreamPosition? = nil, id: String? = nil) async throws {
        scratch = try ScratchDirectory()
        let (stream, connected) = AsyncStream.makeStream(of: Void.self)
        connections = stream
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { [heard] channel in
                connected.yield()
                guard greets else { return channel.eventLoop.makeSucceededVoidFuture() }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Greeting(last: last, id: id, heard))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    /// - Parameters:
    ///   - names: of this collector, as the agent has them.
    ///   - place: of the one whose uplink this is.
    func uplink(names: [String] = ["127.0.0.1"], place: Int = 0) throws -> Uplink {
        let identity = Identity(id: "a", epoch: 1, epochID: "e", node: "n")
        let destinations = try Destinations(in: scratch, count: names.count, patience: .zero)
        let port = try #require(channel.localAddress?.port)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let sampler = Sampler(destinations: destinations, workers: [], liveInterval: .seconds(1)) { Observer(engine: nil) }
        return Uplink(
            collectors: names.map { CollectorAddress(host: $0, port: port) }, place: place, identity: identity,
            facts: HostFacts(roots: KernelRoots()), destinations: destinations, sampler: sampler,
            group: MultiThreadedEventLoopGroup.singleton, logger: logger, patience: .milliseconds(100)
        ) { _ in }
    }

    func stop() async throws { try await channel.close() }

    private final class Greeting: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let last: StreamPosition?
        private let id: String?
        private let heard: Heard

        init(last: StreamPosition?, id: String?, _ heard: Heard) { (self.last, self.id, self.heard) = (last, id, heard) }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { heard.any.store(true, ordering: .relaxed) }

        func channelActive(context: ChannelHandlerContext) {
            send(Challenge(protocols: [1, 1], nonce: "", version: "1", collector: id), context)
            send(Welcome(session: "s", last: last), context)
        }

        private func send(_ message: some WireMessage, _ context: ChannelHandlerContext) {
            guard let encoded = try? message.encoded() else { return }
            var frame = ByteBuffer(integer: UInt32(encoded.count))
            frame.writeBytes(encoded)
            context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
        }
    }
}
