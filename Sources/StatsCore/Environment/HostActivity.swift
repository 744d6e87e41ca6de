/// How busy a host was when its environment was told, which is before a run begins.
package struct HostActivity: Codable, Sendable, Equatable {
    /// Tasks running or blocked, averaged over a minute.
    package var load1: Double?
    /// Time not idle since the reading before, at most a minute ago, of all cores' time (0 to 100); absent where there is none from a second ago or longer.
    package var cpuPercent: Double?
    /// Time that the hypervisor gave to others, of all time since the reading before; since boot where there is none.
    package var stealPercent: Double?
    package var swapUsedBytes: UInt64?

    package enum CodingKeys: String, CodingKey {
        case load1
        case cpuPercent = "cpu_percent"
        case stealPercent = "steal_percent"
        case swapUsedBytes = "swap_used_bytes"
    }

    package init(load1: Double? = nil, cpuPercent: Double? = nil, stealPercent: Double? = nil, swapUsedBytes: UInt64? = nil) {
        self.load1 = load1
        self.cpuPercent = cpuPercent
        self.stealPercent = stealPercent
        self.swapUsedBytes = swapUsedBytes
    }

    /// From two readings of `/proc/stat`.
    ///
    /// - Parameter earlier: `nil` for a first reading, and for one that is not long ago: over a moment it would say what this program itself did.
    package init(load: LoadAverage, memory: MemInfo, times: CPUTimes, since earlier: CPUTimes?) {
        load1 = load.one
        if let total = memory[.swapTotal], let free = memory[.swapFree], free <= total { swapUsedBytes = total - free }
        cpuPercent = earlier.flatMap { times.busyPercent(since: $0) }.map(Self.rounded)
        stealPercent = times.stealPercent(since: earlier ?? .atBoot).map(Self.rounded)
    }

    /// To hundredths: the kernel's clock ticks tell no more.
    private static func rounded(_ percent: Double) -> Double { (percent * 100).rounded() / 100 }
}
