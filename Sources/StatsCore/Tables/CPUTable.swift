/// One core's readings.
package struct CPUReading: Sendable {
    package var number: UInt64?
    package var times = CPUTimes()
    package var frequency = CPUFrequency()

    package init() {}

    package init(core: ProcStat.Core, frequency: CPUFrequency) {
        number = core.number
        times = core.times
        self.frequency = frequency
    }
}

/// The table `cpu`: a row per online core.
package enum CPUTable {
    package static func visit<V: ColumnVisitor & ~Copyable>(_ reading: borrowing CPUReading, _ v: inout V) {
        v.identity("cpu", reading.number, unit: "number", "/proc/stat cpuN", "The core's number")
        let t = reading.times
        v.counter("cpu_user_us", t.user, "/proc/stat cpuN user", "Time in user mode, guests included")
        v.counter("cpu_nice_us", t.nice, "/proc/stat cpuN nice", "Time in user mode at low priority, guests included")
        v.counter("cpu_system_us", t.system, "/proc/stat cpuN system", "Time in kernel mode")
        v.counter("cpu_idle_us", t.idle, "/proc/stat cpuN idle", "Time idle")
        v.counter("cpu_iowait_us", t.iowait, "/proc/stat cpuN iowait", "Time idle while a disk was waited for; may go backwards")
        v.counter("cpu_irq_us", t.irq, "/proc/stat cpuN irq", "Time in interrupts")
        v.counter("cpu_softirq_us", t.softirq, "/proc/stat cpuN softirq", "Time in soft interrupts")
        v.counter("cpu_steal_us", t.steal, "/proc/stat cpuN steal", "Time that the hypervisor gave to others")
        v.counter("cpu_guest_us", t.guest, "/proc/stat cpuN guest", "Time in guests of this host")
        v.counter("cpu_guest_nice_us", t.guestNice, "/proc/stat cpuN guest_nice", "Time in guests at low priority")
        v.gauge("frequency_hz", reading.frequency.hertz, "/sys/devices/system/cpu/cpuN/cpufreq/scaling_cur_freq", "The core's clock")
    }
}

extension TickRows {
    /// Appends a row of `cpu` for each core. `frequencies` are by core number; cores without one have an empty cell.
    package mutating func append(cores stat: borrowing ProcStat, frequencies: [CPUFrequency] = []) {
        for core in stat.cores {
            let isKnown = core.number < frequencies.count
            let reading = CPUReading(core: core, frequency: isKnown ? frequencies[Int(core.number)] : CPUFrequency())
            row(.cpu) { CPUTable.visit(reading, &$0) }
        }
    }
}
