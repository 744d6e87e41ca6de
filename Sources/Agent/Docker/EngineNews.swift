import StatsCore

/// Combines the engine's events, lists and inspections, in whatever order they come, and keeps the `ContainerIndex` up to date.
///
/// A value without I/O: `takeRequest` returns what to ask, and the answers are passed in when they come. So events are processed as fast as
/// they can be read, and the memory for them is bounded by the number of containers.
struct EngineNews {
    enum Request: Equatable, Sendable {
        case list
        case inspect(InspectQueue.Ticket)
    }

    private let index: ContainerIndex
    private var roster = EngineRoster()
    private var queue: InspectQueue
    private var isListDue = false
    /// While a list is under way: the containers with a start or an end since it was requested, which the list may not show.
    private var touched: Set<String>?
    /// The containers of this connection's first list that haven't been inspected; `nil` before that list and when all have been.
    private var initial: Set<String>?
    private var hasListed = false
    /// The last health check of containers whose event didn't say its outcome, until they are inspected: only of those in `queue`.
    private var checked: [String: EngineEvent] = [:]
    /// The index is complete: all containers of this connection's first list have been inspected.
    private(set) var isReady = false

    init(index: ContainerIndex, queue: InspectQueue = InspectQueue()) {
        self.index = index
        self.queue = queue
    }

    /// How many health checks wait for an inspection.
    var checksKept: Int { checked.count }

    /// The instant from which to ask for events, in nanoseconds since 1970 by the engine's clock.
    var latestEvent: Int64? { roster.latestEvent }

    /// For a new connection: forgets the requests under way.
    mutating func restart() {
        queue.restart()
        isListDue = false
        touched = nil
        initial = nil
        isReady = false
    }

    /// Asks for a list. The events have begun by now, so that no change between the list and the events can be missed.
    mutating func askForList() { isListDue = touched == nil }

    mutating func takeRequest() -> Request? {
        if isListDue {
            isListDue = false
            touched = []
            return .list
        }
        return queue.next().map { .inspect($0) }
    }

    // MARK: Events

    mutating func take(_ event: EngineEvent) {
        guard event.type ?? "container" == "container", !roster.isRepeated(event) else { return }
        let id = event.actor.id
        let container = roster.running[id] ?? ContainerInfo(event)
        switch event.verb {
        case "start":
            touched?.insert(id)
            checked[id] = nil
            leave(queue.remove(id))
            start(event)
        case "die":
            touched?.insert(id)
            leave(queue.remove(id))
            die(event, of: container)
        case "oom": post(event.posted(as: "oom"), of: container)
        case "kill": post(event.posted(as: "kill", message: event.actor.attributes?["signal"].map { "signal \($0)" }), of: container)
        case "health_status":
            guard let health = event.health else {
                // Podman sends this at each check, changed or not: an inspection shows it.
                if inspect(id) { checked[id] = event }
                break
            }
            if var info = roster.running[id] {
                info.health = health
                roster.changed(info)
                index.upsert(info)
            }
            post(event.posted(as: "health", message: health), of: container)
        case "rename", "pause", "unpause", "update":
            post(event.posted(as: "container \(event.verb)"), of: container)
            _ = inspect(id)
        default: break
        }
    }

    /// Asks for the facts of a running container once more.
    ///
    /// - Returns: whether it will be inspected from now on.
    private mutating func inspect(_ id: String) -> Bool {
        // It may wait to be inspected already. That keeps its purpose, but an answer to an earlier question doesn't count any more.
        guard let purpose = queue[id] ?? roster.running[id].map({ .running(known: $0, news: .none) }) else { return false }
        return queue.add(id, purpose)
    }

    private mutating func start(_ event: EngineEvent) {
        let start = event.posted(as: "container start")
        // The container is known to run already. Either a list told of it first, or the event of its end is missing. Its start time says which.
        let isKnown = roster.running[event.actor.id] != nil
        let told = ContainerInfo(event)
        if !isKnown {
            post(start, of: told)
            // It may have ended before it is inspected: its cgroup is looked for at once.
            if isReady { index.upsert(told) }
        }
        // When the queue is full, the next list finds the container.
        _ = queue.add(event.actor.id, .running(known: told, news: isKnown ? .event(start) : .none))
    }

    private mutating func die(_ event: EngineEvent, of container: ContainerInfo) {
        let exitCode = event.exitCode
        checked[event.actor.id] = nil
        switch roster.ended(event.actor.id, at: event.timeNano) {
        case .known: break
        case .earlierStart: post(event.posted(as: "container die", exitCode: exitCode), of: container)
        case .ended:
            let end = event.posted(as: "container die", exitCode: exitCode)
            index.remove(event.actor.id, posting: index.filter.records(container) ? end : nil)
        }
    }

    /// Queues an event of a container that is to be recorded.
    private func post(_ event: ContainerEvent, of container: ContainerInfo) {
        if index.filter.records(container) { index.post(event) }
    }

    /// Queues the event of an end without the exit code, which can no longer be found out.
    private func leave(_ purpose: InspectQueue.Purpose?) {
        if case .ended(let event) = purpose { index.post(event) }
    }

    // MARK: Answers

    /// Takes a list. Differences to the known containers become events, except for the very first list.
    mutating func take(_ listed: [ListedContainer]) {
        let touched = touched ?? []
        self.touched = nil
        let (changed, gone) = roster.compare(with: listed)
        roster.forgetEnds(but: touched.union(listed.map(\.id)))
        for info in gone where !touched.contains(info.id) {
            roster.vanished(info.id)
            index.remove(info.id)
            guard index.filter.records(info) else { continue }
            let end = ContainerEvent(
                kind: "container die", containerID: info.id, container: info.name, detail: EventDetail(foundBy: "list").json)
            // The container still exists, unless it was removed at once; then its exit code is unknown.
            if !queue.add(info.id, .ended(end)) { index.post(end) }
        }
        for container in isReady ? changed : listed where !touched.contains(container.id) && queue[container.id] == nil {
            _ = queue.add(container.id, .running(known: ContainerInfo(container), news: hasListed ? .list : .none))
        }
        hasListed = true
        guard !isReady else { return }
        initial = Set(listed.map(\.id).filter { queue[$0] != nil })
        publishWhenReady()
    }

    /// Takes the answer to an inspection; `nil` when there was none.
    mutating func take(_ answer: Result<InspectedContainer, EngineError>, for ticket: InspectQueue.Ticket) {
        let id = ticket.id
        if let purpose = queue.answered(ticket) {
            switch (purpose, answer) {
            case (.ended(var end), _):
                end.exitCode = (try? answer.get())?.state.exitCode
                index.post(end)
            // The event of its end follows.
            case (.running, .failure(let error)) where error.isGone: if roster.running[id] == nil { index.remove(id) }
            case (.running(let known, let news), _):
                let inspected = (try? answer.get()).map { ContainerInfo($0) }
                if news == .list, !roster.believes(listed: id, inspected) { break }
                runs(inspected ?? known, id, news, isComplete: inspected != nil)
            }
        }
        if queue[id] == nil {
            initial?.remove(id)
            checked[id] = nil
        }
        publishWhenReady()
    }

    private mutating func runs(_ info: ContainerInfo, _ id: String, _ news: InspectQueue.News, isComplete: Bool) {
        var info = info
        info.id = id
        if let check = checked.removeValue(forKey: id), let before = roster.running[id], let health = info.health, health != before.health {
            post(check.posted(as: "health", message: health), of: info)
        }
        if roster.started(info, isComplete: isComplete) {
            defer { if isReady { postSettings(of: info) } }
            switch news {
            case .none: break
            case .event(let start): post(start, of: info)
            case .list:
                let detail = EventDetail(engineTime: info.startedAt, foundBy: "list", image: info.image)
                post(ContainerEvent(kind: "container start", containerID: id, container: info.name, detail: detail.json), of: info)
            }
        }
        // A container without a pid has ended already: the event of its end follows, and there is nothing to read.
        if isReady, info.initPID != nil || !isComplete { index.upsert(info) }
    }

    /// Says what a container was started with that began while the agent ran: run.json has those that ran when the run began.
    private func postSettings(of info: ContainerInfo) {
        guard let settings = info.settings?.bounded, settings.imageID != nil, let json = try? JSONCoding.encode(settings) else { return }
        post(
            ContainerEvent(
                kind: "container settings", containerID: info.id, container: info.name, message: settings.imageID,
                detail: String(decoding: json, as: UTF8.self)), of: info)
    }

    private mutating func publishWhenReady() {
        guard !isReady, initial?.isEmpty == true else { return }
        initial = nil
        isReady = true
        index.publish(roster.running.values.sorted { $0.id < $1.id })
    }
}
