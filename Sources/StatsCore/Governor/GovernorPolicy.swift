/// The governor's policy, as `PolicyReader` has read it from a file and checked it.
package struct GovernorPolicy: Sendable, Equatable {
    package enum Mode: String, Sendable, CaseIterable {
        /// Announces each action and does nothing.
        case dryRun = "dry-run"
        case enforce
    }

    package var name: String
    /// SHA-256 of the file's bytes, in hexadecimal.
    package var hash: String
    package var mode: Mode
    /// Containers are compared by their means over this time, in microseconds; 0 means by the newest reading.
    package var window: Int64
    /// The most actions of all groups together, in any sixty seconds.
    package var actionsPerMinute: Int
    /// By what a container may take itself out of this policy.
    package var exempt: Set<GovernorExemption> = Set(GovernorExemption.allCases)
    /// A container belongs to the first group that matches it.
    package var groups: [GovernorGroup]
}

/// Containers that are ranked together, and the action on all but some of them. Times are in microseconds.
package struct GovernorGroup: Sendable, Equatable {
    package var name: String
    package var match: GovernorMatch
    /// How many containers are kept: the last of the ranking.
    package var keep: Int
    /// The first key decides; where it is equal, the next one.
    package var order: [GovernorOrder]
    package var action: GovernorAction
    /// The time between rounds.
    package var period: Int64
    /// How long a container is left alone after it has started, or was seen for the first time.
    package var grace: Int64
    /// How long a container is left alone after something was done to it.
    package var cooldown: Int64
    package var onlyAbove: GovernorLoad
    /// Whether the group may act on tasks of a Swarm and on pods, although their orchestrator will replace them.
    package var isOrchestrated: Bool
}

/// One key of a ranking. The container that ranks first is acted on first.
package struct GovernorOrder: Sendable, Equatable {
    package var metric: GovernorMetric
    package var isAscending: Bool
}

/// An action on a container. Source of the calls: Docker Engine API v1.41, `/containers/{id}/…`.
package enum GovernorAction: Sendable, Equatable {
    case none
    /// SIGTERM (or the image's own signal), and after `timeout` seconds SIGKILL.
    case stop(timeout: Int)
    case kill(signal: String)
    case pause
    case restart(timeout: Int)
    /// New limits: cores, bytes.
    case update(cpus: Double?, memory: Int64?)

    package var name: String {
        switch self {
        case .none: "none"
        case .stop: "stop"
        case .kill: "kill"
        case .pause: "pause"
        case .restart: "restart"
        case .update: "update"
        }
    }

    /// Signals that a container may well survive.
    package static let harmlessSignals: Set<String> = ["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGCONT", "SIGSTOP", "SIGWINCH"]

    /// How long a container may take to end, in microseconds.
    var patience: Int64 {
        if case .stop(let timeout) = self { Int64(timeout) * 1_000_000 + 10_000_000 } else { 10_000_000 }
    }

    /// Whether the container no longer runs after this action.
    package var ends: Bool {
        switch self {
        case .kill(let signal): !Self.harmlessSignals.contains(signal)
        case .stop, .pause: true
        case .none, .restart, .update: false
        }
    }
}

/// A load of the host in percent, above which a group acts. One of several is enough; a group without any always acts.
package struct GovernorLoad: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// Memory that isn't available, as a share of all memory.
        case memory = "memory_percent"
        /// Time in which a task waited for a CPU (Documentation/accounting/psi.rst, `some`).
        case cpuPressure = "cpu_pressure"
        case memoryPressure = "memory_pressure"
        case ioPressure = "io_pressure"
    }

    package struct Limit: Sendable, Equatable {
        package var kind: Kind
        package var percent: Double
    }

    package var limits: [Limit] = []
}
