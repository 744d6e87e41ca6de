import StatsCore

/// One session without its I/O: what came in goes in, what is to be done comes out.
///
///     connected ── hello ──▶ admitting ── admitted ──▶ open ── any refusal ──▶ ended
struct SessionState: Sendable, Equatable {
    enum Action: Sendable, Equatable {
        case nothing
        /// Ask the recorder to let the agent in.
        case admit(Hello)
        /// Show it as live values; it is not stored.
        case showLive
        /// Store the frame with this number, which is the next.
        case store(UInt64)
        /// The frame was here before: acknowledge again.
        case repeatAck
        /// A frame is missing before this one.
        case rewind(Rewind)
        case noteFin(Fin)
        case pong(Ping)
        /// Count it under this reason and go on.
        case count(String)
        /// Say why, and end the session; nothing is said when the peer ends it.
        case end(Refusal, isTold: Bool)
    }

    private enum Phase: Sendable, Equatable {
        case connected
        case admitting
        case open
        case ended
    }

    private var phase = Phase.connected
    private var epoch: UInt64 = 0
    /// The last frame that the recorder took in.
    private var accepted: UInt64 = 0
    /// The agent was asked to go back, and what it sent before it heard of that is passed over.
    private var isRewinding = false

    /// A frame came in.
    mutating func receive(_ incoming: Incoming) -> Action {
        switch (phase, incoming) {
        case (.ended, _): return .nothing
        case (_, .unknown): return .count("unknown_type")
        case (_, .error(let refusal)):
            phase = .ended
            return .end(refusal, isTold: false)
        case (.connected, .hello(let hello)):
            if let refusal = Self.fault(hello) { return end(refusal) }
            phase = .admitting
            epoch = hello.epoch
            return .admit(hello)
        case (.connected, _), (.admitting, _):
            return end(Refusal(code: "no_hello", message: "the first frame has to be a `hello`"))
        case (.open, .hello):
            return end(Refusal(code: "second_hello", message: "a session has one `hello`"))
        case (.open, .ping(let ping)): return .pong(ping)
        case (.open, .fin(let fin)): return .noteFin(fin)
        case (.open, .tick(let tick)):
            return tick.header.seq == 0 ? .showLive : judge(epoch: tick.header.epoch, seq: tick.header.seq)
        case (.open, .gap(let gap)):
            return gap.seq == 0
                ? end(Refusal(code: "bad_field", message: "refused a gap with seq 0")) : judge(epoch: gap.epoch, seq: gap.seq)
        }
    }

    /// The recorder has let the agent in, which goes on behind `accepted`.
    mutating func admitted(accepted: UInt64) {
        guard phase == .admitting else { return }
        phase = .open
        self.accepted = accepted
    }

    /// What the recorder made of the frame that was to be stored.
    mutating func concluded(_ receipt: Recorder.Receipt) -> Action {
        switch receipt {
        case .stored:
            accepted += 1
            isRewinding = false
            return .nothing
        case .full:
            isRewinding = true
            return .nothing
        case .replaced:
            phase = .ended
            return .end(Refusal(code: "replaced", message: "the same agent has connected again"), isTold: false)
        case .refused(let refusal): return end(refusal)
        }
    }

    private mutating func judge(epoch: UInt64, seq: UInt64) -> Action {
        guard epoch == self.epoch else {
            return end(Refusal(code: "bad_epoch", message: "refused a frame of epoch \(epoch); `hello` said \(self.epoch)"))
        }
        if seq <= accepted { return .repeatAck }
        if seq == accepted + 1 { return .store(seq) }
        if isRewinding { return .count("passed_over") }
        isRewinding = true
        return .rewind(Rewind(epoch: epoch, seq: accepted + 1))
    }

    private mutating func end(_ refusal: Refusal) -> Action {
        phase = .ended
        return .end(refusal, isTold: true)
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
        guard hello.monitor.utf8.count <= 512, isPrintable(hello.monitor), hello.addresses.allSatisfy(isPrintable),
            isPrintable(hello.version)
        else {
            return Refusal(code: "bad_field", message: "`monitor`, `addresses` and `version` in a `hello` have to be printable")
        }
        return nil
    }

    private static func isPrintable(_ text: String) -> Bool {
        !text.unicodeScalars.contains {
            switch $0.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .surrogate: true
            default: false
            }
        }
    }
}
