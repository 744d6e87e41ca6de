/// The messages of the wire other than `tick`. They are rare, so they use Codable; docs/PROTOCOL.md describes every field.
package protocol WireMessage: Codable, Sendable, Equatable {
    static var type: String { get }
}

/// Collector → agent, first on every connection.
package struct Challenge: WireMessage {
    package static let type = "challenge"
    /// The lowest and highest protocol version that the collector speaks.
    package var protocols: [Int]
    /// 32 random bytes in hexadecimal, for the proof of a token.
    package var nonce: String
    package var version: String

    package init(protocols: [Int], nonce: String, version: String) {
        self.protocols = protocols
        self.nonce = nonce
        self.version = version
    }
}

/// Agent → collector, in answer to `challenge`.
package struct Hello: WireMessage {
    package static let type = "hello"
    package var `protocol`: Int
    /// The agent's id, a UUID that it keeps on disk.
    package var agent: String
    /// Higher at every start of the agent: the collector refuses an epoch below the one it knows.
    package var epoch: UInt64
    /// Random, new with each epoch. If it differs for the same id and epoch, one agent's state was copied to another.
    package var epochID: String?
    package var node: String
    /// The agent's name as kubemon shows it: `OSMonitor_<address>_<node>`.
    package var monitor: String
    package var addresses: [String]
    package var bootID: String?
    package var version: String
    package var kernel: String?
    /// `v1`, `v2` or `hybrid`; absent on a host without cgroups.
    package var cgroup: String?
    package var cpus: Int?
    package var memoryBytes: UInt64?
    /// Whether the agent runs as root, on which some columns depend.
    package var privileged: Bool?
    /// Whether the host hides the processes of other users from the agent; absent when it doesn't.
    package var processesHidden: Bool?
    /// How the host's cores belong together.
    package var topology: CPUTopology?
    /// The columns of every table that the agent sends, in the order of its cells; `time`, `tick` and `node` are implied.
    package var tables: [String: [String]]
    package var firstUnacked: UInt64
    package var nextSeq: UInt64
    /// 32 random bytes in hexadecimal, for the proofs of a token.
    package var nonce: String?
    /// The agent's proof that it has the token: `Token.proof`.
    package var proof: String?
    /// Messages that a collector may send to this agent, and earlier agents don't know: `prepare`. Absent when there is none.
    package var takes: [String]?
    /// Whether another collector gets the agent's ticks at present, and it only delivers here what it still has; absent when it doesn't.
    package var deliversOnly: Bool?

    package enum CodingKeys: String, CodingKey {
        case `protocol`, agent, epoch, node, monitor, addresses, version, kernel, cgroup, cpus, privileged, topology, tables, nonce, proof,
            takes
        case epochID = "epoch_id"
        case bootID = "boot_id"
        case memoryBytes = "memory_bytes"
        case processesHidden = "processes_hidden"
        case deliversOnly = "delivers_only"
        case firstUnacked = "first_unacked"
        case nextSeq = "next_seq"
    }

    package init(
        protocol: Int = Frame.protocolVersion, agent: String, epoch: UInt64, epochID: String? = nil, node: String, monitor: String,
        addresses: [String] = [], bootID: String? = nil, version: String, kernel: String? = nil, cgroup: String? = nil, cpus: Int? = nil,
        memoryBytes: UInt64? = nil, privileged: Bool? = nil, processesHidden: Bool? = nil, topology: CPUTopology? = nil,
        tables: [String: [String]], firstUnacked: UInt64, nextSeq: UInt64, nonce: String? = nil, proof: String? = nil,
        takes: [String]? = nil, deliversOnly: Bool? = nil
    ) {
        self.protocol = `protocol`
        self.agent = agent
        self.epoch = epoch
        self.epochID = epochID
        self.node = node
        self.monitor = monitor
        self.addresses = addresses
        self.bootID = bootID
        self.version = version
        self.kernel = kernel
        self.cgroup = cgroup
        self.cpus = cpus
        self.memoryBytes = memoryBytes
        self.privileged = privileged
        self.processesHidden = processesHidden
        self.topology = topology
        self.tables = tables
        self.firstUnacked = firstUnacked
        self.nextSeq = nextSeq
        self.nonce = nonce
        self.proof = proof
        self.takes = takes
        self.deliversOnly = deliversOnly
    }

    /// What the token's proofs cover; `nil` for an agent that sent no nonce.
    package func handshake(challenge nonce: String) -> Token.Handshake? {
        self.nonce.map { Token.Handshake(collectorNonce: nonce, agentNonce: $0, agent: agent, node: node) }
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

/// Collector → agent: a run is about to begin. The agent measures the clock anew and reads everything once, then answers `ready`.
package struct Prepare: WireMessage {
    package static let type = "prepare"
    /// The id that the run will have.
    package var run: String

    package init(run: String) { self.run = run }
}

/// Agent → collector, in answer to `prepare`.
package struct Ready: WireMessage {
    package static let type = "ready"
    package var run: String

    package init(run: String) { self.run = run }
}

/// Collector → agent: record ticks on this grid.
package struct RunOrder: WireMessage {
    package static let type = "run"
    /// The run's id, a UUID.
    package var id: String
    package var name: String
    package var intervalUs: Int64
    /// Tick 0, in microseconds since 1970 of the collector's clock.
    package var t0: Int64
    /// How many ticks the run has; absent for a run that lasts until it is stopped.
    package var ticks: UInt64?

    package enum CodingKeys: String, CodingKey {
        case id, name, t0, ticks
        case intervalUs = "interval_us"
    }

    package init(id: String, name: String, intervalUs: Int64, t0: Int64, ticks: UInt64?) {
        self.id = id
        self.name = name
        self.intervalUs = intervalUs
        self.t0 = t0
        self.ticks = ticks
    }
}

/// Collector → agent: send everything up to the last tick, then `fin`.
package struct StopOrder: WireMessage {
    package static let type = "stop"
    package var run: String
    /// The last tick of the run; absent when the run was stopped before its first tick.
    package var lastTick: UInt64?

    package enum CodingKeys: String, CodingKey {
        case run
        case lastTick = "last_tick"
    }

    package init(run: String, lastTick: UInt64?) {
        self.run = run
        self.lastTick = lastTick
    }
}

/// Agent → collector, sequenced: ticks `from` … `to` are missing, and why.
package struct Gap: WireMessage {
    package static let type = "gap"
    package var run: String
    package var epoch: UInt64
    package var seq: UInt64
    /// Set when frames that already had a number were dropped: the first of them. The gap then stands for all frames from it to `seq`.
    package var firstSeq: UInt64?
    package var from: UInt64
    package var to: UInt64
    package var reason: GapReason

    /// The first frame that the gap stands for.
    package var firstCovered: UInt64 { firstSeq ?? seq }

    package enum CodingKeys: String, CodingKey {
        case run, epoch, seq, from, to, reason
        case firstSeq = "first_seq"
    }

    package init(run: String, epoch: UInt64, seq: UInt64, firstSeq: UInt64? = nil, from: UInt64, to: UInt64, reason: GapReason) {
        self.run = run
        self.epoch = epoch
        self.seq = seq
        self.firstSeq = firstSeq
        self.from = from
        self.to = to
        self.reason = reason
    }
}

/// Why ticks of a node are missing.
package enum GapReason: String, Codable, Sendable, CaseIterable {
    /// The agent was still busy with an earlier tick, or the host didn't schedule it in time.
    case overrun
    /// The agent had no room for more frames while the collector took none.
    case spoolFull = "spool_full"
    /// The agent was not in the run: it joined late, ended, or never came back.
    case away
    /// The agent's ticks went to another collector.
    case elsewhere
}

/// Agent → collector: the run is delivered; everything up to `seq` belongs to it or came before.
package struct Fin: WireMessage {
    package static let type = "fin"
    package var run: String
    package var epoch: UInt64
    package var seq: UInt64

    package init(run: String, epoch: UInt64, seq: UInt64) {
        self.run = run
        self.epoch = epoch
        self.seq = seq
    }
}

/// Collector → agent: everything up to `seq` is on disk.
package struct Ack: WireMessage {
    package static let type = "ack"
    package var epoch: UInt64
    package var seq: UInt64

    package init(epoch: UInt64, seq: UInt64) {
        self.epoch = epoch
        self.seq = seq
    }
}

/// Collector → agent: a frame is missing before the one that came; send again from `seq` on.
package struct Rewind: WireMessage {
    package static let type = "rewind"
    package var epoch: UInt64
    package var seq: UInt64

    package init(epoch: UInt64, seq: UInt64) {
        self.epoch = epoch
        self.seq = seq
    }
}

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

/// In both directions, before the connection closes: what was wrong.
package struct Refusal: WireMessage, Error, CustomStringConvertible {
    package static let type = "error"
    package var code: String
    package var message: String

    package init(code: String, message: String) {
        self.code = code
        self.message = message
    }

    package init(_ error: FrameError) { self.init(code: error.code, message: "refused \(error)") }

    package var description: String { "\(message) (\(code))" }
}
