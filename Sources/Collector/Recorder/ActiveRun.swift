import StatsCore

/// The run in progress: its state, its ledger and its files. Owned by the recorder.
final class ActiveRun {
    let path: RunPath
    let order: RunOrder
    let grid: Grid
    let directory: RunDirectory
    var life: RunLife
    private(set) var ledger: RunLedger
    var manifest: RunManifest
    /// Whether run.json on the disk is older than `manifest`.
    var isManifestStale = false
    /// Nodes whose account has changed since the last commit.
    private var movedNodes: Set<String> = []
    /// Nodes of which the manifest says something that is neither in run.json nor in a commit.
    private var newNodes: Set<String> = []
    /// Whether nothing is appended any more: all rows of the run are durable, and its files are being summed up.
    private(set) var isSealed = false
    /// Nodes that have been connected since the run was stopped by hand. The run waits for them even while they reconnect.
    private(set) var awaited: Set<String> = []
    /// Set when somebody has taken away what the run writes to.
    var lost: RunLost?
    /// The sums of the files, once they are known.
    var files: [String: RunManifest.File]?
    /// Callers who wait for the run to be closed.
    var closing: [CheckedContinuation<RunManifest, any Error>] = []

    /// The index of each node in the manifest.
    private var places: [String: Int]
    /// Of how many cores the manifest has the topology.
    private var keptCores: Int
    /// What the manifest keeps of its hosts.
    private var environments: RunEnvironments
    private var encoder = CSVEncoder()
    /// Nodes that have sent a thing's row twice in a tick.
    private var doubledNodes: Set<String> = []

    /// - Parameter environments: `nil` for what the manifest has.
    init(
        path: RunPath, order: RunOrder, life: RunLife, directory: RunDirectory, ledger: RunLedger, manifest: RunManifest,
        environments: RunEnvironments? = nil
    ) {
        self.path = path
        self.order = order
        grid = life.grid
        self.life = life
        self.directory = directory
        self.ledger = ledger
        self.manifest = manifest
        places = Dictionary(manifest.nodes.enumerated().map { ($1.node, $0) }, uniquingKeysWith: { first, _ in first })
        keptCores = manifest.nodes.reduce(0) { $0 + $1.cores }
        self.environments = environments ?? RunEnvironments(manifest.nodes)
    }

    /// For agents that have to stop, or that connect while the run is being stopped.
    var stopOrder: StopOrder? { life.stop.map { StopOrder(run: order.id, lastTick: $0.lastTick) } }

    // MARK: Nodes

    /// The most nodes of a run, and the most agents that are remembered for it.
    static let nodeLimit = 10_000
    static let agentLimit = 20_000
    /// The most cores, of all nodes together, whose topology is kept: it is the longest of what a node says of itself, and anybody may say much.
    static let coreLimit = 1 << 16

    func takesPart(_ node: String) -> Bool { ledger.accounts[node] != nil }

    /// Whether a further agent may join. A client could otherwise connect under a new name each time.
    func hasRoom(for hello: Hello) -> Bool {
        let agents = directory.committed.streams
        return (takesPart(hello.node) || ledger.accounts.count < Self.nodeLimit)
            && (agents[hello.agent] != nil || agents.count < Self.agentLimit)
    }

    /// The nodes that are connected when the run is stopped by hand.
    func waitFor(_ nodes: [String]) { awaited.formUnion(nodes.filter(takesPart)) }

    /// A node joins the run, or comes back, perhaps with another agent. The next commit says so: run.json is as long as the fleet is large, and
    /// nobody could afford to write it anew for each node.
    func join(_ hello: Hello) {
        ledger.join(hello.node)
        if life.stop != nil { awaited.insert(hello.node) }
        movedNodes.insert(hello.node)
        var entry = RunManifest.Node(hello: hello)
        let others = keptCores - (places[hello.node].map { manifest.nodes[$0].cores } ?? 0)
        if others + entry.cores > Self.coreLimit { entry.topology = nil }
        keptCores = others + entry.cores
        if let place = places[hello.node] {
            let known = manifest.nodes[place]
            manifest.nodes[place].takeOver(entry)
            guard manifest.nodes[place] != known else { return }
        } else {
            places[hello.node] = manifest.nodes.count
            manifest.nodes.append(entry)
        }
        newNodes.insert(hello.node)
    }

    /// A node's agent has told of its host. Of one that has joined the run, that is what it was when it joined.
    /// - Returns: what has changed since it was last told, as far as the run keeps it.
    func note(_ told: NodeEnvironment, of node: String, at now: Int64) -> [EnvironmentDifference] {
        guard let place = places[node] else { return [] }
        guard manifest.nodes[place].isDescribed else {
            environments.describe(&manifest.nodes[place], told)
            newNodes.insert(node)
            return []
        }
        let room = EnvironmentChange.most - (manifest.environmentChanges?.count ?? 0)
        let differences = Array(environments.changes(of: manifest.nodes[place], to: told.host).prefix(max(room, 0)))
        for difference in differences {
            manifest.note(EnvironmentChange(tick: grid.latest(at: now) ?? 0, node: node, what: difference.text))
            isManifestStale = true
        }
        return differences
    }

    func noteClock(_ clock: LiveNode.ClockReading?, of node: String) {
        guard let clock, let place = places[node] else { return }
        manifest.nodes[place].clockOffsetUs = clock.offset
        manifest.nodes[place].clockErrorUs = clock.error
    }

    /// From the newest tick on, the wall clock is this much (µs) ahead of the run's time.
    func note(wallClockAhead ahead: Int64, at now: Int64) -> RunManifest.WallClockStep {
        let step = RunManifest.WallClockStep(tick: grid.latest(at: now) ?? 0, aheadUs: ahead)
        manifest.note(step)
        isManifestStale = true
        return step
    }

    // MARK: Rows

    /// What event loops have to know to take the run's frames.
    var laneRun: LaneRun { LaneRun(id: order.id, life: life, columnCounts: directory.columnCounts) }

    /// Takes over the rows and missing ticks of a lane.
    func take(_ lane: borrowing LaneState, now: Int64, _ counters: RefusalCounters) {
        for (index, file) in directory.tables.enumerated() where lane.tables[index].count > 0 {
            file?.take(lane.tables[index].bytes, lane.tables[index].count)
        }
        directory.append(lane.holes, grid: grid)
        for doubled in lane.doubled { note(doubled, now: now, counters) }
        if let progressed = lane.progressed { life.noteProgress(at: progressed) }
    }

    /// Takes over what is known by now of a node that has delivered ticks or gaps.
    func take(_ account: RunLedger.Account, of node: String) {
        ledger.take(account, of: node)
        movedNodes.insert(node)
    }

    /// Rows were left out, since each thing has one row in a tick. The run says so, once for each node.
    private func note(_ doubled: LaneState.Doubled, now: Int64, _ counters: RefusalCounters) {
        guard doubledNodes.insert(doubled.node).inserted else { return }
        let message = "\(HumanUnits.count(doubled.rows, "row")) of tick \(doubled.tick) left out: a row of the same thing stood before"
        if !append(event: "row twice", message: message, node: doubled.node, now: now) { counters.count("event_dropped") }
    }

    /// Appends an event of the collector's own to event.csv.
    /// - Parameter tick: by default the newest that is due.
    /// - Returns: false when there is no room for it, because the disk has been full for long.
    func append(event kind: String, message: String, exitCode: Int64? = nil, node: String, now: Int64, tick: UInt64? = nil) -> Bool {
        guard directory.pendingBytes < Recorder.bufferBytes else { return false }
        var reading = EventReading()
        reading.kind = EncodedText(kind)
        reading.message = EncodedText(message)
        reading.exitCode = exitCode
        var row = RowWriter()
        row.begin()
        EventTable.visit(reading, &row)
        row.end()
        var rows = ByteWriter(capacity: 512)
        rows.append(UInt8(ascii: "["))
        rows.append(row.out.bytes)
        rows.append(UInt8(ascii: "]"))
        encoder.begin(time: now, tick: tick ?? grid.latest(at: now) ?? 0, node: node)
        guard let file = directory.tables[TableID.event.rawValue], let target = laneRun.target(.event, of: .identity) else {
            return false
        }
        let count = try? encoder.append(rows.bytes, rows: 0..<rows.count, as: target, to: &file.buffer)
        file.noteRows(count ?? 0)
        return true
    }

    // MARK: Commit and close

    var isPending: Bool { !movedNodes.isEmpty || directory.pendingBytes > 0 }

    /// Makes the waiting rows durable; see `RunDirectory.commit`.
    func commit(streams: [String: CommitRecord.Stream]) throws {
        var record = CommitRecord()
        record.streams = streams
        record.ticks = ledger.accounts.filter { movedNodes.contains($0.key) }
        for node in newNodes { record.nodes[node] = places[node].map { manifest.nodes[$0] } }
        try directory.commit(record)
        movedNodes.removeAll()
        newNodes.removeAll()
    }

    func writeManifest() throws {
        manifest.state = life.state
        manifest.lastTick = life.stop?.lastTick
        manifest.noteRemarks()
        try directory.write(manifest)
        isManifestStale = false
    }

    /// Records all ticks that are still missing; the next commit makes these rows durable. Repeating it changes nothing.
    func bookMissing() {
        guard let expected = life.stop?.expected else { return }
        let holes = ledger.close(expected: expected)
        directory.append(holes, grid: grid)
        for hole in holes { movedNodes.insert(hole.node) }
    }

    func seal() { isSealed = true }

    /// Writes the final manifest of the run, with its verdict.
    func close(files: [String: RunManifest.File], now: Int64) throws -> RunManifest {
        let closed = closedManifest(files: files, now: now)
        try directory.write(closed)
        return closed
    }

    /// The final manifest of a run that somebody has taken away, written if there is a directory for it.
    func closeLost(_ loss: RunLost, files: [String: RunManifest.File], now: Int64) -> RunManifest {
        // What was only in memory is gone, too.
        ledger = RunLedger(accounts: directory.committed.ticks)
        _ = ledger.close(expected: life.stop?.expected ?? 0)
        var files = files
        // `.commit` is none of the files that a verdict speaks of, and without a directory there are none.
        let isNamed = loss.file.map { files[$0] != nil } ?? false
        if let file = loss.file, files[file]?.fault == nil { files[file]?.fault = loss.fault }
        var closed = closedManifest(files: files, now: now)
        if !isNamed {
            closed.state = .incomplete
            closed.verdict = "incomplete: \(loss.what)"
        }
        if loss.file != nil { try? directory.write(closed) }
        return closed
    }

    private func closedManifest(files: [String: RunManifest.File], now: Int64) -> RunManifest {
        let expected = life.stop?.expected ?? 0
        let verdict = Verdict(accounts: ledger.accounts, expected: expected, files: files)
        var closed = manifest
        closed.state = verdict.isComplete ? .complete : .incomplete
        closed.verdict = verdict.sentence
        closed.lastTick = life.stop?.lastTick
        closed.ended = Timestamp.string(now)
        for index in closed.nodes.indices {
            let account = ledger.accounts[closed.nodes[index].node] ?? RunLedger.Account()
            closed.nodes[index].expected = expected
            closed.nodes[index].present = account.present
            closed.nodes[index].missing = account.missing
            closed.nodes[index].incompleteRows = account.incompleteRows
        }
        closed.files = files
        closed.noteRemarks()
        return closed
    }
}

extension RunManifest.Node {
    /// Of how many cores the topology is known.
    fileprivate var cores: Int { topology?.cpu.count ?? 0 }
}
