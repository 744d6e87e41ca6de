/// How far an agent's clock is from the collector's, by NTP's four timestamps (RFC 5905, section 8) and a minimum-delay filter.
///
/// Of the last exchanges, the one with the shortest round trip counts: queues on the way only ever make a round trip longer. An exchange that
/// contradicts it discards all earlier ones.
package struct OffsetEstimator: Sendable {
    package struct Estimate: Sendable, Equatable {
        /// Collector's clock minus agent's clock, in the timestamps' unit.
        package let offset: Int64
        /// Half the round trip: the offset can't be further off than that.
        package let error: Int64
    }

    private var exchanges: [Estimate] = []
    private let window: Int

    package init(window: Int = 16) { self.window = window }

    /// Adds one exchange: sent at `t1` and answered at `t4` by the agent's clock, received at `t2` and sent back at `t3` by the collector's.
    ///
    /// An impossible exchange, such as one whose answer came before its question, is ignored.
    package mutating func note(t1: Int64, t2: Int64, t3: Int64, t4: Int64) {
        guard [t1, t2, t3, t4].allSatisfy(Timestamp.plausible.contains) else { return }
        let delay = (t4 - t1) - (t3 - t2)
        guard delay >= 0, t4 >= t1 else { return }
        let exchange = Estimate(offset: (t2 - t1 + t3 - t4) / 2, error: (delay + 1) / 2)
        // Both can't be true: a clock was set or stood still in between, as in a suspended machine, so the earlier exchanges are worthless.
        if let estimate, (exchange.offset - estimate.offset).magnitude > (exchange.error + estimate.error).magnitude {
            exchanges.removeAll()
        }
        if exchanges.count == window { exchanges.removeFirst() }
        exchanges.append(exchange)
    }

    /// The best of the last exchanges.
    package var estimate: Estimate? { exchanges.min { $0.error < $1.error } }
}
