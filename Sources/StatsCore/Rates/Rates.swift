/// The time between two readings, and what counters that grew in it say of it: `(earlier, later, elapsed) → rate`.
///
/// What can go wrong with every counter is handled here and nowhere else:
/// - A reading that is absent makes no rate.
/// - A counter that went back began anew, as its container or device did: how much it grew is not known.
/// - Time that did not pass, or that went backwards, makes no rate.
package struct Rates: Sendable, Equatable {
    private let nanoseconds: Double

    /// - Parameter microseconds: from the earlier reading to the later one.
    package init(microseconds: Int64) { nanoseconds = Double(microseconds) * 1000 }

    /// Between two instants of one monotonic clock, in nanoseconds.
    package init(nanosecondsFrom earlier: UInt64, to later: UInt64) { nanoseconds = later > earlier ? Double(later - earlier) : 0 }

    /// Whether no time passed, so that there is no rate.
    package var isEmpty: Bool { nanoseconds <= 0 }

    /// Per second, of what grew or changed by so much.
    package func perSecond(_ growth: Double?) -> Double? {
        guard let growth, growth.isFinite, !isEmpty else { return nil }
        return growth * 1e9 / nanoseconds
    }

    package func perSecond(from earlier: UInt64?, to later: UInt64?) -> Double? {
        perSecond(Self.growth(from: earlier, to: later).map { Double($0) })
    }

    /// Of a counter of microseconds: its share of the time, 100 being all of it (of CPU time: one core).
    package func percent(from earlier: UInt64?, to later: UInt64?) -> Double? {
        guard let growth = Self.growth(from: earlier, to: later), !isEmpty else { return nil }
        return Double(growth) * 1000 / nanoseconds * 100
    }

    package static func growth(from earlier: UInt64?, to later: UInt64?) -> UInt64? {
        guard let earlier, let later, later >= earlier else { return nil }
        return later - earlier
    }

    /// Of a counter that was read from a file as a decimal; not a number stands for an absent reading.
    package static func growth(from earlier: Double, to later: Double) -> Double? {
        // Not a number is not above or equal to anything.
        later >= earlier ? later - earlier : nil
    }

    /// For a total over many readings, where what came behind a new beginning counts too: a counter that went back grew from zero.
    package static func growthOverRestarts(from earlier: UInt64, to later: UInt64) -> UInt64 { growth(from: earlier, to: later) ?? later }

    /// The growth of a part over that of the whole, in percent; 0 when the whole did not grow.
    package static func share(_ part: UInt64?, of whole: UInt64?) -> Double? {
        guard let part, let whole else { return nil }
        return whole > 0 ? Double(part) / Double(whole) * 100 : 0
    }
}
