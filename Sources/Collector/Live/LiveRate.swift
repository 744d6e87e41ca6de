/// What two readings of a counter say about the time between them.
struct LiveRate {
    /// From the older reading to the newer one, in microseconds.
    let elapsed: Int64

    /// Per second; `nil` when either is absent, when the counter began again, and without time in between.
    func perSecond(_ new: UInt64?, _ old: UInt64?) -> Double? {
        guard let new, let old, new >= old, elapsed > 0 else { return nil }
        return Double(new - old) * 1_000_000 / Double(elapsed)
    }

    /// Of a counter of microseconds: its share of the time, 100 being all of it.
    func percent(_ new: UInt64?, _ old: UInt64?) -> Double? { perSecond(new, old).map { $0 / 10_000 } }
}

extension Double {
    /// To tenths, so that what hardly moves counts as unchanged.
    var tenths: Double { (self * 10).rounded() / 10 }

    /// To whole KiB, of bytes.
    var wholeKiB: Double { (self / 1024).rounded() * 1024 }
}
