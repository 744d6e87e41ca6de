import StatsCore

/// What the watcher knows of the running containers. It decides whether an event or a list says something new: both tell of the same things, in
/// either order, and after an outage the engine repeats what it has told before.
///
/// A value without I/O: events and lists go in, verdicts come out.
struct EngineRoster {
    /// How to understand the event of a container's end.
    enum Ending: Equatable {
        /// The container was known to run, and runs no longer.
        case ended
        /// The end was noticed before.
        case known
        /// The end belongs to an earlier start: the container has been restarted since.
        case earlierStart
    }

    private(set) var running: [String: ContainerInfo] = [:]
    /// Containers that were absent from a list, until the event of their end has come.
    private var departed: Set<String> = []
    /// When containers ended of which an event told, in nanoseconds by the engine's clock (0 where it didn't say), while a list may still show them.
    private var ends: [String: Int64] = [:]
    /// Containers whose inspection failed and has to be repeated.
    private var incomplete: Set<String> = []
    /// The time of the latest event, in nanoseconds by the engine's clock. A new connection asks for events from then on.
    private(set) var latestEvent: Int64?
    private var eventsAtLatest: Set<String> = []

    /// Notes the event's time and returns whether the same event has come before.
    mutating func isRepeated(_ event: EngineEvent) -> Bool {
        guard let time = event.timeNano, time > 0 else { return false }
        let key = event.actor.id + event.action
        if let latestEvent, time < latestEvent { return false }
        if time != latestEvent {
            latestEvent = time
            eventsAtLatest = [key]
            return false
        }
        // Few events have the same nanosecond. An engine whose clock stands still must not fill the memory.
        if eventsAtLatest.count >= 1000 { eventsAtLatest.removeAll() }
        return !eventsAtLatest.insert(key).inserted
    }

    /// A container runs, as an event or a list says. `isComplete` is false when it could not be inspected.
    ///
    /// - Returns: whether this start is new.
    mutating func started(_ info: ContainerInfo, isComplete: Bool = true) -> Bool {
        if isComplete { incomplete.remove(info.id) } else { incomplete.insert(info.id) }
        departed.remove(info.id)
        ends[info.id] = nil
        let before = running.updateValue(info, forKey: info.id)
        guard let before else { return true }
        guard let start = info.startedAt, let earlier = before.startedAt else { return false }
        return start != earlier
    }

    /// Replaces the facts of a running container; an unknown container is ignored.
    mutating func changed(_ info: ContainerInfo, isComplete: Bool = true) {
        guard running[info.id] != nil else { return }
        running[info.id] = info
        if isComplete { incomplete.remove(info.id) } else { incomplete.insert(info.id) }
    }

    /// An event reports the end of a container.
    mutating func ended(_ id: String, at time: Int64?) -> Ending {
        if let time, let start = running[id]?.startedAt.flatMap({ Timestamp.nanoseconds($0) }), start > time { return .earlierStart }
        // No list came for long. Forgetting costs at most an end that is reported twice.
        if ends.count >= 1000 { ends.removeAll() }
        ends[id] = time ?? 0
        guard running.removeValue(forKey: id) != nil else { return departed.remove(id) == nil ? .ended : .known }
        incomplete.remove(id)
        return .ended
    }

    /// Whether a container that a list shows may be taken for running: the engine updates its list after it sends an event, so that the list may still have one whose
    /// end was reported. Then only a later start by the engine's own word counts.
    ///
    /// - Parameter inspected: `nil` when the engine didn't answer.
    func believes(listed id: String, _ inspected: ContainerInfo?) -> Bool {
        if let inspected, inspected.initPID == nil { return false }
        guard let end = ends[id] else { return true }
        guard let inspected else { return false }
        return inspected.startedAt.flatMap { Timestamp.nanoseconds($0) }.map { $0 > end } ?? true
    }

    /// A list no longer shows these containers: what it shows from now on is a new start.
    mutating func forgetEnds(but listed: Set<String>) { ends = ends.filter { listed.contains($0.key) } }

    /// A list no longer has a container that was running.
    mutating func vanished(_ id: String) {
        running[id] = nil
        incomplete.remove(id)
        // The event may never come. Forgetting here costs at most an end that is reported twice.
        if departed.count >= 1000 { departed.removeAll() }
        departed.insert(id)
    }

    /// What has to be looked at after a list: containers that are new or look different, and those that are gone.
    func compare(with listed: [ListedContainer]) -> (toInspect: [ListedContainer], gone: [ContainerInfo]) {
        let ids = Set(listed.map(\.id))
        let toInspect = listed.filter { container in
            guard let known = running[container.id], !incomplete.contains(container.id) else { return true }
            return known.state != (container.state ?? known.state) || known.health != container.health
                || !(container.names ?? []).contains { ContainerInfo.plain($0) == known.name }
        }
        return (toInspect, running.values.filter { !ids.contains($0.id) })
    }
}
