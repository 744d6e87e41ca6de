import StatsCore

/// What is live of one node.
struct LiveNode: Sendable {
    /// An agent's own estimate of how far its clock is from the collector's, in microseconds.
    struct ClockReading: Sendable, Equatable {
        let offset: Int64
        let error: Int64
    }

    /// Rows of large ticks are looked at no more often than that (µs): at short intervals live values would cost more than the recording.
    private static let period: Int64 = 250_000

    /// The rows of the newest tick that was looked at, as far as there is room for them.
    var rows = FrameRows()
    var commandLines = CommandLines()
    private(set) var containers: UInt64 = 0
    private(set) var processes: UInt64 = 0
    /// How long reading that tick took, in microseconds.
    private(set) var readTime: Int64 = 0
    /// The instant of that tick on the steady clock, as far as its agent knows the collector's clock; not after it came.
    private(set) var instant: Int64 = 0
    /// When the last tick came, on the steady clock.
    private(set) var lastTick: Int64?
    /// The instant of that tick, in microseconds since 1970.
    private var lastInstant: Int64?
    /// From the instant of the tick before to that of the last one, in microseconds.
    private(set) var interval: Int64?
    /// When the rows of a large tick were last looked at, on the steady clock.
    private var lastLook: Int64?
    private(set) var clock: ClockReading?
    /// What the agent keeps until it is acknowledged; none when it doesn't say.
    private(set) var backlogFrames: UInt64?
    private(set) var backlogBytes: UInt64?

    /// How many rows were left out, by table; `nil` when none was.
    var leftOut: [String: UInt64]? {
        rows.leftOut.isEmpty ? nil : Dictionary(rows.leftOut.map { ($0.key.name, UInt64($0.value)) }) { first, _ in first }
    }

    /// Notes that a tick came, whether its rows are looked at or not.
    mutating func noteTick(_ header: TickHeader, now: Int64) {
        let instant = header.time
        readTime = max(header.end - header.begin, 0)
        if let lastInstant, instant > lastInstant { interval = instant - lastInstant }
        (lastInstant, lastTick) = (instant, now)
    }

    /// Whether a large tick's rows may be looked at now, which is noted.
    mutating func takeLook(now: Int64) -> Bool {
        if let lastLook, now - lastLook < Self.period { return false }
        lastLook = now
        return true
    }

    /// Notes how many things a tick tells of.
    /// - Parameter instant: of that tick, on the steady clock.
    mutating func count(_ rows: FrameRows, at instant: Int64) {
        let containers = rows.count(of: .container) + (rows.leftOut[.container] ?? 0)
        var processes = rows.leftOut[.process] ?? 0
        // The last row of one that has ended is no process that is there.
        rows.forEachRow(of: .process) { if $0.text("state") != "X" { processes += 1 } }
        self.instant = instant
        self.containers = UInt64(containers)
        self.processes = UInt64(processes)
    }

    /// Takes over what the agent says of itself.
    mutating func note(_ ping: Ping) {
        if let offset = ping.offset, let error = ping.error { clock = ClockReading(offset: offset, error: error) }
        backlogFrames = ping.backlogFrames
        backlogBytes = ping.backlogBytes
    }
}
