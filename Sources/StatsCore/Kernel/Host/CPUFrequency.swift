/// `/sys/devices/system/cpu/cpu<N>/cpufreq/scaling_cur_freq`: a core's clock as its driver last knew it
/// (Documentation/admin-guide/pm/cpufreq.rst). Virtual machines mostly lack it.
///
///     2400000
package struct CPUFrequency: Sendable, Equatable {
    package private(set) var hertz: UInt64?

    package init() {}

    package init(parsing bytes: RawSpan) {
        var cursor = ByteCursor(bytes.completeLines)
        hertz = KernelUnits.scaled(cursor.wholeDecimal(), by: 1000)
    }
}
