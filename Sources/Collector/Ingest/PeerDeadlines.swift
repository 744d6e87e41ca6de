import NIOCore
import StatsCore

/// How long a peer may take, so that a hanging peer doesn't hold a session forever. Pure: the caller passes the time in.
///
/// While the collector itself doesn't read, because its disk is slow, the peer's time stands still.
struct PeerDeadlines {
    struct Limits: Sendable {
        var handshake = TimeAmount.seconds(5)
        var partialFrame = TimeAmount.seconds(10)
        var silence = TimeAmount.seconds(15)
    }

    private let limits: Limits
    private var connected: NIODeadline
    private var heard: NIODeadline
    private var partialSince: NIODeadline?
    private var pausedAt: NIODeadline?
    private var stuckSince: NIODeadline?
    private var isWelcome = false

    init(_ limits: Limits = Limits(), at now: NIODeadline) {
        self.limits = limits
        connected = now
        heard = now
    }

    /// Bytes have come. `completed`: they completed a frame. `isPartial`: they left one incomplete.
    mutating func noteBytes(at now: NIODeadline, completed: Bool, isPartial: Bool) {
        heard = now
        if completed || !isPartial { partialSince = nil }
        if isPartial, partialSince == nil { partialSince = now }
    }

    mutating func noteWelcome() { isWelcome = true }

    /// The peer has stopped or resumed reading what is sent to it.
    mutating func noteWritable(_ isWritable: Bool, at now: NIODeadline) {
        stuckSince = isWritable ? nil : stuckSince ?? now
    }

    mutating func pause(at now: NIODeadline) { if pausedAt == nil { pausedAt = now } }

    mutating func goOn(at now: NIODeadline) {
        guard let pausedAt else { return }
        let pause = now - pausedAt
        connected = connected + pause
        heard = heard + pause
        partialSince = partialSince.map { $0 + pause }
        self.pausedAt = nil
    }

    /// When to check again.
    func next(at now: NIODeadline) -> NIODeadline {
        if pausedAt != nil { return now + limits.handshake }
        let ends = [
            isWelcome ? nil : connected + limits.handshake, partialSince.map { $0 + limits.partialFrame }, heard + limits.silence,
        ]
        return ends.compactMap(\.self).min() ?? now + limits.silence
    }

    /// Whether the peer reads nothing at all, so that it can't even be told why its session ends.
    func isStuck(at now: NIODeadline) -> Bool { stuckSince.map { now >= $0 + limits.silence } ?? false }

    /// The deadline that the peer has missed, as a refusal.
    func expired(at now: NIODeadline) -> Refusal? {
        if isStuck(at: now) { return Refusal(code: "stuck", message: "nothing that was sent was read for \(Self.seconds(limits.silence))") }
        guard pausedAt == nil else { return nil }
        if !isWelcome, now >= connected + limits.handshake {
            return Refusal(code: "handshake_timeout", message: "no handshake within \(Self.seconds(limits.handshake))")
        }
        if let partialSince, now >= partialSince + limits.partialFrame {
            return Refusal(code: "frame_timeout", message: "a frame was not complete within \(Self.seconds(limits.partialFrame))")
        }
        if now >= heard + limits.silence {
            return Refusal(code: "silent", message: "nothing was heard for \(Self.seconds(limits.silence))")
        }
        return nil
    }

    private static func seconds(_ time: TimeAmount) -> String { "\(time.nanoseconds / 1_000_000_000) seconds" }
}
