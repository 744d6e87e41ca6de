/// When the counters of a row were read, and in which life of their instance. Two of them tell whether the second row has something new.
///
/// Instants are microseconds of one clock.
package struct SampleMark: Sendable, Equatable {
    /// What lies between two rows of one instance.
    package enum Step: Sendable, Equatable {
        /// The later row tells the same reading again: whatever was derived from it still holds, and the next reading is compared with the earlier row's.
        case repeated
        /// The instance was started anew: its counters begin at zero, and what lies before is another's.
        case anew
        case rates(Rates)
    }

    /// The row's tick.
    private(set) package var tick: Int64
    /// When the reading was taken.
    package let sampled: Int64
    /// The row's `started_us`; `nil` where nobody says it.
    private(set) package var started: UInt64?

    /// - Parameter age: the row's `sample_age_us`; 0 for a table whose readings have none.
    package init(tick: Int64, age: Double?, started: UInt64? = nil) {
        self.tick = tick
        // Whatever an agent or a file says; a day is more than an age can be.
        let age = age.map { $0.isNaN ? 0 : $0 } ?? 0
        sampled = tick &- Int64(max(-86_400e6, min(86_400e6, age)))
        self.started = started
    }

    package func step(since earlier: SampleMark) -> Step {
        if let started, let before = earlier.started, started != before { return .anew }
        let moved = sampled &- earlier.sampled
        return Self.isRepeated(moved: moved, over: tick &- earlier.tick) ? .repeated : .rates(Rates(microseconds: moved))
    }

    /// Whether it is one reading that two rows tell, although the second says another instant.
    ///
    /// The instant of a reading is told by its age at the tick. The tick is the collector's, whose clock is known to some hundred microseconds, and a
    /// little better from one tick to the next. So a reading that is told twice moves by as much. One that moved by less than a tenth of the
    /// time between its ticks is the same: engines make a reading a second, and a cgroup is read at each tick.
    package static func isRepeated(moved: Int64, over ticks: Int64) -> Bool {
        moved == 0 || moved.magnitude < UInt64(max(0, ticks)) / 10
    }

    /// The mark of a reading that was told again at a later tick.
    package func repeated(at later: SampleMark) -> SampleMark {
        var mark = self
        mark.tick = later.tick
        return mark
    }

    /// The mark with the start that an earlier row of the instance told, where its own row tells none.
    package func knowingStart(of earlier: SampleMark) -> SampleMark {
        var mark = self
        mark.started = started ?? earlier.started
        return mark
    }
}
