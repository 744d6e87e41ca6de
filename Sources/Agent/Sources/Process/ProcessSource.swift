import StatsCore

/// The host's own processes, those that are in no container: reads them at every tick and writes the rows of `process`, and an event for each new one.
///
/// Those of containers are the container source's, which knows the containers' names.
struct ProcessSource: Source, ~Copyable {
    private var processes: HostProcesses
    private var announcer: ProcessAnnouncer
    private var lastRows: LastRows
    private var buffer = ReadBuffer()
    private var tally = ReadTally()
    private var telling = Telling()

    /// - Parameter exits: processes that have ended; without it their last tick's row is their last.
    init(roots: KernelRoots, _ choice: ProcessChoice, files: BlockingFiles = BlockingFiles(), exits: ExitBox? = nil) {
        processes = HostProcesses(roots: roots, choice, files: files)
        lastRows = LastRows(exits)
        announcer = ProcessAnnouncer(roots, files: files, choice)
    }

    mutating func read(_ tick: TickContext, into rows: inout TickRows) {
        let (isAnew, isOtherRun) = telling.follow(tick)
        if isAnew { processes.forgetAnnouncements() }
        if isOtherRun { announcer.forgetLastRows() }
        announcer.forgetLeftOut()
        lastRows.take(tick, isFirst: isOtherRun) { processes.reader($0) }
        processes.read(&buffer, &tally) { announcer.take($0, &rows) }
        announcer.announce(tick, &rows, &tally)
        writeLastRows(tick, &rows)
        rows.processesLeftOut = announcer.leftOut &+ processes.unwanted
        rows.readErrors &+= tally.errors
        tally.errors = 0
    }

    private mutating func writeLastRows(_ tick: TickContext, _ rows: inout TickRows) {
        lastRows.depart(processes.takeDeparted())
        for process in lastRows.takeEnded() { announcer.takeLast(process, tick) }
        for exit in lastRows.strangers {
            if let reader = processes.reader(exit.pid), reader.past.isOf(exit) {
                // It came and ended since the tick before, and nobody has waited for it yet.
                reader.exit = exit
            } else if let (reading, isWanted) = processes.reading(of: exit, lastRows) {
                announcer.takeLast(exit, of: reading, isWanted: isWanted ? nil : false, over: tick.interval)
            }
        }
        announcer.writeLastRows(tick, leftOut: lastRows.leftOut, &rows)
    }
}
