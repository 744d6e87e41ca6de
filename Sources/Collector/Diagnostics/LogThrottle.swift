import StatsCore
import Synchronization

/// Lets a line of each kind into the log once a second: whoever can cause a line could otherwise fill the disk.
final class LogThrottle: Sendable {
    private struct Kind {
        var last: Int64
        var held: UInt64 = 0
    }

    /// Kinds come from the collector's own refusal codes; this only bounds them.
    private static let limit = 256
    private static let period: Int64 = 1_000_000

    private let kinds = Mutex<[String: Kind]>([:])

    /// - Parameter now: microseconds of a clock that nobody sets.
    /// - Returns: how many lines of that kind were held back since the last one; `nil` when this one is held back, too.
    func admit(_ kind: String, at now: Int64 = Clocks.monotonicMicroseconds()) -> UInt64? {
        kinds.withLock { kinds in
            let key = kinds[kind] != nil || kinds.count < Self.limit ? kind : "other"
            if let known = kinds[key], now - known.last < Self.period {
                kinds[key]?.held += 1
                return nil
            }
            defer { kinds[key] = Kind(last: now) }
            return kinds[key]?.held ?? 0
        }
    }
}
