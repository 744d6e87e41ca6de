import StatsCore
import Synchronization

/// All collectors to which this agent may deliver, in the order in which they are named, and to which it belongs at present. There is one at least, also when nothing is delivered.
final class Destinations: Sendable {
    let all: [Destination]
    private let choice: Mutex<CollectorChoice>
    private let ids: Mutex<CollectorIDs>

    /// - Parameter patience: how long the present collector may be away before others are tried.
    init(_ all: [Destination], patience: Duration = .seconds(10)) {
        precondition(!all.isEmpty)
        self.all = all
        let present = all.firstIndex { $0.runNote.recall() != nil } ?? 0
        ids = Mutex(CollectorIDs(all.map { $0.collectorNote.recall() }))
        choice = Mutex(CollectorChoice(present: present, patience: UInt64(patience / .nanoseconds(1)), now: Clocks.monotonic()))
    }

    subscript(place: Int) -> Destination { all[place] }

    /// Where the agent belongs.
    var present: Int { choice.withLock(\.present) }

    /// The time of the collector to which the agent belongs.
    var clock: CollectorTime { all[present].clock }

    /// What isn't acknowledged yet, by all of them.
    var backlog: Backlog {
        all.reduce(into: Backlog(frames: 0, memoryBytes: 0, spoolBytes: 0)) { sum, destination in
            let own = destination.deliveries.backlog
            sum.frames += own.frames
            sum.memoryBytes += own.memoryBytes
            sum.spoolBytes += own.spoolBytes
        }
    }

    /// The run in which the agent was before it was restarted.
    var recalled: (place: Int, note: RunNote.Note)? {
        all.indices.lazy.compactMap { place in self.all[place].runNote.recall().map { (place, $0) } }.first
    }

    /// Notes on the disk that the agent is in this run from now on, and in no other.
    func keep(_ run: RunOrder, of place: Int) {
        for other in all.indices where other != place { all[other].runNote.forget() }
        all[place].runNote.keep(run, offset: all[place].clock.offset)
    }

    // MARK: Which collector is behind a name: see `CollectorIDs`

    func meet(_ id: String?, at place: Int) -> Int? { ids.withLock { $0.meet(id, at: place) } }

    func prove(_ place: Int) {
        let id = ids.withLock { $0.prove(place) }
        // Whose collector has one name only needs no note.
        if all.count > 1, let id { all[place].collectorNote.keep(id) }
    }

    // MARK: Where the agent belongs: see `CollectorChoice`

    func purpose(of place: Int) -> CollectorChoice.Purpose? {
        let hasBacklog = !all[place].deliveries.isDrained
        return choice.withLock { $0.purpose(of: place, hasBacklog: hasBacklog, now: Clocks.monotonic()) }
    }

    func claim(_ place: Int) -> Bool { choice.withLock { $0.claim(place, now: Clocks.monotonic()) } }

    func welcomed(_ place: Int) -> Int? { choice.withLock { $0.welcomed(place, now: Clocks.monotonic()) } }

    func joined(_ place: Int) { choice.withLock { $0.joined(place, now: Clocks.monotonic()) } }

    func ended(_ place: Int) { choice.withLock { $0.ended(place, now: Clocks.monotonic()) } }

    /// The sampler is in a run of this collector, or in none.
    func note(runOf place: Int?) { choice.withLock { $0.runPlace = place } }
}
