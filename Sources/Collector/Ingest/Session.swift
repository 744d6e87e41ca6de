import Logging
import NIOCore
import StatsCore

/// One connection of an agent. It carries out what `SessionState` decides.
struct Session: Sendable {
    typealias Connection = NIOAsyncChannel<ReceivedFrame, ByteBuffer>
    typealias Outbound = NIOAsyncChannelOutboundWriter<ByteBuffer>

    let connection: Connection
    let recorder: Recorder
    /// They get each tick when it comes.
    let sinks: [any ReceivedTickSink]
    let counters: RefusalCounters
    let throttle: LogThrottle
    let clock: CollectorClock
    /// The token that agents have to prove; `nil` if none is needed.
    var token: Token?
    /// Whether the connection uses TLS; the agent's certificate then names the one node for which it may deliver.
    var isSecure = false
    /// Whose agents are let in; `nil` when all are.
    var users: LocalUsers?
    let logger: Logger

    private var channel: any Channel { connection.channel }
    private var peer: String { channel.remoteAddress?.ipAddress ?? "?" }

    /// The agent that was admitted.
    private struct Member {
        let hello: Hello
        let session: UInt64
        let sender: ReceivedTick.Sender

        init(_ hello: Hello, session: UInt64) {
            self.hello = hello
            self.session = session
            sender = ReceivedTick.Sender(hello)
        }
    }

    /// Serves the connection until either side ends it. A peer's faults are handled here and aren't thrown.
    func run() async {
        do {
            try await connection.executeThenClose { inbound, outbound in
                let mailbox = SessionMailbox()
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await serve(inbound, outbound, mailbox) }
                    group.addTask { await deliver(mailbox, outbound) }
                    _ = await group.next()
                    mailbox.close()
                    group.cancelAll()
                }
            }
        } catch {
            logger.debug("connection ended", metadata: [LogKey.peer: "\(peer)", LogKey.reason: "\(error)"])
        }
    }

    /// Sends the recorder's orders; ends when the recorder orders the session to end.
    private func deliver(_ mailbox: SessionMailbox, _ outbound: Outbound) async {
        do {
            for await order in mailbox.orders {
                switch order {
                case .welcome(let welcome):
                    try await channel.triggerUserOutboundEvent(SessionEvent.welcomed)
                    try await send(welcome, outbound)
                case .ack(let ack): try await send(ack, outbound)
                case .rewind(let rewind): try await send(rewind, outbound)
                case .prepare(let prepare): try await send(prepare, outbound)
                case .run(let run): try await send(run, outbound)
                case .stop(let stop): try await send(stop, outbound)
                case .close(let refusal):
                    await end(refusal, outbound)
                    return
                }
            }
        } catch {
            // The connection is broken; the reading half of the session notices that too.
        }
    }

    private func serve(_ inbound: NIOAsyncChannelInboundStream<ReceivedFrame>, _ outbound: Outbound, _ mailbox: SessionMailbox) async {
        let nonce = Token.nonce()
        var state = SessionState(token: token, nonce: nonce)
        var member: Member?
        var pace = Pace(burst: 200, perSecond: 20)
        var reason = "the agent closed the connection"
        do {
            try await send(
                Challenge(protocols: [Frame.protocolVersion, Frame.protocolVersion], nonce: nonce, version: Version.current),
                outbound)
            for try await frame in inbound {
                let incoming: Incoming
                do throws(FrameError) {
                    incoming = try Incoming(frame.bytes.readableBytesSpan)
                } catch {
                    throw Refusal(error)
                }
                // Meanwhile nothing is read from this peer, so that it can't keep the collector busy.
                while incoming.isTalk, let wait = pace.take(at: Clocks.monotonicMicroseconds()) {
                    counters.count("too_fast")
                    try await Task.sleep(for: .microseconds(wait))
                }
                try await perform(state.receive(incoming), nonce, incoming, frame, &state, &member, outbound, mailbox)
            }
        } catch let refusal as Refusal {
            counters.count(refusal.code)
            logRefusal(refusal.code, Self.short("\(refusal)"), node: member?.hello.node)
            reason = Self.short(refusal.message)
            await end(refusal, outbound)
        } catch let ended as PeerEnded {
            reason = Self.short(ended.reason)
        } catch is CancellationError {
            reason = "the session was ended"
        } catch  where TLSFailure.isTLS(error) {
            counters.count("tls")
            reason = "TLS failed: \(TLSFailure.words(error))"
            logRefusal("tls", reason, node: nil)
        } catch {
            reason = "the connection broke: \(error)"
        }
        if let member { await recorder.leave(member.hello.agent, session: member.session, reason: reason) }
    }

    /// One line a second for each kind of refusal, with how many were held back: a stranger can cause thousands.
    private func logRefusal(_ kind: String, _ reason: String, node: String?) {
        guard let held = throttle.admit(kind) else { return }
        var metadata: Logger.Metadata = [LogKey.peer: "\(peer)", LogKey.node: "\(node ?? "")", LogKey.reason: "\(reason)"]
        if held > 0 { metadata[LogKey.held] = "\(held)" }
        logger.warning("refused", metadata: metadata)
    }

    /// Shortens a peer's text: it may be as long as a frame, which is too long for event.csv.
    private static func short(_ text: String) -> String { String(String.UnicodeScalarView(text.unicodeScalars.prefix(500))) }

    /// The peer, or a newer session of the same agent, has ended this session.
    private struct PeerEnded: Error {
        let reason: String
    }

    private func perform(
        _ action: SessionState.Action, _ nonce: String, _ incoming: Incoming, _ frame: ReceivedFrame, _ state: inout SessionState,
        _ member: inout Member?,
        _ outbound: Outbound, _ mailbox: SessionMailbox
    ) async throws {
        switch action {
        case .nothing: break
        case .count(let reason): counters.count(reason)
        case .end(let refusal, let isTold):
            if isTold { throw refusal }
            throw PeerEnded(reason: refusal.description)
        case .admit(var hello):
            if isSecure, let fault = try await certificate()?.fault(delivering: hello.node) { throw fault }
            if let refusal = await users?.refusal(of: channel) { throw Refusal(code: "other_user", message: refusal) }
            let proof = hello.handshake(challenge: nonce).flatMap { token?.proof(of: .collector, in: $0) }
            // The proof is of the name as it came.
            hello.node = await recorder.spelling(of: hello.node)
            let entry = try await recorder.admit(hello, address: peer, proof: proof, mailbox: mailbox)
            member = Member(hello, session: entry.session)
            state.admitted(accepted: entry.accepted)
        case .pong(let ping):
            try await send(Pong(t1: ping.t1, t2: frame.received, t3: clock.now()), outbound)
            if let node = member?.hello.node { for sink in sinks { sink.take(ping, of: node) } }
        case .rewind(let rewind):
            counters.count("out_of_order")
            try await send(rewind, outbound)
        case .showLive:
            if let member { show(incoming, frame, member) }
        case .store(let seq):
            guard let storing = member else { return }
            show(incoming, frame, storing)
            guard let delivery = Self.delivery(incoming, frame, storing.sender.columns) else { return }
            let receipt = await recorder.store(delivery, seq: seq, agent: storing.hello.agent, session: storing.session)
            try await perform(state.concluded(receipt, seq: seq), nonce, incoming, frame, &state, &member, outbound, mailbox)
        case .repeatAck:
            counters.count("sent_twice")
            if let member { await recorder.repeatAck(member.hello.agent, session: member.session) }
        case .noteReady(let ready):
            if let member { await recorder.note(ready, session: member.session) }
        case .noteFin(let fin):
            if let member { await recorder.note(fin, agent: member.hello.agent, session: member.session) }
        }
    }

    private func certificate() async throws -> PeerCertificate? {
        try await channel.eventLoop.submit { [channel] in try PeerCertificate(of: channel) }.get()
    }

    private func show(_ incoming: Incoming, _ frame: ReceivedFrame, _ member: Member) {
        guard case .tick(let tick) = incoming else { return }
        let received = ReceivedTick(sender: member.sender, tick: tick, frame: frame.bytes, received: frame.received)
        for sink in sinks { sink.take(received) }
    }

    private static func delivery(_ incoming: Incoming, _ frame: ReceivedFrame, _ columns: ColumnMap) -> Recorder.Delivery? {
        switch incoming {
        case .tick(let tick): .tick(tick, frame: frame.bytes, columns: columns)
        case .gap(let gap): .gap(gap)
        default: nil
        }
    }

    // MARK: Sending

    private func send(_ message: some WireMessage, _ outbound: Outbound) async throws {
        let json = try message.encoded()
        var frame = channel.allocator.buffer(capacity: Frame.headerBytes + json.count)
        frame.writeInteger(UInt32(json.count))
        frame.writeBytes(json)
        try await outbound.write(frame)
    }

    /// Tells the peer why the session ends and gives it a second to read that. What it still sends is read and dropped: closing with
    /// unread bytes would reset the connection, and the peer would lose the message.
    private func end(_ refusal: Refusal, _ outbound: Outbound) async {
        // A peer that reads nothing would block the write of the message.
        let limit = channel.eventLoop.scheduleTask(in: .seconds(5)) { [channel] in channel.close(promise: nil) }
        defer { limit.cancel() }
        do {
            try await channel.triggerUserOutboundEvent(SessionEvent.ending)
            try await send(refusal, outbound)
            try await channel.close(mode: .output)
        } catch {
            // The peer is gone.
            return
        }
        let deadline = channel.eventLoop.scheduleTask(in: .seconds(1)) { [channel] in channel.close(promise: nil) }
        try? await channel.closeFuture.get()
        deadline.cancel()
    }
}
