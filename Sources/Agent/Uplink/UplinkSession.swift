import StatsCore

/// One connection to the collector as a pure state machine: messages come in, actions go out, and it does no I/O.
struct UplinkSession {
    /// A decoded message of the collector.
    enum Message: Equatable {
        case challenge(Challenge)
        case welcome(Welcome)
        case prepare(Prepare)
        case run(RunOrder)
        case stop(StopOrder)
        case ack(Ack)
        case rewind(Rewind)
        case pong(Pong)
        case refusal(Refusal)
        /// A type that this agent doesn't know, sent by a newer collector.
        case unknown(String)
    }

    enum Action: Equatable {
        /// With a nonce, and with a proof when this agent has a token, unless it goes to the collector of this id by another name.
        case sendHello(nonce: String, proof: String?, collector: String? = nil)
        /// The handshake is done.
        case connected(Welcome)
        case acknowledge(through: UInt64)
        case rewind(to: UInt64)
        case noteClock(Pong)
        /// Send pings, as the clock is to be measured now.
        case measureClock
        /// Read everything once, then answer that the agent is ready for the run.
        case prepare(Prepare)
        case join(RunOrder)
        case stop(StopOrder)
        /// The collector has no run: the agent leaves its run, if it has one.
        case abandonRun
        case close(Failure)
    }

    enum Failure: Error, Equatable, CustomStringConvertible {
        case refused(Refusal)
        /// The connection ended before the collector sent anything.
        case speechless
        /// The collector did not prove that it has this agent's token.
        case stranger
        case protocols([Int])
        case unexpected(String)
        /// A run that the agent can't follow, and why.
        case unusable(String)
        /// The collector asks for the same frames again and again.
        case restless

        var description: String {
            switch self {
            case .refused(let refusal): "the collector refused this agent: \(refusal)"
            case .speechless: "the collector closed the connection without a word; it may speak TLS (--tls-ca)"
            case .stranger:
                "the collector doesn't have this agent's token: start it with --token-file and the same file, or this agent without"
            case .protocols(let spoken):
                "the collector speaks protocol \(spoken.map(String.init).joined(separator: " to ")), this agent \(Frame.protocolVersion): update the older one"
            case .unexpected(let type):
                "the collector sent `\(type)` before the handshake was done: is this a Sonde collector's agent port?"
            case .restless: "the collector asked too often for frames to be sent again, or for a run to be prepared"
            case .unusable(let what):
                "the collector ordered a run that this agent can't follow: \(what)"
            }
        }
    }

    private enum State {
        case awaitingChallenge
        case awaitingWelcome
        /// Orders wait until the clock has been measured once: without that, the agent can't follow a grid. The answer to an earlier ping than
        /// the one at `since` doesn't count.
        case measuringClock(held: HeldOrders, since: Int64)
        case established
    }

    /// The newest order of each kind: a collector has one run at a time, so that a newer one makes an older one void.
    private struct HeldOrders {
        var prepare: Prepare?
        var run: RunOrder?
        var stop: StopOrder?

        var actions: [Action] { [prepare.map { .prepare($0) }, run.map { .join($0) }, stop.map { .stop($0) }].compactMap(\.self) }
    }

    /// A rewind has everything from its frame on sent again. A collector asks for one when a frame is missing, and not again before that has come.
    private var rewinds = Pace(burst: 20, perSecond: 2)
    /// Each has the agent read everything once.
    private var prepares = Pace(burst: 20, perSecond: 2)
    private let epoch: UInt64
    private let identity: Identity
    private let token: Token?
    private let nonce: String
    /// What the token's proofs cover; known once the collector's nonce has come.
    private var handshake: Token.Handshake?
    private var state = State.awaitingChallenge

    /// - Parameter token: the token that the collector has to have too; `nil` when any collector will do.
    init(epoch: UInt64, identity: Identity, token: Token?, nonce: String = Token.nonce()) {
        self.epoch = epoch
        self.identity = identity
        self.token = token
        self.nonce = nonce
    }

    var isHandshakeDone: Bool {
        switch state {
        case .awaitingChallenge, .awaitingWelcome: false
        case .measuringClock, .established: true
        }
    }

    /// The connection ended.
    func ended() -> Failure? {
        guard case .awaitingChallenge = state else { return nil }
        return .speechless
    }

    /// - Parameter now: when the message came, by the clock of the pings.
    mutating func receive(_ message: Message, now: Int64 = Clocks.monotonicMicroseconds()) -> [Action] {
        switch (state, message) {
        case (_, .refusal(let refusal)):
            return [.close(.refused(refusal))]
        case (_, .unknown):
            return []
        case (.awaitingChallenge, .challenge(let challenge)):
            guard let lowest = challenge.protocols.min(), let highest = challenge.protocols.max(),
                (lowest...highest).contains(Frame.protocolVersion)
            else { return [.close(.protocols(challenge.protocols))] }
            state = .awaitingWelcome
            let handshake = Token.Handshake(
                collectorNonce: challenge.nonce, agentNonce: nonce, agent: identity.id, node: identity.node)
            self.handshake = handshake
            return [.sendHello(nonce: nonce, proof: token?.proof(of: .agent, in: handshake), collector: challenge.collector)]
        case (.awaitingWelcome, .welcome(let welcome)):
            if !isProven(welcome) { return [.close(.stranger)] }
            if let fault = welcome.run?.fault ?? welcome.stop?.fault { return [.close(.unusable(fault))] }
            return greet(welcome)
        case (.awaitingChallenge, _), (.awaitingWelcome, _):
            return [.close(.unexpected(message.typeName))]
        case (_, .challenge), (_, .welcome):
            return [.close(.unexpected(message.typeName))]
        case (_, .ack(let ack)):
            return ack.epoch == epoch ? [.acknowledge(through: ack.seq)] : []
        case (_, .rewind(let rewind)):
            guard rewind.epoch == epoch else { return [] }
            guard rewinds.take(at: now) == nil else { return [.close(.restless)] }
            return [.rewind(to: rewind.seq)]
        case (_, .pong(let pong)):
            guard case .measuringClock(let held, let since) = state, pong.t1 >= since else { return [.noteClock(pong)] }
            state = .established
            return [.noteClock(pong)] + held.actions
        case (_, .prepare(let prepare)):
            guard prepares.take(at: now) == nil else { return [.close(.restless)] }
            var orders = HeldOrders()
            if case .measuringClock(let held, _) = state {
                if held.prepare == prepare { return [] }
                orders = held
            }
            orders.prepare = prepare
            // The collector's clock may just have been set.
            state = .measuringClock(held: orders, since: now)
            return [.measureClock]
        case (_, .run(let run)):
            if let fault = run.fault { return [.close(.unusable(fault))] }
            return hold(.join(run)) {
                $0.run = run
                $0.stop = nil
            }
        case (_, .stop(let stop)):
            if let fault = stop.fault { return [.close(.unusable(fault))] }
            return hold(.stop(stop)) { $0.stop = stop }
        }
    }

    private func isProven(_ welcome: Welcome) -> Bool {
        guard let token else { return true }
        guard let handshake, let proof = welcome.proof else { return false }
        return token.isProof(proof, of: .collector, in: handshake)
    }

    private mutating func greet(_ welcome: Welcome) -> [Action] {
        var actions: [Action] = [.connected(welcome)]
        if let last = welcome.last, last.epoch == epoch {
            actions += [.acknowledge(through: last.seq), .rewind(to: last.seq &+ 1)]
        } else {
            actions.append(.rewind(to: 1))
        }
        if welcome.run == nil { actions.append(.abandonRun) }
        state = .measuringClock(held: HeldOrders(run: welcome.run, stop: welcome.stop), since: .min)
        return actions
    }

    private mutating func hold(_ action: Action, _ note: (inout HeldOrders) -> Void) -> [Action] {
        guard case .measuringClock(var held, let since) = state else { return [action] }
        note(&held)
        state = .measuringClock(held: held, since: since)
        return []
    }
}

extension RunOrder {
    /// Why nobody can follow this run; `nil` when it is valid.
    var fault: String? {
        if !Grid.intervals.contains(intervalUs) { return "its `interval_us` is \(intervalUs)" }
        if let ticks, ticks > Grid.highestTick { return "its `ticks` is \(ticks)" }
        return Timestamp.plausible.contains(t0) ? nil : "its `t0` is \(t0)"
    }
}

extension StopOrder {
    /// Why no run can end so; `nil` when it is valid.
    fileprivate var fault: String? { lastTick.flatMap { $0 > Grid.highestTick ? "its `last_tick` is \($0)" : nil } }
}

extension UplinkSession.Message {
    /// Decodes one frame.
    init(_ bytes: RawSpan) throws(FrameError) {
        let type = try FrameEnvelope(bytes).type
        self =
            switch type {
            case Challenge.type: .challenge(try Challenge(decoding: bytes))
            case Welcome.type: .welcome(try Welcome(decoding: bytes))
            case Prepare.type: .prepare(try Prepare(decoding: bytes))
            case RunOrder.type: .run(try RunOrder(decoding: bytes))
            case StopOrder.type: .stop(try StopOrder(decoding: bytes))
            case Ack.type: .ack(try Ack(decoding: bytes))
            case Rewind.type: .rewind(try Rewind(decoding: bytes))
            case Pong.type: .pong(try Pong(decoding: bytes))
            case Refusal.type: .refusal(try Refusal(decoding: bytes))
            default: .unknown(type)
            }
    }

    fileprivate var typeName: String {
        switch self {
        case .challenge: Challenge.type
        case .welcome: Welcome.type
        case .prepare: Prepare.type
        case .run: RunOrder.type
        case .stop: StopOrder.type
        case .ack: Ack.type
        case .rewind: Rewind.type
        case .pong: Pong.type
        case .refusal: Refusal.type
        case .unknown(let type): type
        }
    }
}
