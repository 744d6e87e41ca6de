import StatsCore

/// The host's own processes, those that are in no container: reads them at every tick and writes the rows of `process`, and an event for each new one.
///
/// Those of containers are the container source's, which knows the containers' names.
struct ProcessSource: Source, ~Copyable {
    private var processes: HostProcesses
    private var announcer: ProcessAnnouncer
    private var buffer = ReadBuffer()
    private var tally = ReadTally()
    private var run: String?
    private var audience: UInt64 = 0

    init(roots: KernelRoots, _ choice: ProcessChoice, files: BlockingFiles = BlockingFiles()) {
        processes = HostProcesses(roots: roots, choice, files: files)
        announcer = ProcessAnnouncer(files: files, match: choice.match)
    }

    mutating func read(_ tick: TickContext, into rows: inout TickRows) {
        if tick.run != run {
            run = tick.run
            if run != nil { processes.forgetAnnouncements() }
        }
        if tick.run == nil, tick.audience != audience {
            audience = tick.audience
            processes.forgetAnnouncements()
        }
        announcer.forgetLeftOut()
        processes.read(&buffer, &tally) { announcer.take($0, &rows) }
        announcer.announce(tick, &rows, &tally)
        rows.processesLeftOut = announcer.leftOut &+ processes.unwanted
        rows.readErrors &+= tally.errors
        tally.errors = 0
    }
}
