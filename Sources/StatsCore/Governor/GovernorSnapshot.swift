/// The governor's input: a host at one tick. Instants are microseconds of the same clock that `Governor.decide` gets.
package struct GovernorSnapshot: Sendable {
    /// The time between ticks.
    package var interval: Int64
    package var host: GovernorHost
    package var containers: [GovernorContainer]
    /// They are never acted on: a decision only says which of them stand in front of the container that is chosen.
    package var units: [GovernorUnit]

    package init(
        interval: Int64, host: GovernorHost = GovernorHost(), containers: [GovernorContainer] = [], units: [GovernorUnit] = []
    ) {
        (self.interval, self.host, self.containers, self.units) = (interval, host, containers, units)
    }

    /// Whether a reading is at most two ticks old.
    func isFresh(_ sampled: Int64?, at now: Int64) -> Bool {
        guard let sampled else { return false }
        let (age, isAbsurd) = now.subtractingReportingOverflow(sampled)
        return !isAbsurd && age.magnitude <= UInt64(clamping: interval) * 2
    }
}

/// The host's load. `nil` is "not measured".
package struct GovernorHost: Sendable, Equatable {
    package var sampled: Int64?
    package var memoryTotal: Double?
    package var memoryAvailable: Double?
    /// Percent of the time since the last tick.
    package var cpuPressure: Double?
    package var memoryPressure: Double?
    package var ioPressure: Double?

    package init() {}

    func percent(_ kind: GovernorLoad.Kind) -> Double? {
        switch kind {
        case .memory:
            guard let memoryTotal, let memoryAvailable, memoryTotal > 0 else { return nil }
            return (memoryTotal - memoryAvailable) / memoryTotal * 100
        case .cpuPressure: return cpuPressure
        case .memoryPressure: return memoryPressure
        case .ioPressure: return ioPressure
        }
    }
}

package struct GovernorUnit: Sendable, Equatable {
    package var name: String
    /// The path of its cgroup.
    package var cgroup: String
    package var sampled: Int64?
    /// A unit has only CPU time and memory.
    package var values: GovernorValues

    package init(name: String, cgroup: String, sampled: Int64?, values: GovernorValues) {
        (self.name, self.cgroup, self.sampled, self.values) = (name, cgroup, sampled, values)
    }
}

package struct GovernorContainer: Sendable {
    package var id: String
    package var facts: GovernorFacts
    /// The engine's word; the governor only acts on containers that are `running`.
    package var state: String?
    /// When it was started, in microseconds since 1970. Only used to order containers by age and to notice a restart.
    package var started: Int64?
    /// Whether it is the agent's own container.
    package var isOwn: Bool
    /// When it was measured.
    package var sampled: Int64?
    package var values: GovernorValues

    package init(
        id: String, facts: GovernorFacts, state: String?, started: Int64? = nil, isOwn: Bool = false, sampled: Int64? = nil,
        values: GovernorValues = GovernorValues()
    ) {
        (self.id, self.facts, self.state, self.started) = (id, facts, state, started)
        (self.isOwn, self.sampled, self.values) = (isOwn, sampled, values)
    }
}
