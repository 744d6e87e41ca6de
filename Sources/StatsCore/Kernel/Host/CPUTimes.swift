/// How processor time was spent since boot: one `cpu` line of /proc/stat, in microseconds.
///
/// `user` includes `guest`, and `nice` includes `guestNice` (proc_stat(5)). Old kernels give fewer columns.
package struct CPUTimes: Sendable, Equatable {
    package var user: UInt64?
    package var nice: UInt64?
    package var system: UInt64?
    package var idle: UInt64?
    package var iowait: UInt64?
    package var irq: UInt64?
    package var softirq: UInt64?
    package var steal: UInt64?
    package var guest: UInt64?
    package var guestNice: UInt64?

    package init() {}

    /// Reads the columns behind the line's name.
    init(_ line: inout ByteCursor) {
        user = KernelUnits.microseconds(ticks: line.wholeDecimal())
        nice = KernelUnits.microseconds(ticks: line.wholeDecimal())
        system = KernelUnits.microseconds(ticks: line.wholeDecimal())
        idle = KernelUnits.microseconds(ticks: line.wholeDecimal())
        iowait = KernelUnits.microseconds(ticks: line.wholeDecimal())
        irq = KernelUnits.microseconds(ticks: line.wholeDecimal())
        softirq = KernelUnits.microseconds(ticks: line.wholeDecimal())
        steal = KernelUnits.microseconds(ticks: line.wholeDecimal())
        guest = KernelUnits.microseconds(ticks: line.wholeDecimal())
        guestNice = KernelUnits.microseconds(ticks: line.wholeDecimal())
    }

    /// The share of time that was not idle since `previous`, 0…100 (100: every core was busy all the time).
    ///
    /// Busy is everything but `idle` and `iowait`; guests are in `user` already. `nil` when one of the two readings lacks the basic
    /// columns or when no clock tick has passed. The kernel counts in clock ticks of mostly 10 ms, so over short intervals
    /// this is coarse. A column that went backwards, as `iowait`, `idle` and on some hypervisors `steal` do, counts as unchanged; but when `user` or
    /// `system` did, all of them began anew, and nothing is known.
    package func busyPercent(since previous: CPUTimes) -> Double? {
        guard Rates.growth(from: previous.user, to: user) != nil, Rates.growth(from: previous.system, to: system) != nil else { return nil }
        guard previous.idle != nil, idle != nil else { return nil }
        let busy =
            Self.growth(user, previous.user) + Self.growth(nice, previous.nice) + Self.growth(system, previous.system)
            + Self.growth(irq, previous.irq) + Self.growth(softirq, previous.softirq) + Self.growth(steal, previous.steal)
        let total = busy + Self.growth(idle, previous.idle) + Self.growth(iowait, previous.iowait)
        return total > 0 ? busy / total * 100 : nil
    }

    /// The share of time that the hypervisor gave to others since `previous`, 0…100; `nil` as for `busyPercent`.
    package func stealPercent(since previous: CPUTimes) -> Double? {
        guard Rates.growth(from: previous.user, to: user) != nil, let stolen = Rates.growth(from: previous.steal, to: steal) else {
            return nil
        }
        let total = [
            (user, previous.user), (nice, previous.nice), (system, previous.system), (idle, previous.idle), (iowait, previous.iowait),
            (irq, previous.irq), (softirq, previous.softirq), (steal, previous.steal),
        ].reduce(0) { $0 + Self.growth($1.0, $1.1) }
        return total > 0 ? Double(stolen) / total * 100 : nil
    }

    /// None of it is spent yet.
    package static var atBoot: CPUTimes {
        var times = CPUTimes()
        (times.user, times.nice, times.system, times.idle) = (0, 0, 0, 0)
        (times.iowait, times.irq, times.softirq, times.steal) = (0, 0, 0, 0)
        return times
    }

    private static func growth(_ now: UInt64?, _ before: UInt64?) -> Double {
        Double(Rates.growth(from: before, to: now) ?? 0)
    }
}
