#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Wakes a plain thread that waits for work or for an instant on the monotonic clock, which no change of the wall clock can bend:
/// `DispatchSemaphore` waits by the wall clock on Linux, so that one set back by an hour would make a thread sleep for that hour.
///
/// One waiter. A signal that comes while nobody waits is kept; several may be taken as one, so a waiter looks for what it waits for again.
final class EventSignal: Sendable {
    private struct State {
        var mutex = pthread_mutex_t()
        var condition = pthread_cond_t()
        var isSignalled = false
    }

    /// At an address of its own, where the waiting thread and the kernel look for it: pthread's objects must not move, and Swift has none that wait by
    /// the monotonic clock. `unsafe` as the compiler can't see that its own mutex guards every use of it, all of which are below.
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

    /// Waits until it is signalled (true) or until `deadline`, in nanoseconds of CLOCK_MONOTONIC, has come (false).
    func wait(until deadline: UInt64?) -> Bool {
        pthread_mutex_lock(&state.pointee.mutex)
        defer { pthread_mutex_unlock(&state.pointee.mutex) }
        var limit = timespec()
        if let deadline { limit = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000)) }
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
