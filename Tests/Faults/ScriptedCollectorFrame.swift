import StatsCore
import TestSupport

/// An agent's frame, as far as this collector has to understand it.
enum AgentFrame {
    case hello(Hello)
    /// A live tick, without a number.
    case live
    case sequenced(SequencedFrame)
    case fin(Fin)
    case ping(Ping)
    case environment(EnvironmentMessage)
    case refusal(Refusal)
    case other(String)

    /// - Throws: `FrameError` for frames that no agent may send.
    init(_ payload: [UInt8]) throws(FrameError) {
        let bytes = payload.span.bytes
        let type = try FrameEnvelope(bytes).type
        switch type {
        case Hello.type: self = .hello(try Hello(decoding: bytes))
        case Ping.type: self = .ping(try Ping(decoding: bytes))
        case EnvironmentMessage.type: self = .environment(try EnvironmentMessage(decoding: bytes))
        case Fin.type: self = .fin(try Fin(decoding: bytes))
        case Refusal.type: self = .refusal(try Refusal(decoding: bytes))
        case Gap.type:
            let gap = try Gap(decoding: bytes)
            guard gap.from <= gap.to, (gap.firstSeq ?? gap.seq) <= gap.seq else { throw .badField("range in a `gap` is upside down") }
            self = .sequenced(
                SequencedFrame(
                    run: gap.run, epoch: gap.epoch, seqs: (gap.firstSeq ?? gap.seq)...gap.seq, ticks: gap.from...gap.to,
                    reason: gap.reason, isWithdrawal: gap.firstSeq != nil, digest: Self.digest(payload)))
        case "tick":
            let header = try TickFrame(bytes).header
            guard header.seq > 0 else {
                self = .live
                return
            }
            self = .sequenced(
                SequencedFrame(
                    run: header.run, epoch: header.epoch, seqs: header.seq...header.seq, ticks: header.tick...header.tick,
                    reason: nil, isWithdrawal: false, digest: Self.digest(payload)))
        default: self = .other(type)
        }
    }

    private static func digest(_ payload: [UInt8]) -> Int {
        var hasher = Hasher()
        payload.withUnsafeBytes { hasher.combine(bytes: $0) }
        return hasher.finalize()
    }
}

/// A `tick` or a `gap` that has a number.
struct SequencedFrame {
    let run: String
    let epoch: UInt64
    /// The numbers that it stands for: a single one, except for a `gap` that replaces dropped frames.
    let seqs: ClosedRange<UInt64>
    let ticks: ClosedRange<UInt64>
    /// Why the ticks are missing; `nil` for the frame of a tick.
    let reason: GapReason?
    /// Whether it replaces frames that already had numbers.
    let isWithdrawal: Bool
    /// Differs for different payloads.
    let digest: Int
}
