import NIOCore
import StatsCore

/// One connection of an agent, on its event loop. It carries out what `SessionState` decides, one frame after the other (`FrameTurns`).
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
    private var member: SessionMember?
    private var turns = FrameTurns()
    private var pace = Pace(burst: 200, perSecond: 20)
    /// `nil` before the connection is open, and when it is gone.
    private var context: ChannelHandlerContext?
    /// Fulfilled when the recorder knows of the end.
    private var over: EventLoopPromise<Void>?
    /// Whether the recorder is being asked to let the agent in.
    private var isAdmitting = false
    /// What the agent has said last of a run that it has delivered.
    private var fin: Fin?
    /// How many orders were written since the peer read last.
    private var unreadOrders = 0
    /// How often the agent was told to ping, in milliseconds.
    private var heartbeat = 0
    private var reason = "the agent closed the connection"

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
        let challenge = Challenge(
            protocols: [Frame.protocolVersion, Frame.protocolVersion], nonce: nonce, version: Version.current, collector: setting.collector)
        send(sessions.frame(challenge))
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
        context = nil
        turns.end()
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
        if !turns.isOver { self.reason = reason }
        turns.end()
        context.close(promise: nil)
        return over.futureResult
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let refusal = error as? Refusal { return refuse(refusal) }
        var reason = "the connection broke: \(error)"
        if TLSFailure.isTLS(error), !turns.isOver {
            reason = "TLS failed: \(TLSFailure.words(error))"
            setting.counters.count("tls")
            log("tls", reason)
        }
        _ = close(because: reason)
    }

    // MARK: Reading

    func read(context: ChannelHandlerContext) {
        if turns.read() { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !turns.isOver else { return }
        turns.append(unwrapInboundIn(data))
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
        while context?.channel.isWritable == true, let frame = turns.next() {
            do throws(FrameError) {
                take(try Incoming(frame.bytes.readableBytesSpan), frame)
            } catch {
                refuse(Refusal(error))
            }
        }
        if turns.mayReadOn() { context?.read() }
    }

    /// Goes on with what waited for room, or for the recorder.
    func resume() {
        let again = turns.resume()
        again?()
        goOn()
    }

    private func take(_ incoming: Incoming, _ frame: ReceivedFrame) {
        if incoming.isTalk, let wait = pace.take(at: Clocks.monotonicMicroseconds()), let context {
            setting.counters.count("too_fast")
            turns.wait { self.take(incoming, frame) }
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
        case .showLive: member?.show(incoming, frame, to: setting.sinks)
        case .store(let seq):
            member?.show(incoming, frame, to: setting.sinks)
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

    private func store(_ seq: UInt64, _ incoming: Incoming, _ frame: ReceivedFrame) {
        guard let receipt = member?.store(incoming, frame, in: sessions.lane, now: setting.clock.now()) else { return }
        switch receipt {
        case .wait:
            turns.wait { self.store(seq, incoming, frame) }
            sessions.wait(self)
        case .join:
            turns.wait { self.store(seq, incoming, frame) }
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
        guard let member, let context else { return }
        let (recorder, agent, session, link) = (setting.recorder, member.agent, member.entry.session, link(context))
        Task {
            await body(recorder, agent, session)
            if let next { link.perform(next) }
        }
    }

    private func link(_ context: ChannelHandlerContext) -> SessionLink {
        SessionLink(loop: context.eventLoop, handler: NIOLoopBound(self, eventLoop: context.eventLoop))
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
        let admission = Admission(hello, nonce: nonce, channel: context.channel, setting: setting)
        let (lane, link) = (sessions.lane, link(context))
        isAdmitting = true
        turns.wait()
        Task {
            do throws(Refusal) {
                let member = try await admission.ask(lane: lane, orders: link)
                link.perform { $0.admitted(member) }
            } catch {
                link.perform { $0.notAdmitted(error) }
            }
        }
    }

    private func admitted(_ member: SessionMember) {
        self.member = member
        isAdmitting = false
        // The connection may have ended meanwhile.
        guard context != nil else { return tellEnd() }
        state.admitted(accepted: member.entry.accepted)
        resume()
    }

    private func notAdmitted(_ refusal: Refusal) {
        isAdmitting = false
        if context == nil { tellEnd() } else { refuse(refusal) }
    }

    /// Carries out an order of the recorder.
    func carryOut(_ order: SessionOrder, _ frame: ByteBuffer?) {
        guard let context, !turns.isOver else { return }
        switch order {
        case .welcome(let welcome):
            heartbeat = welcome.heartbeatMilliseconds
            context.triggerUserOutboundEvent(SessionEvent.welcomed, promise: nil)
        case .close(let refusal): return end(refusal)
        default: break
        }
        if !context.channel.isWritable { unreadOrders += 1 }
        if unreadOrders > Self.ordersLimit { return _ = close() }
        send(frame ?? sessions.frame { out in try? order.write(to: &out) })
    }

    // MARK: Sending

    private func send(_ write: (inout ByteWriter) -> Void) { send(sessions.frame(write)) }

    private func send(_ frame: ByteBuffer?) {
        guard let context, let frame else { return }
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    private func refuse(_ refusal: Refusal) {
        guard !turns.isOver, context != nil else { return }
        setting.counters.count(refusal.code)
        log(refusal.code, Self.short("\(refusal)"))
        reason = Self.short(refusal.message)
        end(refusal)
    }

    /// Tells the peer why the session ends. What it still sends is read and dropped.
    private func end(_ refusal: Refusal) {
        guard let context, !turns.isOver else { return }
        turns.end()
        context.triggerUserOutboundEvent(SessionEvent.ending, promise: nil)
        guard let frame = sessions.frame(refusal) else { return context.close(promise: nil) }
        Farewell.close(context.channel, behind: context.writeAndFlush(wrapOutboundOut(frame)))
        goOn()
    }

    private func log(_ kind: String, _ reason: String) {
        setting.logRefusal(kind, reason, peer: context?.channel.peer ?? "?", node: member?.sender.node)
    }

    /// Shortens a peer's text: it may be as long as a frame, which is too long for event.csv.
    private static func short(_ text: String) -> String { String(String.UnicodeScalarView(text.unicodeScalars.prefix(500))) }
}
