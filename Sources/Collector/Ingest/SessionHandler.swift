import Logging
import NIOCore
import StatsCore
import Synchronization

/// One connection of an agent, on its event loop. It carries out what `SessionState` decides.
///
/// A frame is done with before the next one is looked at. While one waits (for the recorder, for room, for its turn), later ones wait behind it and nothing is read
/// from this peer, so that TCP slows it down.
final class SessionHandler: ChannelDuplexHandler {
    typealias InboundIn = ReceivedFrame
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// So many orders may wait for a peer that doesn't read.
    private static let ordersLimit = 256

    private let setting: SessionSetting
    private let sessions: SessionLoop
    private let nonce = Token.nonce()
    private var state: SessionState
    private var member: Member?
    private var pace = Pace(burst: 200, perSecond: 20)
    /// `nil` before the connection is open, and when it is gone.
    private var context: ChannelHandlerContext?
    /// Fulfilled when the recorder knows of the end.
    private var over: EventLoopPromise<Void>?
    /// Whether the recorder is being asked to let the agent in.
    private var isAdmitting = false
    /// What the agent has said last of a run that it has delivered.
    private var fin: Fin?
    /// Those that wait behind the one that is being done with.
    private var frames = CircularBuffer<ReceivedFrame>(initialCapacity: 1)
    /// Whether a frame waits.
    private var isWaiting = false
    /// What is to be done again with the frame that waits for room.
    private var again: (() -> Void)?
    /// Somebody wants to read on, which waits, too.
    private var isReadHeld = false
    /// How many orders were written since the peer read last.
    private var unreadOrders = 0
    /// How often the agent was told to ping, in milliseconds.
    private var heartbeat = 0
    /// Whether the session is over, and the peer is only being told why.
    private var isEnding = false
    private var reason = "the agent closed the connection"

    /// The agent that was admitted.
    private struct Member {
        let agent: String
        let entry: Recorder.Entry
        let sender: ReceivedTick.Sender
    }

    init(_ setting: SessionSetting, _ sessions: SessionLoop) {
        self.setting = setting
        self.sessions = sessions
        state = SessionState(token: setting.token, nonce: nonce)
    }

    // MARK: Beginning and end

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        over = context.eventLoop.makePromise()
        sessions.add(self)
    }

    func channelActive(context: ChannelHandlerContext) {
        let challenge = Challenge(protocols: [Frame.protocolVersion, Frame.protocolVersion], nonce: nonce, version: Version.current)
        send(challenge)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { finish() }

    /// The connection is gone: the recorder is told.
    private func finish() {
        guard context != nil else { return }
        (context, again, isEnding) = (nil, nil, true)
        frames.removeAll()
        sessions.remove(self)
        if !isAdmitting { tellEnd() }
    }

    private func tellEnd() {
        guard let over else { return }
        self.over = nil
        guard let member else { return over.succeed() }
        let (recorder, reason, fin) = (setting.recorder, reason, fin)
        over.completeWithTask { await recorder.leave(member.agent, session: member.entry.session, reason: reason, fin: fin) }
    }

    /// Closes the connection, without a word to the peer.
    /// - Returns: what is fulfilled when the recorder knows; `nil` when there is no connection.
    func close(because reason: String = "the session was ended") -> EventLoopFuture<Void>? {
        guard let over, let context else { return nil }
        if !isEnding { self.reason = reason }
        isEnding = true
        context.close(promise: nil)
        return over.futureResult
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let refusal = error as? Refusal { return refuse(refusal) }
        var reason = "the connection broke: \(error)"
        if TLSFailure.isTLS(error), !isEnding {
            reason = "TLS failed: \(TLSFailure.words(error))"
            setting.counters.count("tls")
            log("tls", reason)
        }
        _ = close(because: reason)
    }

    // MARK: Reading

    func read(context: ChannelHandlerContext) {
        if !isEnding, isWaiting || !frames.isEmpty { isReadHeld = true } else { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isEnding else { return }
        frames.append(unwrapInboundIn(data))
        goOn()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            unreadOrders = 0
            goOn()
        }
        context.fireChannelWritabilityChanged()
    }

    /// Looks at the frames that are here, until one has to wait. A peer that doesn't read what it is told waits, too.
    private func goOn() {
        while !isWaiting, !isEnding, context?.channel.isWritable == true, let frame = frames.popFirst() {
            do throws(FrameError) {
                take(try Incoming(frame.bytes.readableBytesSpan), frame)
            } catch {
                refuse(Refusal(error))
            }
        }
        guard isReadHeld, isEnding || !isWaiting && frames.isEmpty else { return }
        isReadHeld = false
        context?.read()
    }

    /// Goes on with what waited for room, or for the recorder.
    func resume() {
        isWaiting = false
        let again = again
        self.again = nil
        if !isEnding { again?() }
        goOn()
    }

    private func take(_ incoming: Incoming, _ frame: ReceivedFrame) {
        if incoming.isTalk, let wait = pace.take(at: Clocks.monotonicMicroseconds()), let context {
            setting.counters.count("too_fast")
            isWaiting = true
            again = { self.take(incoming, frame) }
            context.eventLoop.assumeIsolated().scheduleTask(in: .microseconds(wait)) { self.resume() }
            return
        }
        perform(state.receive(incoming), incoming, frame)
    }

    private func perform(_ action: SessionState.Action, _ incoming: Incoming, _ frame: ReceivedFrame) {
        switch action {
        case .nothing: break
        case .count(let reason): setting.counters.count(reason)
        case .end(let refusal, isTold: true): refuse(refusal)
        case .end(let refusal, isTold: false): _ = close(because: Self.short(refusal.description))
        case .admit(let hello): admit(hello)
        case .pong(let ping):
            let heartbeat = changedHeartbeat
            send { $0.write(Pong(t1: ping.t1, t2: frame.received, t3: setting.clock.now(), heartbeatMilliseconds: heartbeat)) }
            if let node = member?.sender.node { for sink in setting.sinks { sink.take(ping, of: node) } }
        case .rewind(let rewind):
            setting.counters.count("out_of_order")
            send { $0.write(rewind) }
        case .showLive: show(incoming, frame)
        case .store(let seq):
            show(incoming, frame)
            store(seq, incoming, frame)
        case .repeatAck:
            setting.counters.count("sent_twice")
            if let entry = member?.entry { sessions.lane.repeatAck(at: entry.place, of: entry.session) }
        case .noteReady(let ready): tellRecorder { recorder, _, session in await recorder.note(ready, session: session) }
        case .noteEnvironment(let told):
            guard let node = member?.sender.node else { return }
            setting.recorder.environments.take(told, of: node)
            tellRecorder { recorder, _, session in await recorder.noteEnvironment(session: session) }
        case .noteFin(let fin):
            self.fin = fin
            tellRecorder { recorder, agent, session in await recorder.note(fin, agent: agent, session: session) }
        }
    }

    /// How often to ping, where that is other than the agent was told last.
    private var changedHeartbeat: Int? {
        let wanted = setting.recorder.heartbeat.milliseconds
        guard wanted != heartbeat else { return nil }
        heartbeat = wanted
        return wanted
    }

    private func show(_ incoming: Incoming, _ frame: ReceivedFrame) {
        guard case .tick(let tick) = incoming, let member else { return }
        let received = ReceivedTick(sender: member.sender, tick: tick, frame: frame.bytes, received: frame.received)
        for sink in setting.sinks { sink.take(received) }
    }

    private func store(_ seq: UInt64, _ incoming: Incoming, _ frame: ReceivedFrame) {
        guard let entry = member?.entry else { return }
        let (lane, now) = (sessions.lane, setting.clock.now())
        let receipt: Lane.Receipt
        switch incoming {
        case .tick(let tick):
            receipt = lane.store(tick, frame: frame.bytes.readableBytesSpan, at: entry.place, of: entry.session, now: now)
        case .gap(let gap): receipt = lane.store(gap, at: entry.place, of: entry.session, now: now)
        default: return
        }
        switch receipt {
        case .wait:
            isWaiting = true
            again = { self.store(seq, incoming, frame) }
            sessions.wait(self)
        case .join:
            isWaiting = true
            again = { self.store(seq, incoming, frame) }
            tellRecorder { recorder, _, session in
                await recorder.joinLate(session: session)
            } behind: {
                $0.resume()
            }
        default: perform(state.concluded(receipt, seq: seq), incoming, frame)
        }
    }

    // MARK: The recorder

    private func tellRecorder(
        _ body: @escaping @Sendable (Recorder, _ agent: String, _ session: UInt64) async -> Void,
        behind next: (@Sendable (SessionHandler) -> Void)? = nil
    ) {
        guard let member, let loop = context?.eventLoop else { return }
        let (recorder, agent, session) = (setting.recorder, member.agent, member.entry.session)
        let bound = NIOLoopBound(self, eventLoop: loop)
        Task {
            await body(recorder, agent, session)
            if let next { loop.execute { next(bound.value) } }
        }
    }

    private func admit(_ hello: Hello) {
        guard let context else { return }
        do {
            if setting.isSecure, let fault = try PeerCertificate(of: context.channel)?.fault(delivering: hello.node) {
                return refuse(fault)
            }
        } catch {
            return errorCaught(context: context, error: error)
        }
        let columns = setting.senders.columns(of: hello.tables)
        var known = hello
        known.tables = columns.tables
        let (hello, lane, peer) = (known, sessions.lane, peer)
        let (setting, channel) = (setting, context.channel)
        // It is of the name as it came.
        let proof = hello.handshake(challenge: nonce).flatMap { setting.token?.proof(of: .collector, in: $0) }
        let link = SessionLink(loop: context.eventLoop, handler: NIOLoopBound(self, eventLoop: context.eventLoop))
        (isWaiting, isAdmitting) = (true, true)
        Task {
            do throws(Refusal) {
                if let refusal = await setting.users.withLock({ $0 })?.refusal(of: channel) {
                    throw Refusal(code: "other_user", message: refusal)
                }
                let entry = try await setting.recorder.admit(
                    hello, columns: columns.map, address: peer, proof: proof, lane: lane, orders: link)
                link.perform { $0.admitted(hello, entry, columns) }
            } catch {
                link.perform { $0.notAdmitted(error) }
            }
        }
    }

    private func admitted(_ hello: Hello, _ entry: Recorder.Entry, _ columns: SenderCatalogue.Columns) {
        member = Member(
            agent: hello.agent, entry: entry, sender: ReceivedTick.Sender(node: entry.node, kernel: hello.kernel, columns))
        isAdmitting = false
        // The connection may have ended meanwhile.
        guard context != nil else { return tellEnd() }
        state.admitted(accepted: entry.accepted)
        resume()
    }

    private func notAdmitted(_ refusal: Refusal) {
        isAdmitting = false
        if context == nil { tellEnd() } else { refuse(refusal) }
    }

    /// Carries out an order of the recorder.
    func carryOut(_ order: SessionOrder, _ frame: ByteBuffer?) {
        guard let context, !isEnding else { return }
        switch order {
        case .welcome(let welcome):
            heartbeat = welcome.heartbeatMilliseconds
            context.triggerUserOutboundEvent(SessionEvent.welcomed, promise: nil)
        case .close(let refusal): return end(refusal)
        default: break
        }
        if !context.channel.isWritable { unreadOrders += 1 }
        if unreadOrders > Self.ordersLimit { return _ = close() }
        if let frame {
            context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
        } else {
            send { out in try? order.write(to: &out) }
        }
    }

    // MARK: Sending

    private var peer: String { context?.channel.remoteAddress?.ipAddress ?? "?" }

    private func send(_ message: some WireMessage) { send { $0.append((try? message.encoded()) ?? []) } }

    private func send(_ write: (inout ByteWriter) -> Void) {
        guard let context else { return }
        sessions.scratch.removeAll()
        write(&sessions.scratch)
        guard !sessions.scratch.isEmpty else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(frame: sessions.scratch)), promise: nil)
    }

    private func refuse(_ refusal: Refusal) {
        guard !isEnding, context != nil else { return }
        setting.counters.count(refusal.code)
        log(refusal.code, Self.short("\(refusal)"))
        reason = Self.short(refusal.message)
        end(refusal)
    }

    /// Tells the peer why the session ends and gives it a second to read that. What it still sends is read and dropped: closing with unread bytes would reset the
    /// connection, and the peer would lose the message.
    private func end(_ refusal: Refusal) {
        guard let context, !isEnding else { return }
        isEnding = true
        frames.removeAll()
        again = nil
        let channel = context.channel
        context.triggerUserOutboundEvent(SessionEvent.ending, promise: nil)
        sessions.scratch.removeAll()
        sessions.scratch.append((try? refusal.encoded()) ?? [])
        // A peer that reads nothing would block the message.
        let limit = context.eventLoop.scheduleTask(in: .seconds(5)) { channel.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(frame: sessions.scratch))).flatMap { channel.close(mode: .output) }
            .whenComplete { result in
                limit.cancel()
                guard case .success = result else { return channel.close(promise: nil) }
                let deadline = channel.eventLoop.scheduleTask(in: .seconds(1)) { channel.close(promise: nil) }
                channel.closeFuture.whenComplete { _ in deadline.cancel() }
            }
        goOn()
    }

    /// One line a second for each kind of refusal, with how many were held back: a stranger can cause thousands.
    private func log(_ kind: String, _ reason: String) {
        guard let held = setting.throttle.admit(kind) else { return }
        var metadata: Logger.Metadata = [
            LogKey.peer: "\(peer)", LogKey.node: "\(member?.sender.node ?? "")", LogKey.reason: "\(reason)",
        ]
        if held > 0 { metadata[LogKey.held] = "\(held)" }
        setting.logger.warning("refused", metadata: metadata)
    }

    /// Shortens a peer's text: it may be as long as a frame, which is too long for event.csv.
    private static func short(_ text: String) -> String { String(String.UnicodeScalarView(text.unicodeScalars.prefix(500))) }
}
