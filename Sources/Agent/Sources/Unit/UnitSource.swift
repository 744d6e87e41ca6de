import StatsCore

/// The host's units, those cgroups that are no container's and that `--units` names: reads them at every tick and writes the rows of `unit`.
///
/// Confined to one thread.
struct UnitSource: Source, ~Copyable {
    private let mount: CgroupMount?
    private let tree: UnitTree?
    private let ancestors: CgroupAncestors?
    private let processes: ProcessFacts
    private let hostMemory: UInt64?
    private var command: CommandTree?
    private let news: CgroupNews?
    private let watch: EndWatch?
    private var readers: [String: UnitReader] = [:]
    /// In the order of their paths.
    private var order: [String] = []
    /// Units that have ended since the last tick, and have a reading which no row tells.
    private var ended: [UnitReader] = []
    private var walkedAt: UInt64?
    /// Whether a unit was seen to have ended since the last walk: another may have been made in its place.
    private var hasEnded = false
    private var reclaim: ReclaimWatch
    private let readsAll: Bool
    private var buffer = ReadBuffer()
    private var tally = ReadTally()

    /// How long a walk holds where nobody tells of cgroups that are made or removed, in nanoseconds.
    private let walkInterval: UInt64
    /// The same where the kernel tells of them.
    private static let safeInterval: UInt64 = 15_000_000_000
    /// So many times as long as a walk took nobody tells of news: then walks take a tenth of the time at most.
    private static let rest: UInt64 = 9
    /// So many ends are told in one tick.
    private static let mostEnds = 5000

    /// - Parameters:
    ///   - command: one that has no cgroup of its own.
    ///   - news: tells of cgroups that are made and removed between ticks; it wakes this source.
    ///   - watch: reads units for the last time when they end; without one their last tick's row is their last.
    ///   - walkInterval: how long a walk holds where nobody tells of changes, in nanoseconds: it opens every directory.
    ///   - readsAll: whether everything is read at every tick, also what can't have changed.
    init(
        roots: KernelRoots, _ choice: UnitChoice, command: CommandTree? = nil, news: CgroupNews? = nil, watch: EndWatch? = nil,
        walkInterval: UInt64 = 5_000_000_000, readsAll: Bool = false
    ) {
        self.readsAll = readsAll
        reclaim = ReclaimWatch(roots: roots)
        self.command = command
        self.walkInterval = walkInterval
        mount = CgroupMount(roots: roots)
        tree = choice.isEmpty ? nil : mount.map { UnitTree($0, choice) }
        ancestors = mount.map { CgroupAncestors($0) }
        processes = ProcessFacts(roots: roots)
        hostMemory = roots.hostMemory
        self.news = news
        self.watch = watch
    }

    mutating func read(_ tick: TickContext, into rows: inout TickRows) {
        look(at: Clocks.monotonic())
        let isWhole = reclaim.hasReclaimed(&buffer, &tally) || readsAll
        for path in order {
            guard let reader = readers[path] else { continue }
            if reader.read(isWhole: isWhole, hostMemory: hostMemory, &buffer, &tally) {
                if let watch { reader.watch(by: watch, processes, &buffer, &tally) }
                rows.append(reader.row(at: tick.instant))
            } else {
                end(reader)
            }
        }
        // Of one that was made anew in its place there is a row already.
        for reader in ended where readers[reader.unit.path] == nil && reader.takeEnd(hostMemory: hostMemory, &buffer, &tally) {
            rows.append(reader.row(at: tick.instant))
        }
        ended.removeAll()
        if let row = command?.read(at: tick.instant, &buffer) { rows.append(row) }
        rows.readErrors &+= tally.errors
        tally.errors = 0
    }

    /// Finds a unit that was made just now, so that it has a row even if it ends before the next tick.
    mutating func wake() { look(at: Clocks.monotonic()) }

    private mutating func end(_ reader: UnitReader) {
        readers[reader.unit.path] = nil
        hasEnded = true
        if ended.count < Self.mostEnds { ended.append(reader) } else { tally.errors += 1 }
    }

    /// Walks the tree when it is due.
    private mutating func look(at now: UInt64) {
        guard let tree, let mount else { return }
        if let walkedAt {
            let age = now &- walkedAt
            let isDue = news?.tellsAll ?? false ? age >= Self.safeInterval : age >= walkInterval
            guard isDue || hasEnded || news?.hasSome ?? false else { return }
        }
        news?.forget()
        walkedAt = now
        // Followed before it is listed, so that what is made in it meanwhile is news.
        news?.isWhole = true
        let found = tree.walk { news?.follow($0) }
        if found.isIncomplete { tally.errors += 1 }
        take(found, mount)
        hasEnded = false
        news?.rest(for: (Clocks.monotonic() &- now) * Self.rest)
    }

    private mutating func take(_ found: UnitTree.Found, _ mount: CgroupMount) {
        let present = Set(found.units.map(\.path))
        // Of a walk that couldn't read a directory, only the readings say who has ended.
        for (path, reader) in readers where !present.contains(path) && !found.isIncomplete || !reader.stands { end(reader) }
        for unit in found.units {
            // One that is being made stands in some hierarchies only, and so does one that is being removed, whose files are kept.
            let location = mount.location(at: unit.path)
            guard !location.isEmpty, !(readers[unit.path]?.location.holds(location) ?? false) else { continue }
            let above = ancestors?.above(location, &buffer, &tally) ?? []
            let reader = UnitReader(unit, at: location, below: above, &tally)
            if let watch { reader.watch(by: watch, processes, &buffer, &tally) }
            readers[unit.path] = reader
        }
        order = readers.keys.sorted()
    }
}
