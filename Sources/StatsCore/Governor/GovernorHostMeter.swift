/// Computes the host's load from the counters of two ticks.
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
    ///   - now: microseconds; the pressure is measured since the last call.
    ///   - memory: in bytes.
    package mutating func host(at now: Int64, memoryTotal: UInt64?, memoryAvailable: UInt64?, waits: Waits) -> GovernorHost {
        var host = GovernorHost()
        host.sampled = now
        host.memoryTotal = memoryTotal.map { Double($0) }
        host.memoryAvailable = memoryAvailable.map { Double($0) }
        if let before {
            let rates = Rates(microseconds: now &- before.at)
            host.cpuPressure = rates.percent(from: before.waits.cpu, to: waits.cpu).map { min(100, $0) }
            host.memoryPressure = rates.percent(from: before.waits.memory, to: waits.memory).map { min(100, $0) }
            host.ioPressure = rates.percent(from: before.waits.io, to: waits.io).map { min(100, $0) }
        }
        before = (waits, now)
        return host
    }
}
