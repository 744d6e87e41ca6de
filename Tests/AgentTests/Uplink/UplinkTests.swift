import Logging
import NIOCore
import NIOPosix
import StatsCore
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

    /// - Parameter last: up to where it claims to have the agent's frames.
    init(greets: Bool, last: StreamPosition? = nil) async throws {
        scratch = try ScratchDirectory()
        let (stream, connected) = AsyncStream.makeStream(of: Void.self)
        connections = stream
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                connected.yield()
                guard greets else { return channel.eventLoop.makeSucceededVoidFuture() }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Greeting(last: last))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    /// - Parameter names: of this collector, as the agent has them. It is the first one's uplink.
    func uplink(names: [String] = ["127.0.0.1"]) throws -> Uplink {
        let identity = Identity(id: "a", epoch: 1, epochID: "e", node: "n")
        let destinations = try Destinations(in: scratch, count: names.count)
        let port = try #require(channel.localAddress?.port)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let sampler = Sampler(destinations: destinations, workers: [], liveInterval: .seconds(1)) { Observer(engine: nil) }
        return Uplink(
            collectors: names.map { CollectorAddress(host: $0, port: port) }, place: 0, identity: identity,
            facts: HostFacts(roots: KernelRoots()), destinations: destinations, sampler: sampler,
            group: MultiThreadedEventLoopGroup.singleton, logger: logger, patience: .milliseconds(100)
        ) { _ in }
    }

    func stop() async throws { try await channel.close() }

    private final class Greeting: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let last: StreamPosition?

        init(last: StreamPosition?) { self.last = last }

        func channelActive(context: ChannelHandlerContext) {
            send(Challenge(protocols: [1, 1], nonce: "", version: "1"), context)
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
