import StatsCore

/// Has all sources read one tick, and waits for each no longer than to the deadline.
struct SourceRound: ~Copyable {
    private let workers: [SourceWorker]
    private var isStarted: [Bool] = []
    /// Names of the sources that weren't done with the last tick in time.
    private(set) var lateNames: [String] = []
    /// The same by source.
    private(set) var lateSources = LateSources()
    /// How often a source wasn't done in time.
    private var late: UInt64 = 0

    init(_ workers: [SourceWorker]) { self.workers = workers }

    /// Files and answers that failed so far, and readings that came too late.
    var readErrors: UInt64 { workers.reduce(late) { $0 + $1.readErrors } }

    /// - Parameters:
    ///   - deadline: monotonic nanoseconds.
    ///   - rows: gets the rows of the sources that are done in time.
    ///   - own: gets the events of earlier readings that came too late, and an event for each source that is late now: its rows are absent from
    ///     the tick, and the run says so.
    mutating func read(_ tick: TickContext, by deadline: UInt64, into rows: inout TickRows, own: inout TickRows) {
        isStarted.removeAll(keepingCapacity: true)
        lateNames.removeAll(keepingCapacity: true)
        lateSources = LateSources()
        for worker in workers {
            isStarted.append(worker.start(tick) { own.carryOverEvents(of: $0) })
        }
        for (worker, isStarted) in zip(workers, isStarted) {
            let isDone = isStarted && worker.finish(by: deadline) { rows.append($0) }
            lateSources.note(worker.name, isLate: !isDone)
            if isDone { continue }
            late += 1
            // One that has a worker for each of its targets is named once.
            if !lateNames.contains(worker.name) { lateNames.append(worker.name) }
            var event = EventReading()
            event.kind = EncodedText("source late")
            event.message = EncodedText(worker.name)
            own.append(event)
        }
    }
}
