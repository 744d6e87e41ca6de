import StatsCore

/// Writes the rows of processes that somebody wants, and tells of each new one once in a run, with its command line.
///
/// Command lines are read aside (`BlockingFiles`), since that may block. With `--match`, a process whose name doesn't match is wanted or not as soon as its
/// command line is known: nearly always within the tick that sees it first.
struct ProcessAnnouncer: ~Copyable {
    private let files: BlockingFiles
    private let match: [ProcessPattern]
    /// Whether no command line is told.
    private let hidesAll: Bool
    /// Of `sonde record` and of those that have started it: the command's words are among theirs. Empty where they may be told.
    private let secretive: Set<UInt64>
    private var fresh: [ProcessReader] = []
    /// Those of this tick that nobody wants, or of which that isn't known yet.
    private(set) var leftOut: UInt64 = 0
    /// Last rows that no tick has yet, each with the number of its exit, and how many processes have none.
    private var due: [(reading: ProcessReading, exit: UInt64)] = []
    private var exitsLeftOut: UInt64 = 0

    /// The most bytes of process events in one tick; further processes wait for the next. On a host with thousands of processes their
    /// command lines would make the first tick larger than a frame may be.
    private static let announcedBytes = 1 << 19
    /// How many command lines are read at a time.
    private static let askedAtOnce = 32

    init(_ roots: KernelRoots, files: BlockingFiles, _ choice: ProcessChoice) {
        self.files = files
        match = choice.match
        hidesAll = choice.hidesArguments
        secretive = choice.command.map { $0.keepsArguments ? [] : Self.ancestors(roots, of: $0.launcher) } ?? []
    }

    /// Whether a process's arguments are kept back: all, or those of the recorded command, and of whoever has them among its own.
    private func hidesArguments(of process: ProcessReader) -> Bool {
        if hidesAll { return true }
        guard !secretive.isEmpty else { return false }
        return process.reading.unit == Self.unit || process.reading.stat.pid.map(secretive.contains) ?? false
    }

    /// A process and those above it, such as sudo and a shell, but for the first of all.
    private static func ancestors(_ roots: KernelRoots, of pid: Int32) -> Set<UInt64> {
        let processes = Descendants(proc: roots.proc)
        var buffer = ReadBuffer(capacity: 4096)
        var found: Set<UInt64> = []
        var next = UInt64(pid)
        while next > 1, found.insert(next).inserted, let parent = processes.stat(Int32(clamping: next), &buffer)?.ppid { next = parent }
        return found
    }

    private static let unit = EncodedText(UnitPath.command)

    /// Takes a process that was read just now.
    mutating func take(_ process: ProcessReader, _ rows: inout TickRows) {
        if process.isWanted == nil { process.isWanted = match.isEmpty || matchesName(process.reading.comm) ? true : nil }
        switch process.isWanted {
        case true?: process.writeRow(to: &rows)
        case false?, nil: leftOut += 1
        }
        if process.isWanted.map({ $0 && !process.isAnnounced }) ?? true { fresh.append(process) }
    }

    private func matchesName(_ name: EncodedText?) -> Bool {
        guard let name = name?.text else { return false }
        return match.contains { $0.matches(name: name) }
    }

    /// Writes the events of processes that were seen for the first time, as soon as their command lines have been read.
    mutating func announce(_ tick: TickContext, _ rows: inout TickRows, _ tally: inout ReadTally) {
        defer { fresh.removeAll(keepingCapacity: true) }
        let now = Clocks.monotonic()
        let deadline = now + min(files.longestWait, tick.deadline > now ? (tick.deadline - now) / 2 : 0)
        var rest = fresh[...]
        while !rest.isEmpty, rows.withRows(.event, { $0.byteCount }) < Self.announcedBytes,
            rest.count == fresh.count || Clocks.monotonic() < deadline
        {
            let some = rest.prefix(Self.askedAtOnce)
            rest = rest.dropFirst(some.count)
            for process in some where process.commandLine == nil {
                // Nobody is to know it.
                if match.isEmpty, hidesArguments(of: process) {
                    tell(process, nil, &rows)
                    continue
                }
                process.commandLine = (files.ask("\(process.directory)/cmdline"), Clocks.monotonic())
            }
            files.wait(until: deadline)
            for process in some {
                guard let question = process.commandLine else { continue }
                switch files.take(question.ticket) {
                case .content(let line): tell(process, line, &rows)
                case .failed: tell(process, nil, &rows)
                case nil:
                    // The process is stuck in the kernel, or this host is very busy.
                    guard now &- question.asked >= files.patience, now > question.asked else { continue }
                    files.forget(question.ticket)
                    tally.errors += 1
                    tell(process, nil, &rows)
                }
            }
        }
    }

    private mutating func tell(_ process: ProcessReader, _ commandLine: [UInt8]?, _ rows: inout TickRows) {
        process.commandLine = nil
        if process.isWanted == nil {
            let isWanted = commandLine.map { line in match.contains { $0.matches(commandLine: line) } } ?? false
            process.isWanted = isWanted
            guard isWanted else { return }
            leftOut -= 1
            process.writeRow(to: &rows)
        }
        if !process.isAnnounced {
            rows.append(ProcessSeen.event(process.reading, hidesArguments(of: process) ? nil : commandLine))
        }
        process.isAnnounced = true
    }

    /// Takes the last row of a process that was known.
    mutating func takeLast(_ process: ProcessPast, _ tick: TickContext) {
        guard let exit = process.exit else { return }
        let interval = max(tick.interval, tick.instant.saturatingSubtracting(process.readAt))
        takeLast(exit, of: process.reading, isWanted: process.isWanted, over: interval)
    }

    /// Takes the last row of a process, if its rows are wanted.
    ///
    /// - Parameter isWanted: `nil` where only its name can tell.
    mutating func takeLast(_ exit: ProcessExit, of reading: ProcessReading, isWanted: Bool?, over interval: UInt64) {
        var last = reading
        last.end(with: exit, over: interval)
        let isWanted = last.comm == reading.comm ? isWanted : nil
        guard isWanted ?? (match.isEmpty || matchesName(last.comm)) else {
            leftOut += 1
            return
        }
        due.append((last, exit.number))
    }

    /// Writes the last rows. Those of a tick that may be too late, and then isn't taken, are in the next one: nothing comes behind them that would say the same.
    /// - Parameter leftOut: how many processes of this tick have none; `nil` where nobody tells of ends.
    mutating func writeLastRows(_ tick: TickContext, leftOut: UInt64?, _ rows: inout TickRows) {
        guard let leftOut else { return }
        rows.exitsLeftOut = 0
        exitsLeftOut = exitsLeftOut.saturatingAdding(leftOut)
        guard Clocks.monotonic() <= tick.deadline else {
            let excess = max(0, due.count - 2 * ExitBox.most)
            due.removeFirst(excess)
            exitsLeftOut = exitsLeftOut.saturatingAdding(UInt64(excess))
            return
        }
        for (reading, exit) in due { rows.append(reading, exit: exit) }
        rows.exitsLeftOut = exitsLeftOut
        forgetLastRows()
    }

    /// For another run.
    mutating func forgetLastRows() {
        due.removeAll(keepingCapacity: true)
        exitsLeftOut = 0
    }

    /// For the next tick.
    mutating func forgetLeftOut() { leftOut = 0 }
}
