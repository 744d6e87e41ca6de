/// `run.json`: a run's settings, its nodes and its verdict. Also the answer to `POST /stop` and the entries of `GET /runs`.
package struct RunManifest: Codable, Sendable, Equatable {
    /// One node of a run.
    package struct Node: Codable, Sendable, Equatable {
        package var node: String
        package var agent: String
        package var addresses: [String]
        package var bootID: String?
        package var version: String
        package var kernel: String?
        package var cgroup: String?
        package var cpus: Int?
        package var memoryBytes: UInt64?
        package var privileged: Bool?
        /// Whether the host hid the processes of other users from the agent; absent when it didn't.
        package var processesHidden: Bool?
        /// How the host's cores belong together; absent where its agent is older or doesn't know.
        package var topology: CPUTopology?
        /// What the host was when the run began, or when the node joined it: all of it, or what differs from that of the node `environmentOf`.
        package var environment: HostEnvironment?
        package var environmentOf: String?
        /// How busy the host was then.
        package var activity: HostActivity?
        /// The containers that ran then; table `event` tells of later ones.
        package var containers: [ContainerSettings]?
        package var containersLeftOut: Int?
        package var clockOffsetUs: Int64?
        package var clockErrorUs: Int64?
        /// Set when the run is closed.
        package var expected: UInt64?
        package var present: UInt64?
        /// Missing ticks by reason (`overrun`, `spool_full`, `away`, `elsewhere`); empty when none is.
        package var missing: [String: UInt64]?
        /// In how many of the present ticks the rows of a source are missing; absent when there is no such tick.
        package var incompleteRows: [String: UInt64]?
        /// Of a merged run: ticks of its grid at which no part of it recorded the node, which `expected` doesn't count; absent when there is none.
        package var notRecorded: UInt64?

        package enum CodingKeys: String, CodingKey {
            case node, agent, addresses, version, kernel, cgroup, cpus, privileged, topology, expected, present, missing
            case environment, activity, containers
            case environmentOf = "environment_of"
            case containersLeftOut = "containers_left_out"
            case incompleteRows = "incomplete_rows"
            case notRecorded = "not_recorded"
            case bootID = "boot_id"
            case memoryBytes = "memory_bytes"
            case processesHidden = "processes_hidden"
            case clockOffsetUs = "clock_offset_us"
            case clockErrorUs = "clock_error_us"
        }

        package init(hello: Hello) {
            node = hello.node
            agent = hello.agent
            addresses = hello.addresses
            bootID = hello.bootID
            version = hello.version
            kernel = hello.kernel
            cgroup = hello.cgroup
            cpus = hello.cpus
            memoryBytes = hello.memoryBytes
            privileged = hello.privileged
            processesHidden = hello.processesHidden
            topology = hello.topology
        }
    }

    /// One CSV file of a closed run.
    package struct File: Codable, Sendable, Equatable {
        package var rows: UInt64
        package var bytes: UInt64
        package var sha256: String
        /// What was wrong with the file when the run was closed, in words that follow its name; absent when nothing was.
        package var fault: String?

        package init(rows: UInt64, bytes: UInt64, sha256: String, fault: String? = nil) {
            self.rows = rows
            self.bytes = bytes
            self.sha256 = sha256
            self.fault = fault
        }
    }

    /// The host's wall clock was set during the run, or the machine was paused: from a tick on, it is ahead of the run's time.
    package struct WallClockStep: Codable, Sendable, Equatable {
        package var tick: UInt64
        /// Below zero when the wall clock is behind.
        package var aheadUs: Int64

        package enum CodingKeys: String, CodingKey {
            case tick
            case aheadUs = "ahead_us"
        }

        package init(tick: UInt64, aheadUs: Int64) {
            self.tick = tick
            self.aheadUs = aheadUs
        }

        /// `From tick 12 on the collector's wall clock is 3600.000 s ahead of the run's time.`
        package var text: String {
            let milliseconds = aheadUs.magnitude / 1000
            let fraction = String(1000 + milliseconds % 1000).dropFirst()
            return "From tick \(tick) on the collector's wall clock is \(milliseconds / 1000).\(fraction) s "
                + "\(aheadUs < 0 ? "behind" : "ahead of") the run's time."
        }
    }

    /// The `format` that this version writes and understands.
    package static let currentFormat = 1

    package var format: Int
    package var id: String
    package var name: String
    package var state: RunState
    package var note: String?
    /// As given at the start; absent without any.
    package var labels: [String: String]?
    /// Of a run of `sonde record -- command`.
    package var command: RecordedCommand?
    /// Whether the run was closed without those who recorded it: `sonde record` was killed, or `sonde close` closed it; absent otherwise.
    package var abandoned: Bool?
    package var intervalUs: Int64
    package var t0: String
    package var t0Us: Int64
    /// As requested at the start; absent for a run that lasts until it is stopped.
    package var ticks: UInt64?
    /// The last tick, once the run is stopped.
    package var lastTick: UInt64?
    package var ended: String?
    package var collectorVersion: String
    package var nodes: [Node]
    package var files: [String: File]
    /// One sentence that explains the state to a person.
    package var verdict: String?
    /// When and by how much the wall clock parted from the run's time by more than a second; absent when it never did.
    package var wallClock: [WallClockStep]?
    /// What spoiled measurements before the run began; absent when nothing was found.
    package var warnings: [EnvironmentWarning]?
    /// In what its hosts differ from those of the run before it in its series; absent when there is none such, or nothing differs.
    package var environmentComparison: EnvironmentComparison?
    /// What has changed at its hosts since it began; absent when nothing has.
    package var environmentChanges: [EnvironmentChange]?
    /// The collectors that record the run together; absent when one does alone.
    package var group: RecordingGroup?
    /// True as long as the collector waits for the others of a group, and no agent knows the run; absent otherwise.
    package var isHeld: Bool?
    /// The runs that `sonde merge` made it of, in the order of their begins; absent of any other run.
    package var parts: [RunPart]?
    /// What `remarks` said when this was written, for a person who reads run.json; absent when it said nothing.
    package private(set) var said: [String]?

    package enum CodingKeys: String, CodingKey {
        case format, id, name, state, note, labels, command, abandoned, t0, ticks, ended, nodes, files, verdict
        case warnings, group, parts
        case isHeld = "held"
        case environmentComparison = "environment_comparison"
        case environmentChanges = "environment_changes"
        case intervalUs = "interval_us"
        case t0Us = "t0_us"
        case lastTick = "last_tick"
        case collectorVersion = "collector_version"
        case wallClock = "wall_clock"
        case said = "remarks"
    }

    package init(order: RunOrder, note: String?, labels: [String: String] = [:], collectorVersion: String, nodes: [Node]) {
        format = Self.currentFormat
        id = order.id
        name = order.name
        state = .armed
        self.note = note
        self.labels = labels.isEmpty ? nil : labels
        intervalUs = order.intervalUs
        t0Us = order.t0
        t0 = Timestamp.string(order.t0)
        ticks = order.ticks
        self.collectorVersion = collectorVersion
        self.nodes = nodes
        files = [:]
    }
}

extension RunManifest.Node {
    /// Takes over what the node says of itself later. What is known of its agent's clock stays as long as it is the same agent.
    package mutating func takeOver(_ later: Self) {
        let earlier = self
        self = later
        if !isDescribed { keepEnvironment(of: earlier) }
        guard earlier.agent == later.agent, later.clockOffsetUs == nil else { return }
        (clockOffsetUs, clockErrorUs) = (earlier.clockOffsetUs, earlier.clockErrorUs)
    }

    /// Whether its kernel writes a device's line into a version 1 block I/O file only for a throttled device, as Linux does since 6.10.
    package var tellsNoBlockIO: Bool {
        guard cgroup == "v1" || cgroup == "hybrid", let version = kernel?.split(separator: ".", maxSplits: 2), version.count >= 2,
            let major = Int(version[0]), let minor = Int(version[1].prefix { $0.isNumber })
        else { return false }
        return (major, minor) >= (6, 10)
    }
}

extension RunManifest {
    /// Moves the run to another grid, as it begins later than was thought.
    package mutating func put(on order: RunOrder) {
        t0Us = order.t0
        t0 = Timestamp.string(order.t0)
    }

    /// How far the wall clock was ahead of the run's time when that was last noted (µs).
    package var wallClockAheadUs: Int64 { wallClock?.last?.aheadUs ?? 0 }

    /// Appends a step of the wall clock. Of a clock that is set again and again, the first and the last steps are kept.
    package mutating func note(_ step: WallClockStep) {
        var steps = wallClock ?? []
        if steps.count >= 100 { steps.removeLast() }
        wallClock = steps + [step]
    }

    /// Takes over what commits say of nodes that have joined since run.json was written.
    package mutating func join(_ later: [String: Node]) {
        guard !later.isEmpty else { return }
        let known = nodes.indices.filter { later[nodes[$0].node] != nil }
        for place in known { later[nodes[place].node].map { nodes[place].takeOver($0) } }
        let new = Set(later.keys).subtracting(known.map { nodes[$0].node })
        nodes += new.sorted().compactMap { later[$0] }
    }

    /// What a reader of the run should know although no row is missing, as sentences.
    package var remarks: [String] {
        var remarks = (wallClock ?? []).map(\.text) + groupRemarks + partRemarks + environmentRemarks
        if abandoned == true {
            let rest = command.map { $0.hasEnded ? "" : " What its command used in all is not known." } ?? ""
            remarks.append("sonde record was killed, or couldn't close the run: it was closed where it was then.\(rest)")
        }
        if let hidden = Self.names(of: nodes.filter { $0.processesHidden == true }) {
            remarks.append("Processes of other users were hidden from the agent of \(hidden) (hidepid).")
        }
        if let blind = Self.names(of: nodes.filter(\.tellsNoBlockIO)) {
            remarks.append(
                "The kernel of \(blind) tells the block I/O of containers only for throttled devices (cgroup v1 since Linux 6.10): "
                    + "where the columns io_… are empty, it is not known.")
        }
        return remarks
    }

    /// Writes the remarks down.
    package mutating func noteRemarks() {
        let remarks = remarks
        said = remarks.isEmpty ? nil : remarks
    }

    /// - Returns: `nil` when there are none.
    private static func names(of nodes: [Node]) -> String? {
        guard !nodes.isEmpty else { return nil }
        let rest = nodes.count > 5 ? " and \(nodes.count - 5) more" : ""
        return nodes.prefix(5).map(\.node).joined(separator: ", ") + rest
    }

    /// The bytes of run.json.
    package func encoded() throws -> [UInt8] { try JSONCoding.encode(self, isPretty: true) + [UInt8(ascii: "\n")] }

    package init(decoding bytes: [UInt8]) throws(JSONMismatch) { self = try JSONCoding.decode(from: bytes) }

    /// The run's grid, by a manifest that anybody may have edited; `nil` when that is none.
    package var grid: Grid? {
        // Five centuries in microseconds: sums of such times fit in 64 bits.
        let times: ClosedRange<Int64> = 0...(500 * 366 * 86_400_000_000)
        let last = max(ticks ?? 0, lastTick ?? 0)
        guard Grid.intervals.contains(intervalUs), times.contains(t0Us), last < UInt64(times.upperBound / intervalUs) else { return nil }
        return Grid(t0: t0Us, interval: intervalUs, ticks: ticks)
    }
}
