/// Agent → collector: measures the clock offset and shows that the agent is alive. `t1` is the agent's time in microseconds; the pong returns it.
package struct Ping: WireMessage {
    package static let type = "ping"
    package var t1: Int64
    /// The agent's estimate of its clock offset ± error (µs), absent until it has one.
    package var offset: Int64?
    package var error: Int64?
    /// Unacknowledged frames that the agent keeps, and their bytes in memory and on its disk.
    package var backlogFrames: UInt64?
    package var backlogBytes: UInt64?

    package enum CodingKeys: String, CodingKey {
        case t1, offset, error
        case backlogFrames = "backlog_frames"
        case backlogBytes = "backlog_bytes"
    }

    package init(t1: Int64, offset: Int64? = nil, error: Int64? = nil, backlogFrames: UInt64? = nil, backlogBytes: UInt64? = nil) {
        self.t1 = t1
        self.offset = offset
        self.error = error
        self.backlogFrames = backlogFrames
        self.backlogBytes = backlogBytes
    }
}

/// Collector → agent: the two middle timestamps of NTP, in microseconds since 1970 of the collector's clock.
package struct Pong: WireMessage {
    package static let type = "pong"
    package var t1: Int64
    package var t2: Int64
    package var t3: Int64
    /// How often to ping from now on; absent as long as that stays.
    package var heartbeatMilliseconds: Int?

    package enum CodingKeys: String, CodingKey {
        case t1, t2, t3
        case heartbeatMilliseconds = "heartbeat_ms"
    }

    package init(t1: Int64, t2: Int64, t3: Int64, heartbeatMilliseconds: Int? = nil) {
        self.t1 = t1
        self.t2 = t2
        self.t3 = t3
        self.heartbeatMilliseconds = heartbeatMilliseconds
    }
}
