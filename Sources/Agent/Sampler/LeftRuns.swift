import StatsCore

/// Runs that an agent has left for another collector before it read anything there.
///
/// The collector that was left is told at the first tick that is read for another one, and not sooner: an agent that comes back before then still reads that tick for it.
struct LeftRuns {
    /// What the collector of a run is to be told.
    struct Word: Equatable {
        let place: Int
        let run: String
        /// The tick from which on another collector has all; `nil` when there is none any more.
        let tick: UInt64?
    }

    private var words: [Word] = []

    /// The agent leaves this run of the collector at `place`.
    mutating func leave(_ progress: RunProgress, of place: Int) {
        comeBack(to: place)
        words.append(Word(place: place, run: progress.run.id, tick: progress.leaving))
    }

    /// The agent is in a run of this collector again, be it the same or a later one.
    mutating func comeBack(to place: Int) { words.removeAll { $0.place == place } }

    /// A tick is about to be read for the collector whose run the agent is in now, or there will be none.
    /// - Returns: what the collectors of the runs that were left are told.
    mutating func settle() -> [Word] {
        if words.isEmpty { return [] }
        defer { words = [] }
        return words
    }
}
