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
