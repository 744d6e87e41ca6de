import StatsCore

/// One session as a pure state machine: messages go in, actions come out.
///
///     connected ── hello ──▶ admitting ── admitted ──▶ open ── any refusal ──▶ ended
struct SessionState: Sendable, Equatable {
    enum Action: Sendable, Equatable {
        case nothing
        /// Ask the recorder to let the agent in.
        case admit(Hello)
        /// Pass it on as live values; it is not stored.
        case showLive
        /// Store the frame with this number. It is the next frame, or a gap that begins with the next.
        case store(UInt64)
        /// The frame came before: acknowledge it again.
        case repeatAck
        /// A frame is missing before this one.
        case rewind(Rewind)
        case noteFin(Fin)
        case noteReady(Ready)
        case noteEnvironment(EnvironmentMessage)
        case pong(Ping)
        /// Count it under this reason and continue.
        case count(String)
        /// End the session. `isTold`: send the reason to the peer, unless the peer itself has ended it.
        case end(Refusal, isTold: Bool)
    }

    private enum Phase: Sendable, Equatable {
        case connected
        case admitting
        case open
        case ended
    }

    private let token: Token?
    /// The nonce of the challenge, for the token's proof.
    private let nonce: String
    private var phase = Phase.connected
    /// How many messages of types that nobody knows came before `hello`. While one waits for its turn the peer's time stands still.
    private var strangers = 0
    private static let strangersLimit = 100
    private var epoch: UInt64 = 0
    /// The last frame that the recorder has accepted.
    private var accepted: UInt64 = 0
    /// A rewind was sent; frames that the agent sent before it arrived are ignored.
    private var isRewinding = false

    /// - Parameters:
    ///   - token: the token that an agent has to prove; `nil` admits every agent.
    ///   - nonce: the nonce of the challenge.
    init(token: Token? = nil, nonce: String = "") {
        self.token = token
        self.nonce = nonce
    }

    /// A message came in.
    mutating func receive(_ incoming: Incoming) -> Action {
        switch (phase, incoming) {
        case (.ended, _): return .nothing
        case (.connected, .unknown):
            strangers += 1
            guard strangers > Self.strangersLimit else { return .count("unknown_type") }
            return end(Refusal(code: "no_hello", message: "the first frame has to be a `hello`, or soon behind what nobody knows"))
        case (_, .unknown): return .count("unknown_type")
        case (_, .error(let refusal)):
            phase = .ended
            return .end(refusal, isTold: false)
        case (.connected, .hello(let hello)):
            if let refusal = Self.fault(hello) ?? stranger(hello) { return end(refusal) }
            phase = .admitting
            epoch = hello.epoch
            return .admit(hello)
        case (.connected, _), (.admitting, _):
            return end(Refusal(code: "no_hello", message: "the first frame has to be a `hello`"))
        case (.open, .hello):
            return end(Refusal(code: "second_hello", message: "a session has one `hello`"))
        case (.open, .ping(let ping)): return .pong(ping)
        case (.open, .fin(let fin)): return .noteFin(fin)
        case (.open, .ready(let ready)): return .noteReady(ready)
        case (.open, .environment(let told)): return .noteEnvironment(told)
        case (.open, .tick(let tick))
        where ![tick.header.time, tick.header.begin, tick.header.end].allSatisfy(Timestamp.plausible.contains):
            return end(Refusal(code: "bad_field", message: "refused a tick whose times are beyond belief"))
        case (.open, .tick(let tick)):
            return tick.header.seq == 0 ? .showLive : judge(epoch: tick.header.epoch, first: tick.header.seq, seq: tick.header.seq)
        case (.open, .gap(let gap)):
            guard gap.firstCovered > 0, gap.firstCovered <= gap.seq else {
                return end(Refusal(code: "bad_field", message: "refused a gap for the frames \(gap.firstCovered) to \(gap.seq)"))
            }
            return judge(epoch: gap.epoch, first: gap.firstCovered, seq: gap.seq)
        }
    }

    /// The recorder has admitted the agent, whose sequence continues after `accepted`.
    mutating func admitted(accepted: UInt64) {
        guard phase == .admitting else { return }
        phase = .open
        self.accepted = accepted
    }

    /// The lane's result for the frame that was to be stored.
    mutating func concluded(_ receipt: Lane.Receipt, seq: UInt64) -> Action {
        switch receipt {
        case .stored:
            accepted = seq
            isRewinding = false
            return .nothing
        case .wait, .join: return .nothing
        case .full:
            isRewinding = true
            return .nothing
        case .replaced:
            phase = .ended
            return .end(Refusal(code: "replaced", message: "the same agent has connected again"), isTold: false)
        case .refused(let refusal): return end(refusal)
        }
    }

    /// - Parameter first: the first frame that this one stands for; only a gap can stand for several.
    private mutating func judge(epoch: UInt64, first: UInt64, seq: UInt64) -> Action {
        guard epoch == self.epoch else {
            return end(Refusal(code: "bad_epoch", message: "refused a frame of epoch \(epoch); `hello` said \(self.epoch)"))
        }
        if seq <= accepted { return .repeatAck }
        if first - 1 <= accepted { return .store(seq) }
        if isRewinding { return .count("passed_over") }
        isRewinding = true
        return .rewind(Rewind(epoch: epoch, seq: accepted + 1))
    }

    private mutating func end(_ refusal: Refusal) -> Action {
        phase = .ended
        return .end(refusal, isTold: true)
    }

    private func stranger(_ hello: Hello) -> Refusal? {
        guard let token else { return nil }
        guard let proof = hello.proof, let handshake = hello.handshake(challenge: nonce) else {
            return Refusal(
                code: "token_absent", message: "this collector asks for a token: give the agent the collector's with --token-file")
        }
        guard token.isProof(proof, of: .agent, in: handshake) else {
            return Refusal(code: "token_wrong", message: "the agent's token isn't the collector's: give it the same file with --token-file")
        }
        return nil
    }

    private static func fault(_ hello: Hello) -> Refusal? {
        guard hello.protocol == Frame.protocolVersion else {
            return Refusal(
                code: "protocol",
                message:
                    "the agent speaks protocol \(hello.protocol), this collector (\(Version.current)) "
                    + "\(Frame.protocolVersion); update the older one"
            )
        }
        guard (1...255).contains(hello.node.utf8.count), isPrintable(hello.node) else {
            return Refusal(code: "bad_node", message: "a node's name has 1 to 255 bytes, all of them printable; give another with --node")
        }
        guard (1...64).contains(hello.agent.utf8.count), hello.agent.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            return Refusal(code: "bad_agent", message: "an agent's id has 1 to 64 printable ASCII characters without blanks")
        }
        // Most of these texts are kept for as long as the run, for every node.
        let facts = [hello.version, hello.epochID, hello.bootID, hello.kernel, hello.cgroup].compactMap(\.self)
        let takes = hello.takes ?? []
        guard facts.allSatisfy({ isText($0, upTo: 128) }), isText(hello.monitor, upTo: 512), hello.addresses.count <= 16, takes.count <= 16,
            (hello.addresses + takes).allSatisfy({ isText($0, upTo: 64) })
        else {
            return Refusal(
                code: "bad_field",
                message: "the texts in a `hello` are printable and have at most 128 bytes (`monitor`: 512), "
                    + "and its lists at most 16 texts of 64 bytes")
        }
        guard hello.topology?.isSound ?? true else {
            return Refusal(
                code: "bad_field",
                message:
                    "the lists of `topology` in a `hello` have an entry for each core, at most \(CPUTopology.most), and texts of at most 64 bytes"
            )
        }
        return nil
    }

    private static func isText(_ text: String, upTo limit: Int) -> Bool { text.utf8.count <= limit && isPrintable(text) }

    private static func isPrintable(_ text: String) -> Bool {
        !text.unicodeScalars.contains {
            switch $0.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .surrogate: true
            default: false
            }
        }
    }
}
