import StatsCore

/// The containers and their processes: reads them at every tick and writes the rows of `container`, `process` and `event`.
///
/// Confined to one thread. The list of containers comes from the `ContainerIndex`, which the engine's watcher fills; their counters
/// from their cgroups or from the engine's answers on the `StatsBoard`; their processes always from their cgroups.
struct ContainerSource: Source, ~Copyable {
    private let roots: KernelRoots
    private let mode: ContainerMode
    private let index: ContainerIndex
    private let board: StatsBoard?
    private let hostMemory: UInt64?
    private let choice: ProcessChoice
    private var announcer: ProcessAnnouncer
    private var lastRows: LastRows
    private let users: UserNames
    private let names: NameReader?
    private var roster: ContainerRoster
    private var reclaim: ReclaimWatch
    private let readsAll: Bool
    /// Whether at this tick also what of a cgroup can't have changed is read.
    private var isWhole = true
    private var buffer = ReadBuffer()
    private var tally = ReadTally()
    private var telling = Telling()
    private var eventsLost: UInt64 = 0
    private var boardFailures: UInt64 = 0
    /// What is known of the engine during one reading.
    private var engine = (answers: false, countsAsKernel: true)
    /// The containers that the engine is asked for, and when it was asked last.
    private var asked: [String] = []
    private var askedAt: UInt64?

    /// The engine makes a new reading about once a second. Nanoseconds.
    fileprivate static let engineInterval: UInt64 = 1_000_000_000

    /// - Parameters:
    ///   - names: reads the names of containers that no engine tells of; without it they have none.
    ///   - exits: processes that have ended; without it their last tick's row is their last.
    ///   - watch: reads containers for the last time when they end; without one their last tick's row is their last.
    ///   - readsAll: whether everything of a cgroup is read at every tick, also what can't have changed.
    init(
        roots: KernelRoots, mode: ContainerMode, index: ContainerIndex, board: StatsBoard?, names: NameReader? = nil,
        processes choice: ProcessChoice = ProcessChoice(), files: BlockingFiles = BlockingFiles(), watch: EndWatch? = nil,
        exits: ExitBox? = nil, readsAll: Bool = false
    ) {
        self.readsAll = readsAll
        reclaim = ReclaimWatch(roots: roots)
        self.roots = roots
        self.names = names
        self.mode = mode
        self.index = index
        self.board = board
        self.choice = choice
        announcer = ProcessAnnouncer(roots, files: files, choice)
        lastRows = LastRows(exits)
        let users = UserNames(roots: roots)
        self.users = users
        hostMemory = roots.hostMemory
        roster = ContainerRoster(
            finder: ContainerFinder(roots: roots), census: ProcessCensus(proc: roots.proc), files: files, users: users,
            index: index, names: names, watch: watch, hostMemory: hostMemory, mayWalk: mode != .docker, expectsEngine: board != nil)
    }

    mutating func read(_ tick: TickContext, into rows: inout TickRows) {
        guard mode != .off else { return }
        isWhole = reclaim.hasReclaimed(&buffer, &tally) || readsAll
        // Before the list is read: the engine may have answered for a container that has ended since.
        if let board { takeAnswers(board, onlyFirst: true) }
        // Before the list, too: the last row of a container must not come behind the event of its end, where it would look like another start.
        let events = index.takeEvents()
        follow(at: tick.instant)
        engine = (board != nil && (mode == .docker || index.engine == .available), index.engineCountsAsKernel)
        let (isAnew, isOtherRun) = telling.follow(tick)
        if isAnew { roster.readers.forEach { $0.processes?.forgetAnnouncements() } }
        if isOtherRun {
            roster.readers.forEach { $0.forgetReader() }
            announcer.forgetLastRows()
        }
        write(events, &rows)
        for reading in roster.takeLastReadings(at: tick.instant) { rows.append(reading) }

        // The kernel's counters are read at once and together, and meanwhile the engine answers for the other containers.
        let isAsked = askEngine(tick)
        for container in roster.readers where !usesEngine(container) { writeCgroupRow(container, tick, &rows) }
        readProcesses(tick, isFirst: isOtherRun, &rows)
        if let board {
            if isAsked { board.waitUntilAnswered(deadline: tick.deadline) }
            takeAnswers(board, onlyFirst: false)
        }
        for container in roster.readers where usesEngine(container) { writeEngineRow(container, tick, &rows) }
        rows.readErrors &+= tally.errors
        tally.errors = 0
        if let names { rows.readErrors &+= names.takeFailures() }
        if let board {
            let failures = board.failures
            rows.readErrors &+= failures - boardFailures
            boardFailures = failures
        }
    }

    /// Reads a container that has just started, so that the first tick has a reading to compare with. The container then also gets a
    /// row if it ends before that tick.
    mutating func wake() {
        guard mode != .off else { return }
        follow(at: Clocks.monotonic())
        let fresh = roster.readers.filter { !$0.hasReading && !$0.hasRow && !$0.hasEnded }
        guard !fresh.isEmpty else { return }
        for container in fresh {
            if mode != .docker { _ = readCgroup(container) }
            guard choice.scope.takesContainers, let processes = container.processes else { continue }
            var own = ReadTally()
            processes.read(hostMemory: hostMemory, &buffer, &own) { _ in }
            own.isGone = false
            tally.add(own)
        }
        engine.answers = board != nil && (mode == .docker || index.engine == .available)
        // Those that run are asked for at the ticks, once a second at most.
        let new = fresh.filter { usesEngine($0) }.map(\.id)
        if let board, !new.isEmpty {
            asked += new
            board.request(more: new)
        }
    }

    private mutating func follow(at instant: UInt64) {
        roster.census?.take(&buffer)
        roster.follow(at: instant, proc: roots.proc, &buffer, &tally)
    }

    /// Whether the engine tells a container's counters: with `docker` always, with `auto` where its cgroup can't be read.
    private func usesEngine(_ container: ContainerReader) -> Bool {
        switch mode {
        case .docker: engine.answers && !container.isOther
        case .auto: engine.answers && !container.isOther && !(container.isReadable && mayReadCgroup(container))
        case .cgroup, .off: false
        }
    }

    /// Asks for the counters of those containers that the engine has to tell; of most hosts these are none, and the engine has nothing to do.
    ///
    /// - Returns: whether it was asked.
    private mutating func askEngine(_ tick: TickContext) -> Bool {
        if mode == .auto, tick.interval < Self.engineInterval, let askedAt, tick.instant &- askedAt < Self.engineInterval { return false }
        askedAt = tick.instant
        return request()
    }

    private mutating func request() -> Bool {
        let wasAsked = !asked.isEmpty
        asked.removeAll(keepingCapacity: true)
        for container in roster.readers where usesEngine(container) { asked.append(container.id) }
        // None any more: the board forgets those before.
        guard let board, wasAsked || !asked.isEmpty else { return false }
        board.request(ids: asked)
        return true
    }

    private mutating func takeAnswers(_ board: StatsBoard, onlyFirst: Bool) {
        for container in roster.readers where (!onlyFirst || !container.hasReading) && usesEngine(container) {
            if let answer = board.reading(for: container.id) { container.take(answer, hostMemory: hostMemory, &buffer, &tally) }
        }
    }

    private mutating func readCgroup(_ container: ContainerReader) -> Bool {
        container.readCgroup(isWhole: isWhole, proc: roots.proc, hostMemory: hostMemory, &buffer, &tally)
    }

    /// Whether a container's counters may be read from its cgroup: within a run the reader changes only where both count the same. It does where the engine had a
    /// container before its cgroup was found.
    private func mayReadCgroup(_ container: ContainerReader) -> Bool {
        mode != .auto || container.isOther || container.mayBeRead(by: .cgroup) || engine.countsAsKernel
    }

    /// An answer that is three intervals old isn't used: the cells stay empty.
    private mutating func writeEngineRow(_ container: ContainerReader, _ tick: TickContext, _ rows: inout TickRows) {
        if writeLastRow(container, tick, &rows) { return }
        if container.isStale(at: tick) { container.dropCounters() }
        rows.append(container.row(at: tick.instant))
    }

    /// - Returns: whether the container has ended. Its last reading is in this row, or in an earlier one; the engine tells of the end now, or with the next tick.
    private mutating func writeLastRow(_ container: ContainerReader, _ tick: TickContext, _ rows: inout TickRows) -> Bool {
        guard container.isOver(&buffer, &tally) else { return false }
        if container.takeEnd(countsAsKernel: engine.countsAsKernel, hostMemory: hostMemory, &buffer, &tally) {
            rows.append(container.row(at: tick.instant))
        }
        return true
    }

    private mutating func writeCgroupRow(_ container: ContainerReader, _ tick: TickContext, _ rows: inout TickRows) {
        if writeLastRow(container, tick, &rows) { return }
        if !mayReadCgroup(container) || !readCgroup(container) {
            // Its cgroup may have been removed just now. A container without a cgroup only has the engine's facts.
            if writeLastRow(container, tick, &rows) { return }
            // The reading has shown that its cgroup tells nothing. The engine does.
            if usesEngine(container) { return }
            container.dropCounters()
        }
        rows.append(container.row(at: tick.instant))
    }

    private mutating func readProcesses(_ tick: TickContext, isFirst: Bool, _ rows: inout TickRows) {
        guard choice.scope.takesContainers else { return }
        announcer.forgetLeftOut()
        lastRows.depart(takeDeparted())
        // Looked up only for exits: on most hosts few processes end between two ticks.
        var owners: [UInt32: Owner]?
        lastRows.take(tick, isFirst: isFirst) { [roster] pid in
            if owners == nil { owners = Self.owners(roster) }
            return owners?[pid]?.process
        }
        for container in roster.readers where !container.hasEnded {
            guard let processes = container.processes else { continue }
            var own = ReadTally()
            let (id, name) = (container.reading.containerID, container.reading.container)
            processes.read(hostMemory: hostMemory, &buffer, &own) { process in
                process.name(containerID: id, container: name)
                announcer.take(process, &rows)
            }
            if own.isGone { container.hasEnded = true }
            own.isGone = false
            tally.add(own)
        }
        announcer.announce(tick, &rows, &tally)
        takeLastRows(tick)
        // The host's own source counts those that have none.
        announcer.writeLastRows(tick, leftOut: lastRows.leftOut.map { _ in 0 }, &rows)
        rows.processesLeftOut = announcer.leftOut
    }

    /// A process that is read, and its container.
    private struct Owner {
        var process: ProcessReader
        var container: ContainerReader
    }

    private static func owners(_ roster: ContainerRoster) -> [UInt32: Owner] {
        var owners: [UInt32: Owner] = [:]
        for container in roster.readers {
            container.processes?.forEachReader { process in
                if let pid = process.reading.stat.pid {
                    owners[UInt32(truncatingIfNeeded: pid)] = Owner(process: process, container: container)
                }
            }
        }
        return owners
    }

    private mutating func takeDeparted() -> [ProcessPast] {
        roster.takeDeparted() + roster.readers.flatMap { $0.takeDepartedProcesses() }
    }

    /// What nobody has seen alive is its parent's container's, if that is known.
    private mutating func takeLastRows(_ tick: TickContext) {
        lastRows.depart(takeDeparted())
        for process in lastRows.takeEnded() { announcer.takeLast(process, tick) }
        if lastRows.strangers.isEmpty { return }
        let owners = Self.owners(roster)
        for exit in lastRows.strangers {
            if let process = owners[exit.pid]?.process {
                // It came and ended since the tick before, and nobody has waited for it yet.
                if process.past.isOf(exit) { process.exit = exit }
                continue
            }
            var reading = ProcessReading()
            for pid in lastRows.ancestors(of: exit) {
                let parent = owners[pid]?.container.reading
                (reading.containerID, reading.container) = (parent?.containerID, parent?.container)
                if parent == nil, let past = lastRows.past(pid)?.reading {
                    (reading.containerID, reading.container) = (past.containerID, past.container)
                }
                if reading.containerID != nil { break }
            }
            guard reading.containerID != nil else { continue }
            reading.user = users.name(of: UInt64(exit.thread.uid))
            announcer.takeLast(exit, of: reading, isWanted: nil, over: tick.interval)
        }
    }

    private mutating func write(_ events: [ContainerEvent], _ rows: inout TickRows) {
        for event in events { rows.append(EventReading(event)) }
        let lost = index.droppedEvents
        rows.readErrors &+= lost - eventsLost
        eventsLost = lost
    }
}

extension ContainerReader {
    /// Whether its counters are older than three intervals (or than three of the engine's own intervals, where those are longer), or
    /// absent.
    fileprivate func isStale(at tick: TickContext) -> Bool {
        age(at: tick.instant).map { $0 > 3 * max(tick.interval, ContainerSource.engineInterval) } ?? true
    }
}

extension EventReading {
    init(_ event: ContainerEvent) {
        self.init()
        kind = EncodedText(event.kind)
        containerID = event.containerID.map { EncodedText($0) }
        container = event.container.map { EncodedText($0) }
        pid = event.pid
        exitCode = event.exitCode
        message = event.message.map { EncodedText($0) }
        detail = event.detail.map { EncodedText($0) }
    }
}
