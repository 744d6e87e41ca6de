import NIOCore
import StatsCore

/// How long a peer may take, so that a hanging peer doesn't hold a session forever. Pure: the caller passes the time in.
///
/// While the collector itself doesn't read, because its disk is slow, the peer's time stands still.
struct PeerDeadlines {
    static let handshake = TimeAmount.seconds(5)
    static let partialFrame = TimeAmount.seconds(10)
    static let silence = TimeAmount.seconds(15)

    private var connected: NIODeadline
    private var heard: NIODeadline
    private var partialSince: NIODeadline?
    private var pausedAt: NIODeadline?
    private var stuckSince: NIODeadline?
    private var isWelcome = false

    init(at now: NIODeadline) {
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
        if pausedAt != nil { return now + Self.handshake }
        let limits = [isWelcome ? nil : connected + Self.handshake, partialSince.map { $0 + Self.partialFrame }, heard + Self.silence]
        return limits.compactMap(\.self).min() ?? now + Self.silence
    }

    /// Whether the peer reads nothing at all, so that it can't even be told why its session ends.
    func isStuck(at now: NIODeadline) -> Bool { stuckSince.map { now >= $0 + Self.silence } ?? false }

    /// The deadline that the peer has missed, as a refusal.
    func expired(at now: NIODeadline) -> Refusal? {
        if isStuck(at: now) { return Refusal(code: "stuck", message: "nothing that was sent was read for 15 seconds") }
        guard pausedAt == nil else { return nil }
        if !isWelcome, now >= connected + Self.handshake {
            return Refusal(code: "handshake_timeout", message: "no handshake within 5 seconds")
        }
        if let partialSince, now >= partialSince + Self.partialFrame {
            return Refusal(code: "frame_timeout", message: "a frame was not complete within 10 seconds")
        }
        if now >= heard + Self.silence { return Refusal(code: "silent", message: "nothing was heard for 15 seconds") }
        return nil
    }
}
