import Glibc

/// The clocks that measurements use, all in nanoseconds.
enum Clock {
    static func monotonic() -> UInt64 { read(CLOCK_MONOTONIC) }

    /// Since 1970.
    static func wall() -> UInt64 { read(CLOCK_REALTIME) }

    /// Microseconds since 1970, as the wire has them.
    static func wallMicroseconds() -> Int64 { Int64(wall() / 1000) }

    /// CPU time of the calling thread.
    static func threadCPU() -> UInt64 { read(CLOCK_THREAD_CPUTIME_ID) }

    /// CPU time of all threads of a process, including ended ones, as the scheduler accounts it (not sampled by the timer).
    static func cpu(of pid: pid_t) throws -> UInt64 {
        var clock = clockid_t()
        let code = clock_getcpuclockid(pid, &clock)
        guard code == 0 else { throw BenchmarkError.system("no CPU clock of process \(pid)", code) }
        return read(clock)
    }

    private static func read(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    static let second: UInt64 = 1_000_000_000
    static let millisecond: UInt64 = 1_000_000
}
