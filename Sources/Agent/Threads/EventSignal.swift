import Dispatch

/// Wakes a plain thread that waits for work or for an instant on the monotonic clock, which no change of the wall clock can bend.
///
/// One waiter. A signal that comes while nobody waits is kept; several may be taken as one or as several, so a waiter looks for
/// what it waits for again.
final class EventSignal: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func signal() { semaphore.signal() }

    /// Waits until it is signalled (true) or until `deadline`, in nanoseconds of CLOCK_MONOTONIC, has come (false).
    func wait(until deadline: UInt64?) -> Bool {
        semaphore.wait(timeout: deadline.map { DispatchTime(uptimeNanoseconds: $0) } ?? .distantFuture) == .success
    }
}
