/// Collector → agent, first on every connection.
package struct Challenge: WireMessage {
    package static let type = "challenge"
    /// The lowest and highest protocol version that the collector speaks.
    package var protocols: [Int]
    /// 32 random bytes in hexadecimal, for the proof of a token.
    package var nonce: String
    package var version: String
    /// The collector's id, a UUID that it keeps on disk; absent when it can't keep one, or is of an earlier version. An agent to which it is known by two names learns here, before
    /// it says anything, that both lead to one collector.
    package var collector: String?

    package init(protocols: [Int], nonce: String, version: String, collector: String? = nil) {
        self.protocols = protocols
        self.nonce = nonce
        self.version = version
        self.collector = collector
    }
}

/// Collector → agent: the handshake is done.
package struct Welcome: WireMessage {
    package static let type = "welcome"
    package var session: String
    /// Up to where the agent's frames are on disk; the agent continues after it. Absent when the collector doesn't know the agent.
    package var last: StreamPosition?
    package var frameLimit: Int
    package var heartbeatMilliseconds: Int
    /// The run in progress, which the agent joins on the grid.
    package var run: RunOrder?
    /// Present when that run is already being stopped.
    package var stop: StopOrder?
    /// The collector's proof that it has the token.
    package var proof: String?

    package enum CodingKeys: String, CodingKey {
        case session, last, run, stop, proof
        case frameLimit = "frame_limit"
        case heartbeatMilliseconds = "heartbeat_ms"
    }

    package init(
        session: String, last: StreamPosition?, frameLimit: Int = Frame.limit, heartbeatMilliseconds: Int = 1000,
        run: RunOrder? = nil, stop: StopOrder? = nil, proof: String? = nil
    ) {
        self.session = session
        self.last = last
        self.frameLimit = frameLimit
        self.heartbeatMilliseconds = heartbeatMilliseconds
        self.run = run
        self.stop = stop
        self.proof = proof
    }
}

/// A place in an agent's sequence of frames.
package struct StreamPosition: Codable, Sendable, Equatable {
    package var epoch: UInt64
    package var seq: UInt64

    package init(epoch: UInt64, seq: UInt64) {
        self.epoch = epoch
        self.seq = seq
    }
}
