/// Turns CPU time, of a container or a process, into percent of one core.
package struct CPURate: Sendable, Equatable {
    /// One reading of a CPU counter.
    package struct Sample: Sendable, Equatable {
        /// CPU time used so far, µs.
        package var cpu: UInt64
        /// When it was read: monotonic nanoseconds.
        package var instant: UInt64
        /// CPU time of the whole host including idle, ns; `nil` when the engine didn't give it.
        package var systemCPU: UInt64?
        package var onlineCPUs: Int?

        package init(cpu: UInt64, instant: UInt64, systemCPU: UInt64? = nil, onlineCPUs: Int? = nil) {
            self.cpu = cpu
            self.instant = instant
            self.systemCPU = systemCPU
            self.onlineCPUs = onlineCPUs
        }
    }

    /// What was used from `before` to `now`.
    ///
    /// With the engine's readings this is Docker's formula: the container's CPU time over the host's, times the cores. Without them it
    /// is CPU time over elapsed time. Both give the same quantity, as the host's CPU time is elapsed time × cores, but the host's CPU time
    /// has a grain of 10 ms.
    ///
    /// - Returns: `nil` when no time has passed, or when the counter went back because the container was restarted.
    package static func percent(from before: Sample, to now: Sample) -> Double? {
        if let system = Rates.growth(from: before.systemCPU, to: now.systemCPU), system > 0, let cores = now.onlineCPUs {
            return Rates.growth(from: before.cpu, to: now.cpu).map { Double($0) * 1000 / Double(system) * Double(cores) * 100 }
        }
        return Rates(nanosecondsFrom: before.instant, to: now.instant).percent(from: before.cpu, to: now.cpu)
    }

    /// The shortest time that a percentage may be of, in nanoseconds. What runs has its CPU time counted at the timer's beat, every 4 or 10 ms, and what is counted late
    /// weighs too much in a moment.
    package static let shortest: UInt64 = 40_000_000

    private var last: Sample?

    package init() {}

    /// The percentage since the last sample; `nil` for the first. A `nil` sample is ignored.
    package mutating func next(_ sample: Sample?) -> Double? {
        guard let sample else { return nil }
        defer { last = sample }
        return last.flatMap { Self.percent(from: $0, to: sample) }
    }
}
