import DequeModule
import Synchronization

/// The list of running containers, and their events. The engine's watcher writes both; the container source reads them on a thread
/// of its own. No lock is held during any I/O or wait.
final class ContainerIndex: Sendable {
    /// Whether the engine's list is current.
    enum EngineState: Sendable, Equatable {
        /// The engine has not answered yet.
        case unknown
        case available
        case unavailable(reason: String)
    }

    /// The most events that wait for the next tick; those beyond it are counted in `droppedEvents`.
    static let eventCapacity = 10_000

    private struct State {
        var generation: UInt64 = 0
        var containers: [ContainerInfo] = []
        /// Which start of the container each of them is, counted over all containers.
        var starts: [String: UInt64] = [:]
        var lastStart: UInt64 = 0
        var events = Deque<ContainerEvent>()
        var droppedEvents: UInt64 = 0
        var engine = EngineState.unknown
        var engineCountsAsKernel = true
        var wake: (@Sendable () -> Void)?

        mutating func begin(_ id: String) {
            lastStart += 1
            starts[id] = lastStart
        }

        mutating func post(_ event: ContainerEvent) {
            if events.count == ContainerIndex.eventCapacity {
                events.removeFirst()
                droppedEvents += 1
            }
            events.append(event)
        }
    }

    private let state = Mutex(State())
    /// The list also holds containers that are left out, so that they stay known when the engine goes away.
    let filter: ContainerFilter

    init(filter: ContainerFilter = ContainerFilter()) { self.filter = filter }

    /// Replaces the list with the engine's complete one. Wakes the source when a container that is to be recorded is new or was restarted.
    func publish(_ containers: [ContainerInfo]) {
        change { state in
            guard state.containers != containers else { return false }
            let known = Dictionary(state.containers.map { ($0.id, $0.initPID) }, uniquingKeysWith: { $1 })
            state.containers = containers
            state.generation += 1
            var starts: [String: UInt64] = [:]
            for container in containers {
                if let start = state.starts[container.id], !Self.isAnother(container.initPID, than: known[container.id] ?? nil) {
                    starts[container.id] = start
                } else {
                    state.lastStart += 1
                    starts[container.id] = state.lastStart
                }
            }
            state.starts = starts
            return containers.contains { known[$0.id] != .some($0.initPID) && filter.records($0) }
        }
    }

    /// Adds a container or replaces its entry. Wakes the source when the container is to be recorded and is new or was restarted.
    func upsert(_ container: ContainerInfo) {
        change { state in
            guard let index = state.containers.firstIndex(where: { $0.id == container.id }) else {
                state.containers.append(container)
                state.generation += 1
                state.begin(container.id)
                return filter.records(container)
            }
            let known = state.containers[index]
            guard known != container else { return false }
            state.containers[index] = container
            state.generation += 1
            if Self.isAnother(container.initPID, than: known.initPID) { state.begin(container.id) }
            return known.initPID != container.initPID && filter.records(container)
        }
    }

    /// Whether a container's first process is another one. The event of a start comes before the engine is asked for the pid, which then says nothing of another start.
    private static func isAnother(_ pid: Int32?, than before: Int32?) -> Bool {
        guard let pid, let before else { return false }
        return pid != before
    }

    /// Removes a container, and queues the event of its end with it: whoever takes events and list finds both, or in between none.
    func remove(_ id: String, posting event: ContainerEvent? = nil) {
        state.withLock { state in
            if let event { state.post(event) }
            guard let index = state.containers.firstIndex(where: { $0.id == id }) else { return }
            state.containers.remove(at: index)
            state.starts[id] = nil
            state.generation += 1
        }
    }

    /// The list, and which start of each container it tells of, if it has changed since `generation`; 0 always returns it.
    func snapshot(newerThan generation: UInt64) -> (generation: UInt64, containers: [ContainerInfo], starts: [String: UInt64])? {
        state.withLock { state in
            state.generation > generation ? (state.generation, state.containers, state.starts) : nil
        }
    }

    /// Queues an event for the next tick; when the queue is full the oldest event is dropped.
    func post(_ event: ContainerEvent) {
        state.withLock { $0.post(event) }
    }

    /// The events since the last call, oldest first.
    func takeEvents() -> [ContainerEvent] {
        state.withLock { state in
            guard !state.events.isEmpty else { return [] }
            defer { state.events.removeAll() }
            return Array(state.events)
        }
    }

    /// Whether events wait for the next tick.
    var hasEvents: Bool { state.withLock { !$0.events.isEmpty } }

    /// How many events were dropped since the start because the queue was full.
    var droppedEvents: UInt64 { state.withLock { $0.droppedEvents } }

    var engine: EngineState { state.withLock { $0.engine } }

    /// Whether the engine's counters are those of the cgroup's files, as Docker's are. Podman's are counted otherwise, so that a counter would jump or go
    /// back where its reader changes.
    var engineCountsAsKernel: Bool { state.withLock { $0.engineCountsAsKernel } }

    /// - Parameter countsAsKernel: stays as it was when the engine goes away.
    func setEngineAvailable(_ available: Bool, countsAsKernel: Bool = true, reason: String = "") {
        state.withLock { state in
            state.engine = available ? .available : .unavailable(reason: reason)
            if available { state.engineCountsAsKernel = countsAsKernel }
        }
    }

    /// Sets the callback for a started container. It runs on the caller's thread, without the lock.
    func setWake(_ wake: @escaping @Sendable () -> Void) {
        state.withLock { $0.wake = wake }
    }

    /// Runs `body`, which returns whether a container that is to be recorded has started.
    private func change(_ body: (inout State) -> Bool) {
        let wake = state.withLock { state in body(&state) ? state.wake : nil }
        wake?()
    }
}
