import StatsCore

/// The containers and their processes: reads them at every tick and writes the rows of `container`, `process` and `event`.
///
/// Confined to one thread. The list of containers comes from the `ContainerIndex`, which the engine's watcher fills; their counters
/// from the engine's answers on the `StatsBoard` or from their cgroups; their processes always from their cgroups.
struct ContainerSource: Source, ~Copyable {
    private let roots: KernelRoots
    private let mode: ContainerMode
    private let index: ContainerIndex
    private let board: StatsBoard?
    private let hostMemory: UInt64?
    private let choice: ProcessChoice
    private var announcer: ProcessAnnouncer
    private var roster: ContainerRoster
    private var buffer = ReadBuffer()
    private var tally = ReadTally()
    private var run: String?
    private var eventsLost: UInt64 = 0
    private var boardFailures: UInt64 = 0

    /// The engine makes a new reading about once a second; for shorter intervals the cgroups are read. Nanoseconds.
    fileprivate static let engineInterval: UInt64 = 1_000_000_000

    init(
        roots: KernelRoots, mode: ContainerMode, index: ContainerIndex, board: StatsBoard?,
        processes choice: ProcessChoice = ProcessChoice(),
        files: BlockingFiles = BlockingFiles()
    ) {
        self.roots = roots
        self.mode = mode
        self.index = index
        self.board = board
        self.choice = choice
        announcer = ProcessAnnouncer(files: files, match: choice.match)
        roster = ContainerRoster(
            finder: ContainerFinder(roots: roots), census: ProcessCensus(proc: roots.proc), files: files, users: UserNames(roots: roots),
            index: index,
            mayWalk: mode != .docker,
            expectsEngine: board != nil)
        hostMemory = roots.hostMemory
    }

    mutating func read(_ tick: TickContext, into rows: inout TickRows) {
        guard mode != .off else { return }
        // Before the list is read: the engine may have answered for a container that has ended since.
        if let board { takeAnswers(board, onlyFirst: true) }
        follow(at: tick.instant)
        if tick.run != run {
            run = tick.run
            if run != nil { roster.readers.forEach { $0.processes?.forgetAnnouncements() } }
            roster.readers.forEach { $0.forgetReader() }
        }
        writeEvents(&rows)
        for reading in roster.takeFarewells(at: tick.instant) { rows.append(reading) }

        if asksEngine(tick.interval), let board {
            board.request(ids: roster.ids)
            readProcesses(tick, &rows)
            board.waitUntilAnswered(deadline: tick.deadline)
            takeAnswers(board, onlyFirst: false)
            for container in roster.readers {
                if container.isOther || !mayRead(container, by: .docker) {
                    writeCgroupRow(container, tick, &rows)
                } else {
                    writeEngineRow(container, tick, &rows)
                }
            }
        } else {
            for container in roster.readers { writeCgroupRow(container, tick, &rows) }
            readProcesses(tick, &rows)
        }
        rows.readErrors &+= tally.errors
        tally.errors = 0
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
            guard let processes = container.processes else { continue }
            var own = ReadTally()
            processes.read(hostMemory: hostMemory, &buffer, &own) { _ in }
            own.isGone = false
            tally.add(own)
        }
        if mode == .docker { board?.request(ids: roster.ids) }
    }

    private mutating func follow(at instant: UInt64) {
        roster.census?.take(&buffer)
        roster.follow(at: instant, proc: roots.proc, &buffer, &tally)
    }

    private func asksEngine(_ interval: UInt64) -> Bool {
        switch mode {
        case .docker: board != nil
        case .auto: board != nil && index.engine == .available && interval >= Self.engineInterval
        case .cgroup, .off: false
        }
    }

    private mutating func takeAnswers(_ board: StatsBoard, onlyFirst: Bool) {
        for container in roster.readers where (!onlyFirst || !container.hasReading) && mayRead(container, by: .docker) {
            if let answer = board.reading(for: container.id) { container.take(answer, hostMemory: hostMemory, &buffer, &tally) }
        }
    }

    private mutating func readCgroup(_ container: ContainerReader) -> Bool {
        container.readCgroup(proc: roots.proc, hostMemory: hostMemory, &buffer, &tally)
    }

    /// Whether a container's counters may be read by this reader: within a run it changes only where both count the same.
    private func mayRead(_ container: ContainerReader, by source: ReadingSource) -> Bool {
        mode != .auto || container.isOther || container.mayBeRead(by: source) || index.engineCountsAsKernel
    }

    /// An answer that is three intervals old isn't used: the cgroups have a newer one, and in `docker` mode the cells stay empty.
    private mutating func writeEngineRow(_ container: ContainerReader, _ tick: TickContext, _ rows: inout TickRows) {
        guard !container.hasEnded else { return }
        if container.isStale(at: tick) {
            let isRead = mode == .auto && mayRead(container, by: .cgroup) && readCgroup(container)
            guard !container.hasEnded else { return }
            if !isRead { container.dropCounters() }
        }
        rows.append(container.row(at: tick.instant))
    }

    private mutating func writeCgroupRow(_ container: ContainerReader, _ tick: TickContext, _ rows: inout TickRows) {
        if !mayRead(container, by: .cgroup) || !readCgroup(container) {
            // The container has ended, and the roster writes its last reading once. A container without a cgroup only has the engine's facts.
            guard !container.hasEnded else { return }
            container.dropCounters()
        }
        rows.append(container.row(at: tick.instant))
    }

    private mutating func readProcesses(_ tick: TickContext, _ rows: inout TickRows) {
        if choice.scope == .none { return }
        announcer.forgetLeftOut()
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
        rows.processesLeftOut = announcer.leftOut
    }

    private mutating func writeEvents(_ rows: inout TickRows) {
        for event in index.takeEvents() { rows.append(EventReading(event)) }
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
