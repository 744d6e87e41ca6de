#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The clocks of a host, as clock_gettime(2) gives them.
package enum Clocks {
    /// Nanoseconds since the host's start, those included that it slept (CLOCK_BOOTTIME). Nobody can set it, so schedules and durations use it;
    /// and as it counts sleep, ticks that a suspended host slept through are missed instead of being shifted.
    package static func monotonic() -> UInt64 { read(CLOCK_BOOTTIME) }

    /// The same without the time that the host slept (CLOCK_MONOTONIC), by which pthread's objects wait.
    package static func awake() -> UInt64 { read(CLOCK_MONOTONIC) }

    /// The same in microseconds, which is what durations on the wire are in.
    package static func monotonicMicroseconds() -> Int64 { Int64(monotonic() / 1000) }

    /// Nanoseconds since 1970 (CLOCK_REALTIME). An administrator may set it, so it only serves to show a time to a person.
    package static func wall() -> Int64 { Int64(bitPattern: read(CLOCK_REALTIME)) }

    /// CPU time that this process has used, in nanoseconds.
    package static func processCPU() -> UInt64 { read(CLOCK_PROCESS_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    }
}
