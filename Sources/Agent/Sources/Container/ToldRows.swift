import StatsCore

/// What the rows of a container have told.
struct ToldRows {
    /// Whether there is one.
    private(set) var hasRow = false
    /// When the reading of the last one was taken, monotonic nanoseconds.
    private var readAt: UInt64?
    /// Who read the counters of this run's rows.
    private var source: EncodedText?

    init() {}

    /// The rows of a container that goes on with another reader.
    init(continuing earlier: ToldRows) { source = earlier.source }

    /// Another row has been written.
    /// - Parameters:
    ///   - readAt: when its counters were read; `nil` where it has none.
    ///   - source: who read them.
    mutating func note(readAt: UInt64?, by source: EncodedText?) {
        hasRow = true
        self.readAt = readAt ?? self.readAt
        self.source = source ?? self.source
    }

    /// Whether a reading that was taken then is in no row.
    func lacks(readingAt instant: UInt64?) -> Bool { instant.map { read in readAt.map { $0 < read } ?? true } ?? false }

    /// Whether this run's rows have been of this reader, or there is none yet.
    func mayBe(by source: ReadingSource) -> Bool { self.source == nil || self.source == source.text }

    /// For another run, which may have another reader.
    mutating func forgetSource() { source = nil }
}
