import NIOCore
import StatsCore

/// One frame, as received.
struct ReceivedFrame: Sendable {
    let bytes: ByteBuffer
    /// When it was complete, on the collector's clock (µs). The answer to a `ping` carries this time.
    let received: Int64
    let share: MemoryBudget.Share
}

/// Events that a session sends to its handler.
enum SessionEvent: Sendable {
    /// The handshake is done: larger frames are allowed.
    case welcomed
    /// The session is ending: further bytes are dropped, so that the peer can read why.
    case ending
}

/// Makes frames of bytes, within the memory budget, and checks the peer's deadlines. A fault is passed on as an error; after
/// it, nothing more is read from this peer.
final class FrameHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ReceivedFrame
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let budget: MemoryBudget
    private let clock: CollectorClock
    private var decoder = FrameDecoder()
    private var share: MemoryBudget.Share?
    private var deadlines: PeerDeadlines?
    private var timer: Scheduled<Void>?
    private var isEnding = false

    init(budget: MemoryBudget, clock: CollectorClock) {
        self.budget = budget
        self.clock = clock
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let deadlines = PeerDeadlines(at: context.eventLoop.now)
        self.deadlines = deadlines
        schedule(deadlines, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isEnding else { return }
        decoder.append(unwrapInboundIn(data))
        var completed = false
        do {
            while true {
                if let length = try decoder.readHeader() {
                    guard let share = budget.take(length) else {
                        return fail(
                            context, Refusal(code: "busy", message: "the collector has no memory for a frame of \(length) bytes at present")
                        )
                    }
                    self.share = share
                }
                guard let share, let frame = decoder.readFrame() else { break }
                self.share = nil
                completed = true
                context.fireChannelRead(wrapInboundOut(ReceivedFrame(bytes: frame, received: clock.now(), share: share)))
                if isEnding { return }
            }
        } catch {
            return fail(context, Refusal(error))
        }
        deadlines?.noteBytes(at: context.eventLoop.now, completed: completed, isPartial: decoder.isPartial)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        deadlines?.pause(at: context.eventLoop.now)
        context.fireChannelReadComplete()
        if isEnding { context.read() }
    }

    func read(context: ChannelHandlerContext) {
        deadlines?.goOn(at: context.eventLoop.now)
        context.read()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        deadlines?.noteWritable(context.channel.isWritable, at: context.eventLoop.now)
        context.fireChannelWritabilityChanged()
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        switch event as? SessionEvent {
        case .welcomed:
            decoder.limit = Frame.limit
            deadlines?.noteWelcome()
            promise?.succeed()
        case .ending:
            end(context)
            promise?.succeed()
        case nil:
            context.triggerUserOutboundEvent(event, promise: promise)
        }
    }

    private func fail(_ context: ChannelHandlerContext, _ refusal: Refusal) {
        end(context)
        context.fireErrorCaught(refusal)
    }

    private func end(_ context: ChannelHandlerContext) {
        guard !isEnding else { return }
        isEnding = true
        decoder = FrameDecoder()
        share = nil
        timer?.cancel()
        context.read()
    }

    private func schedule(_ deadlines: PeerDeadlines, _ context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadlines.next(at: context.eventLoop.now)) {
            self.checkDeadlines(context)
        }
    }

    private func checkDeadlines(_ context: ChannelHandlerContext) {
        guard let deadlines, !isEnding else { return }
        if let refusal = deadlines.expired(at: context.eventLoop.now) {
            let isStuck = deadlines.isStuck(at: context.eventLoop.now)
            fail(context, refusal)
            if isStuck { context.close(promise: nil) }
        } else {
            schedule(deadlines, context)
        }
    }
}
