import StatsCore

/// What is known of a process that isn't listed any more.
struct ProcessPast {
    var reading: ProcessReading
    /// When it was read last, monotonic nanoseconds.
    var readAt: UInt64
    /// The same by the clock that stops in a suspend.
    var aliveAt: UInt64
    var isWanted: Bool?
    /// See `ProcessReader`.
    var movesChildren: Bool
    var exit: ProcessExit?

    /// Whether an exit with this one's pid is its own: another process would have begun later.
    /// An earlier one began before it; what an exit says of that is late, if anything.
    func isOf(_ exit: ProcessExit) -> Bool {
        exit.began <= aliveAt.saturatingAdding(Self.slack)
            && reading.stat.start.map { exit.start &+ 2 * ProcessExit.startGrain >= $0 } ?? true
    }

    /// How long a message may have waited, in nanoseconds. A pid comes round again only after many others.
    private static let slack: UInt64 = 500_000_000
}

/// Finds the last row of each process that ends: joins what the kernel told of its end with what a source knew of it.
///
/// Either may come first. What isn't listed any more waits for its exit up to the next tick; an exit waits at its reader until the process is gone, as a zombie stays.
struct LastRows {
    private let box: ExitBox?
    private var past: [UInt32: (process: ProcessPast, round: UInt64)] = [:]
    private var round: UInt64 = 0
    /// What this tick takes.
    private var exits = ExitBox.Exits()
    /// Exits of this tick that are of no known process.
    private(set) var strangers: [ProcessExit] = []
    private var ended: [ProcessPast] = []

    /// - Parameter box: `nil` where nobody tells of ends.
    init(_ box: ExitBox?) { self.box = box }

    /// How many of this tick have no last row; `nil` where nobody tells of ends.
    var leftOut: UInt64? { box == nil ? nil : exits.leftOut }

    /// Takes the exits up to the tick's instant.
    /// - Parameters:
    ///   - isFirst: whether the tick before was of another run, or of none.
    ///   - reader: of the process with that pid that was there at the tick before.
    mutating func take(_ tick: TickContext, isFirst: Bool, reader: (UInt32) -> ProcessReader?) {
        guard let box else { return }
        round += 1
        exits = box.take(until: tick.instant)
        if isFirst {
            // What ended between the tick before, outside this run, and the run's begin isn't the run's.
            exits.kept.removeAll { $0.ended < tick.instant.saturatingSubtracting(tick.interval) }
            exits.leftOut = 0
        }
        strangers.removeAll(keepingCapacity: true)
        for exit in exits.kept {
            if let reader = reader(exit.pid), reader.past.isOf(exit) {
                reader.exit = exit
            } else if var process = past[exit.pid]?.process, process.exit == nil, process.isOf(exit) {
                process.exit = exit
                past[exit.pid]?.process = process
                ended.append(process)
            } else {
                strangers.append(exit)
            }
        }
        // However short the interval, the message of an end may take some milliseconds.
        past = past.filter { $0.value.round + 1 >= round || tick.instant < $0.value.process.readAt.saturatingAdding(Self.longestWait) }
    }

    /// In nanoseconds.
    private static let longestWait: UInt64 = 1_000_000_000

    /// Takes processes that aren't listed any more.
    mutating func depart(_ processes: [ProcessPast]) {
        guard box != nil else { return }
        for process in processes {
            guard let pid = process.reading.stat.pid else { continue }
            past[UInt32(truncatingIfNeeded: pid)] = (process, round)
            if process.exit != nil { ended.append(process) }
        }
    }

    /// The processes that are gone and whose exits are known, each once.
    mutating func takeEnded() -> [ProcessPast] {
        defer { ended.removeAll(keepingCapacity: true) }
        return ended
    }

    /// A process of this tick or the one before that is gone.
    func past(_ pid: UInt32) -> ProcessPast? { past[pid]?.process }

    /// The pids above that of an exit, as far as they have ended as well; the nearest first.
    func ancestors(of exit: ProcessExit) -> [UInt32] {
        var found = [exit.ppid]
        while found.count < Self.mostAncestors, let next = exits.parents[found[found.count - 1]], !found.contains(next) {
            found.append(next)
        }
        return found
    }

    private static let mostAncestors = 32
}
