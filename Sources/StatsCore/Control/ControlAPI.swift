/// The JSON answers of the control port (HTTP 9880), as the collector writes them and the CLI reads them. docs/CONTROL.md describes the routes.

/// Headers of answers that are Sonde's own.
package enum ControlHeader {
    /// Of `GET /containers`: how many containers it leaves out.
    package static let leftOut = "Sonde-Left-Out"
}

/// `GET /instances`.
package struct InstancesReport: Codable, Sendable, Equatable {
    /// All instances of all nodes. An operating system, a container and a process each count as one.
    package var instances: UInt64
    package var nodes: [NodeReport]

    package init(instances: UInt64, nodes: [NodeReport]) {
        self.instances = instances
        self.nodes = nodes
    }
}

/// One node that is connected, or that takes part in the active run.
package struct NodeReport: Codable, Sendable, Equatable {
    package var node: String
    package var agent: String
    /// As kubemon names it: `OSMonitor_<address>_<node>`.
    package var monitor: String
    package var address: String
    package var isConnected: Bool
    package var containers: UInt64
    package var processes: UInt64
    package var version: String
    package var kernel: String?
    package var cgroup: String?
    package var privileged: Bool?
    /// Whether the host hides the processes of other users from the agent; absent when it doesn't.
    package var processesHidden: Bool?
    /// Rows of the newest tick that aren't shown, by table, as there is no room for them; absent when all are.
    package var leftOut: [String: UInt64]?
    package var clockOffsetUs: Int64?
    package var clockErrorUs: Int64?
    /// Since the last tick came, live or of a run.
    package var lastTickAgeMs: Int64?
    /// Durable ticks of the active run.
    package var ticks: UInt64?
    /// Missing ticks of the active run by reason: `overrun`, `spool_full`, `away`, `elsewhere`; empty when none is missing.
    package var missing: [String: UInt64]?
    /// Frames that the agent keeps until they are acknowledged; absent when the agent doesn't report them.
    package var backlogFrames: UInt64?
    package var backlogBytes: UInt64?

    package enum CodingKeys: String, CodingKey {
        case node, agent, monitor, address, containers, processes, version, kernel, cgroup, privileged, ticks, missing
        case isConnected = "connected"
        case processesHidden = "processes_hidden"
        case leftOut = "left_out"
        case clockOffsetUs = "clock_offset_us"
        case clockErrorUs = "clock_error_us"
        case lastTickAgeMs = "last_tick_age_ms"
        case backlogFrames = "backlog_frames"
        case backlogBytes = "backlog_bytes"
    }

    package var instances: UInt64 { containers.saturatingAdding(processes).saturatingAdding(isConnected ? 1 : 0) }

    package init(
        node: String, agent: String, monitor: String, address: String, isConnected: Bool, containers: UInt64, processes: UInt64,
        version: String, kernel: String? = nil, cgroup: String? = nil, privileged: Bool? = nil, processesHidden: Bool? = nil,
        clockOffsetUs: Int64? = nil, clockErrorUs: Int64? = nil, lastTickAgeMs: Int64? = nil, ticks: UInt64? = nil,
        missing: [String: UInt64]? = nil,
        backlogFrames: UInt64? = nil, backlogBytes: UInt64? = nil
    ) {
        self.node = node
        self.agent = agent
        self.monitor = monitor
        self.address = address
        self.isConnected = isConnected
        self.containers = containers
        self.processes = processes
        self.version = version
        self.kernel = kernel
        self.cgroup = cgroup
        self.privileged = privileged
        self.processesHidden = processesHidden
        self.clockOffsetUs = clockOffsetUs
        self.clockErrorUs = clockErrorUs
        self.lastTickAgeMs = lastTickAgeMs
        self.ticks = ticks
        self.missing = missing
        self.backlogFrames = backlogFrames
        self.backlogBytes = backlogBytes
    }
}

/// The state of a run. `complete` and `incomplete` are the two final ones.
package enum RunState: String, Codable, Sendable {
    /// All nodes know the grid; tick 0 is still to come.
    case armed
    case recording
    /// No new ticks; frames that are under way are still written.
    case stopping
    case complete
    case incomplete

    package var isActive: Bool { self == .armed || self == .recording || self == .stopping }
}

/// A run in progress, as `GET /status` and `POST /start` show it.
package struct RunReport: Codable, Sendable, Equatable {
    package var id: String
    package var name: String
    package var state: RunState
    package var intervalUs: Int64
    /// RFC 3339, UTC.
    package var t0: String
    package var elapsedUs: Int64
    package var durationUs: Int64?
    package var note: String?
    /// Absent without any.
    package var labels: [String: String]?
    /// Ticks that are due so far.
    package var ticksDue: UInt64
    /// Durable rows by table.
    package var rows: [String: UInt64]
    package var lastCommitAgeMs: Int64?
    package var directory: String
    /// In the answer to `POST /start`: nodes whose agents weren't ready within ten seconds, so that they may miss the first ticks.
    package var notReady: [String]?
    /// How far the collector's wall clock is ahead of the run's time; absent when they never parted by more than a second.
    package var wallClockAheadUs: Int64?
    /// What spoiled measurements before the run began; absent when nothing was found.
    package var warnings: [EnvironmentWarning]?
    /// In what its hosts differ from those of the run before it in its series; absent when there is none such, or nothing differs.
    package var environmentComparison: EnvironmentComparison?
    /// The collectors that record the run together; absent when this one does alone.
    package var group: RecordingGroup?

    package enum CodingKeys: String, CodingKey {
        case id, name, state, t0, note, labels, rows, directory, warnings, group
        case environmentComparison = "environment_comparison"
        case notReady = "not_ready"
        case wallClockAheadUs = "wall_clock_ahead_us"
        case intervalUs = "interval_us"
        case elapsedUs = "elapsed_us"
        case durationUs = "duration_us"
        case ticksDue = "ticks_due"
        case lastCommitAgeMs = "last_commit_age_ms"
    }

    package init(
        id: String, name: String, state: RunState, intervalUs: Int64, t0: String, elapsedUs: Int64, durationUs: Int64?, note: String?,
        ticksDue: UInt64, rows: [String: UInt64], lastCommitAgeMs: Int64?, directory: String
    ) {
        self.id = id
        self.name = name
        self.state = state
        self.intervalUs = intervalUs
        self.t0 = t0
        self.elapsedUs = elapsedUs
        self.durationUs = durationUs
        self.note = note
        self.ticksDue = ticksDue
        self.rows = rows
        self.lastCommitAgeMs = lastCommitAgeMs
        self.directory = directory
    }
}

/// `GET /status`.
package struct StatusReport: Codable, Sendable, Equatable {
    package struct Collector: Codable, Sendable, Equatable {
        package var version: String
        package var uptimeS: Int64
        package var listen: String
        package var control: String
        package var data: String
        package var diskFreeBytes: UInt64?
        /// True when a port that other machines can reach asks for neither a token nor a certificate; absent otherwise.
        package var insecure: Bool?
        /// Why nothing is being committed at present, such as a full disk; absent when all is well.
        package var blocked: String?
        /// Since rows were last made durable; absent until then.
        package var lastCommitAgeMs: Int64?
        /// Missing ticks by reason, of all runs since the collector started.
        package var missingTicks: [String: UInt64]
        /// Frames that were refused or ignored since the collector started, by reason.
        package var refused: [String: UInt64]

        package enum CodingKeys: String, CodingKey {
            case version, listen, control, data, insecure, blocked, refused
            case uptimeS = "uptime_s"
            case diskFreeBytes = "disk_free_bytes"
            case lastCommitAgeMs = "last_commit_age_ms"
            case missingTicks = "missing_ticks"
        }

        package init(
            version: String, uptimeS: Int64, listen: String, control: String, data: String, diskFreeBytes: UInt64?,
            insecure: Bool? = nil, blocked: String?,
            lastCommitAgeMs: Int64?, missingTicks: [String: UInt64], refused: [String: UInt64]
        ) {
            self.version = version
            self.uptimeS = uptimeS
            self.listen = listen
            self.control = control
            self.data = data
            self.diskFreeBytes = diskFreeBytes
            self.insecure = insecure
            self.blocked = blocked
            self.lastCommitAgeMs = lastCommitAgeMs
            self.missingTicks = missingTicks
            self.refused = refused
        }
    }

    package var collector: Collector
    /// The active run; absent when none is.
    package var run: RunReport?
    /// What would spoil measurements at the connected nodes, where no run is active; absent when nothing is found.
    package var warnings: [EnvironmentWarning]?
    /// Where ticks are sent besides; absent when nowhere.
    package var remoteWrite: [RemoteWriteReport]?
    package var nodes: [NodeReport]

    package enum CodingKeys: String, CodingKey {
        case collector, run, warnings, nodes
        case remoteWrite = "remote_write"
    }

    package init(collector: Collector, run: RunReport?, nodes: [NodeReport]) {
        self.collector = collector
        self.run = run
        self.nodes = nodes
    }
}

/// `POST /mark/<label>`: the row of event.csv that was written.
package struct MarkReport: Codable, Sendable, Equatable {
    package var label: String
    /// The newest tick that was due; 0 before the first.
    package var tick: UInt64

    package init(label: String, tick: UInt64) {
        self.label = label
        self.tick = tick
    }
}

/// Any answer that is not 2xx.
package struct ControlFailure: Codable, Sendable, Equatable, Error, CustomStringConvertible {
    /// Stable, for scripts; docs/CONTROL.md lists them.
    package var code: String
    /// What happened, to what, and what to do about it.
    package var message: String

    package init(code: String, message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
