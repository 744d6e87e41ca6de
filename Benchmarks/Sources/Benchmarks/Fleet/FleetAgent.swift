import Glibc

/// One agent of a fleet: what an agent of Sonde has to know of its connection, its frames and its run.
struct FleetAgent {
    enum Phase {
        /// Waits until it tries again.
        case away
        case connecting
        /// Connected, and not yet let in.
        case greeting
        case up
    }

    var phase = Phase.away
    var descriptor: Int32 = -1
    /// When it tries again while it is away, else when it began to connect; in microseconds.
    var since: Int64 = .max
    private var patience = Self.firstPatience

    /// How often it pings, as the collector asked it to, and when it did last; in microseconds.
    var heartbeat: Int64 = 1_000_000
    var lastPing: Int64 = 0

    /// The number of the last frame that was made, and of the last that the collector has on its disk.
    var sent: UInt64 = 0
    var acknowledged: UInt64 = 0
    /// Whether it has taken up the fleet's run, and whether it still has ticks to send. Its frame `firstSeq` was `firstTick`.
    var hasJoined = false
    var isRecording = false
    var nextTick: UInt64 = 0
    var endTick: UInt64 = 0
    var firstTick: UInt64 = 0
    var firstSeq: UInt64 = 1

    /// Bytes that the kernel hasn't taken yet.
    var waiting: [UInt8] = []
    /// The beginning of a message that has not arrived completely.
    var partial: [UInt8] = []

    private static let firstPatience: Int64 = 100_000
    private static let longestPatience: Int64 = 3_000_000

    /// How long to wait before the next try, as Sonde's agent does: twice as long each time, from 0.1 to 3 s, half of it by chance.
    mutating func nextWait() -> Int64 {
        defer { patience = min(patience * 2, Self.longestPatience) }
        return patience / 2 + Int64.random(in: 0...patience / 2)
    }

    mutating func resetWait() { patience = Self.firstPatience }

    /// The tick of a frame of the run.
    func tick(of seq: UInt64) -> UInt64? { seq < firstSeq ? nil : firstTick + (seq - firstSeq) }
}
