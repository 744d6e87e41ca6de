#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How the CPU time of some work grows with its size, measured within one run of the tests: nothing is said of how fast a machine is.
package enum Growth {
    /// Work that grows with its size takes sixteen times as long for sixteen times the size; work that looks at all of it again for each part, far
    /// more than a hundred times. A machine that is busy with other things blurs this.
    package static let linearLimit = 48.0

    /// - Parameter work: of a size.
    /// - Returns: how many times as long it takes for sixteen times the size.
    package static func of<Result>(_ size: Int = 3000, _ work: (_ size: Int) -> Result) -> Double {
        // The quickest of several is the one that was disturbed least.
        func time(_ size: Int) -> Double {
            (0..<5).map { _ in
                let before = used()
                _ = work(size)
                return used() - before
            }.min() ?? 0
        }
        _ = work(size)
        let (small, large) = (time(size), time(16 * size))
        return large / small
    }

    /// CPU time of this thread, which what else the machine does is not in.
    private static func used() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }
}
