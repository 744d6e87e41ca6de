import NIOCore
import NIOEmbedded
import Testing

@testable import Collector

@Suite("How a connection ends whose peer is told why") struct FarewellTests {
    /// A peer that takes what is written only when it is told to.
    private final class SlowPeer: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        private var message: EventLoopPromise<Void>?
        private(set) var hasEnd = false

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) { message = promise }

        func flush(context: ChannelHandlerContext) {}

        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            guard mode == .output else { return context.close(mode: mode, promise: promise) }
            hasEnd = true
            promise?.succeed()
        }

        func take() { message?.succeed() }
    }

    private let channel = EmbeddedChannel()
    private let peer = SlowPeer()

    init() throws {
        try channel.pipeline.syncOperations.addHandler(peer)
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        Farewell.close(channel, behind: channel.writeAndFlush(ByteBuffer(string: "why")))
    }

    private var hasEnd: Bool { peer.hasEnd }
    /// A failed expectation prints what it names, and NIO can't print every pipeline.
    private var isOpen: Bool { channel.isActive }

    private func wait(_ time: TimeAmount) { channel.embeddedEventLoop.advanceTime(by: time) }

    @Test("A peer that doesn't even take the last message is left after five seconds")
    func unread() {
        wait(.milliseconds(4999))
        #expect(isOpen && !hasEnd)
        wait(.milliseconds(1))
        #expect(!isOpen)
    }

    @Test("One that has it is told that nothing follows, and has a second to read it in")
    func read() {
        wait(.milliseconds(4999))
        peer.take()
        #expect(isOpen && hasEnd)
        wait(.milliseconds(999))
        #expect(isOpen)
        wait(.milliseconds(1))
        #expect(!isOpen)
    }
}
