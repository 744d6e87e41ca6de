/// Makes the host's load of the counters of two ticks.
package struct GovernorHostMeter: Sendable {
    /// Microseconds in which some task waited, since boot, as the columns `psi_…_some_us` have them.
    package struct Waits: Sendable {
        package var cpu: UInt64?
        package var memory: UInt64?
        package var io: UInt64?

        package init(cpu: UInt64? = nil, memory: UInt64? = nil, io: UInt64? = nil) { (self.cpu, self.memory, self.io) = (cpu, memory, io) }
    }

    private var before: (waits: Waits, at: Int64)?

    package init() {}

    /// - Parameters:
    ///   - now: microseconds; the pressure is that since the call before.
    ///   - memory: in bytes.
    package mutating func host(at now: Int64, memoryTotal: UInt64?, memoryAvailable: UInt64?, waits: Waits) -> GovernorHost {
        var host = GovernorHost()
        host.sampled = now
        host.memoryTotal = memoryTotal.map { Double($0) }
        host.memoryAvailable = memoryAvailable.map { Double($0) }
        if let before, now > before.at {
            let elapsed = Double(now - before.at)
            func percent(_ value: UInt64?, _ earlier: UInt64?) -> Double? {
                guard let value, let earlier, value >= earlier else { return nil }
                return min(100, Double(value - earlier) / elapsed * 100)
            }
            host.cpuPressure = percent(waits.cpu, before.waits.cpu)
            host.memoryPressure = percent(waits.memory, before.waits.memory)
            host.ioPressure = percent(waits.io, before.waits.io)
        }
        before = (waits, now)
        return host
    }
}
