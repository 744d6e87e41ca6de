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

/// Makes frames of bytes, within the memory budget, and checks the peer's deadlines. While there is no room, nothing is read from this peer. A fault is
/// passed on as an error; after it, nothing more is read either.
final class FrameHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ReceivedFrame
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let budget: MemoryBudget
    private let limits: PeerDeadlines.Limits
    private let clock: CollectorClock
    private var decoder = FrameDecoder()
    private var share: MemoryBudget.Share?
    private var deadlines: PeerDeadlines?
    private var timer: Scheduled<Void>?
    private var isEnding = false
    private var isWelcome = false
    /// Bytes of a frame are here for which the budget has no room.
    private var isStarved = false
    /// Somebody wants to read on, which waits until there is room.
    private var isReadHeld = false

    init(budget: MemoryBudget, limits: PeerDeadlines.Limits, clock: CollectorClock) {
        self.budget = budget
        self.limits = limits
        self.clock = clock
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let deadlines = PeerDeadlines(limits, at: context.eventLoop.now)
        self.deadlines = deadlines
        schedule(deadlines, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) { letGo() }

    func channelInactive(context: ChannelHandlerContext) {
        letGo()
        context.fireChannelInactive()
    }

    /// Nothing more comes from this peer. What it has of the budget goes back, and with it who waits for more.
    private func letGo() {
        timer?.cancel()
        share = nil
        decoder = FrameDecoder()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isEnding else { return }
        decoder.append(unwrapInboundIn(data))
        if !isStarved { _ = passOn(context) }
    }

    /// Passes on the frames that are complete, as far as there is room for them.
    /// - Returns: whether there was one.
    private func passOn(_ context: ChannelHandlerContext) -> Bool {
        var completed = false
        do {
            while true {
                if let length = try decoder.readHeader() { share = budget.share(of: purse(of: length, context)) }
                guard let share else { break }
                isStarved = !share.grow(to: decoder.arrived, wake: wake(context))
                if isStarved { break }
                guard let frame = decoder.readFrame() else { break }
                self.share = nil
                completed = true
                context.fireChannelRead(wrapInboundOut(ReceivedFrame(bytes: frame, received: clock.now(), share: share)))
                if isEnding { return completed }
            }
        } catch {
            fail(context, Refusal(error))
            return completed
        }
        deadlines?.noteBytes(at: context.eventLoop.now, completed: completed, isPartial: decoder.isPartial)
        return completed
    }

    private func purse(of length: Int, _ context: ChannelHandlerContext) -> MemoryBudget.Purse {
        if isWelcome, length <= MemoryBudget.smallFrame { return .small }
        let address = context.remoteAddress?.ipAddress ?? ""
        return isWelcome ? .large(address) : .handshake(address)
    }

    /// What is to be done when there is room.
    private func wake(_ context: ChannelHandlerContext) -> @Sendable () -> Void {
        let (loop, bound) = (context.eventLoop, NIOLoopBound((self, context), eventLoop: context.eventLoop))
        return {
            loop.execute {
                let (handler, context) = bound.value
                handler.tryAgain(context)
            }
        }
    }

    private func tryAgain(_ context: ChannelHandlerContext) {
        guard isStarved, !isEnding, context.channel.isActive else { return }
        isStarved = false
        if passOn(context) { context.fireChannelReadComplete() }
        if isReadHeld, !isStarved, !isEnding {
            isReadHeld = false
            context.read()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        deadlines?.pause(at: context.eventLoop.now)
        context.fireChannelReadComplete()
        if isEnding { context.read() }
    }

    func read(context: ChannelHandlerContext) {
        // While there is no room the peer's time goes on: its frame may be what fills the budget.
        deadlines?.goOn(at: context.eventLoop.now)
        if isStarved { isReadHeld = true } else { context.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        deadlines?.noteWritable(context.channel.isWritable, at: context.eventLoop.now)
        context.fireChannelWritabilityChanged()
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        switch event as? SessionEvent {
        case .welcomed:
            decoder.limit = Frame.limit
            isWelcome = true
            // From now on it may send large frames, which are read in larger pieces.
            context.channel.setOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator()).assumeIsolated().whenFailure { _ in }
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
        letGo()
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
            let busy = Refusal(code: "busy", message: "the collector had no memory for the rest of a frame in time")
            fail(context, isStarved ? busy : refusal)
            if isStuck { context.close(promise: nil) }
        } else {
            schedule(deadlines, context)
        }
    }
}
