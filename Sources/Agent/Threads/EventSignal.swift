import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Wakes a thread that waits for work or for an instant of the monotonic clock. `DispatchSemaphore` waits by the wall clock on Linux: if that
/// is set back by an hour, its thread sleeps an hour too long.
///
/// For one waiting thread. A signal without a waiter is kept; several may be merged into one, so the waiter checks again what it waits for.
final class EventSignal: Sendable {
    private struct State {
        var mutex = pthread_mutex_t()
        var condition = pthread_cond_t()
        var isSignalled = false
    }

    /// At a fixed address, as pthread's objects must not move; Swift has no lock that can wait by the monotonic clock.
    /// `unsafe` because the compiler can't see that the mutex inside guards every use, all of which are below.
    nonisolated(unsafe) private let state = UnsafeMutablePointer<State>.allocate(capacity: 1)

    init() {
        state.initialize(to: State())
        pthread_mutex_init(&state.pointee.mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(&state.pointee.condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(&state.pointee.condition)
        pthread_mutex_destroy(&state.pointee.mutex)
        state.deallocate()
    }

    func signal() {
        pthread_mutex_lock(&state.pointee.mutex)
        state.pointee.isSignalled = true
        pthread_cond_signal(&state.pointee.condition)
        pthread_mutex_unlock(&state.pointee.mutex)
    }

    /// Waits for a signal (true) or until `deadline`, in nanoseconds of `Clocks.monotonic` (false). pthread can't wait by a clock that counts sleep: on a
    /// host that sleeps meanwhile, the wait goes on for what was left of it.
    func wait(until deadline: UInt64?) -> Bool {
        pthread_mutex_lock(&state.pointee.mutex)
        defer { pthread_mutex_unlock(&state.pointee.mutex) }
        var limit = timespec()
        if let deadline {
            let now = Clocks.monotonic()
            let awake = Clocks.awake() + (deadline > now ? min(deadline - now, 1 << 60) : 0)
            limit = timespec(tv_sec: Int(awake / 1_000_000_000), tv_nsec: Int(awake % 1_000_000_000))
        }
        while !state.pointee.isSignalled {
            guard deadline != nil else {
                pthread_cond_wait(&state.pointee.condition, &state.pointee.mutex)
                continue
            }
            if pthread_cond_timedwait(&state.pointee.condition, &state.pointee.mutex, &limit) == ETIMEDOUT { break }
        }
        defer { state.pointee.isSignalled = false }
        return state.pointee.isSignalled
    }
}
