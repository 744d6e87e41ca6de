import Synchronization

/// How many frames and connections were refused or ignored since the start, by reason.
final class RefusalCounters: Sendable {
    private let counts = Mutex<[String: UInt64]>([:])
    /// How many reasons are counted under their own names: peers name some of them. Further ones are counted under one name.
    private static let limit = 64

    func count(_ reason: String, by amount: UInt64 = 1) {
        counts.withLock { counts in
            let key = counts[reason] != nil || counts.count < Self.limit ? reason : "other"
            // A peer may claim, again and again, to have lost 2^64 frames.
            let (sum, overflow) = counts[key, default: 0].addingReportingOverflow(amount)
            counts[key] = overflow ? .max : sum
        }
    }

    var all: [String: UInt64] { counts.withLock { $0 } }
}
