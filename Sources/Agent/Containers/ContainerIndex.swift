import DequeModule
import Synchronization

/// The list of running containers and what happened to them, between the engine's watcher, which writes it, and the container
/// source, which reads it on a thread of its own. No lock is held while anything is read or waited for.
final class ContainerIndex: Sendable {
    /// Whether the engine's list can be believed at present.
    enum EngineState: Sendable, Equatable {
        /// Not asked yet.
        case unknown
        case available
        case unavailable(reason: String)
    }

    /// Events that wait for the next tick; a storm beyond this is counted in `droppedEvents`.
    static let eventCapacity = 10_000

    private struct State {
        var generation: UInt64 = 0
        var containers: [ContainerInfo] = []
        var events = Deque<ContainerEvent>()
        var droppedEvents: UInt64 = 0
        var engine = EngineState.unknown
        var wake: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())
    /// The list holds the others too: a container keeps its name when the engine goes away.
    let filter: ContainerFilter

    init(filter: ContainerFilter = ContainerFilter()) { self.filter = filter }

    /// Replaces the list, after the engine was asked for all of it. Wakes the source when there is one to record that wasn't there.
    func publish(_ containers: [ContainerInfo]) {
        change { state in
            guard state.containers != containers else { return false }
            let known = Dictionary(state.containers.map { ($0.id, $0.initPID) }, uniquingKeysWith: { $1 })
            state.containers = containers
            state.generation += 1
            return containers.contains { known[$0.id] != .some($0.initPID) && filter.records($0) }
        }
    }

    /// Adds one container, or replaces what was known of it. Wakes the source when it is to be recorded, and new or started anew.
    func upsert(_ container: ContainerInfo) {
        change { state in
            guard let index = state.containers.firstIndex(where: { $0.id == container.id }) else {
                state.containers.append(container)
                state.generation += 1
                return filter.records(container)
            }
            let known = state.containers[index]
            guard known != container else { return false }
            state.containers[index] = container
            state.generation += 1
            return known.initPID != container.initPID && filter.records(container)
        }
    }

    func remove(_ id: String) {
        change { state in
            guard let index = state.containers.firstIndex(where: { $0.id == id }) else { return false }
            state.containers.remove(at: index)
            state.generation += 1
            return false
        }
    }

    /// The list, when it has changed since `generation`; 0 always asks for it.
    func snapshot(newerThan generation: UInt64) -> (generation: UInt64, containers: [ContainerInfo])? {
        state.withLock { state in
            state.generation > generation ? (state.generation, state.containers) : nil
        }
    }

    /// Queues an event for the next tick; the oldest gives way when there are too many.
    func post(_ event: ContainerEvent) {
        state.withLock { state in
            if state.events.count == Self.eventCapacity {
                state.events.removeFirst()
                state.droppedEvents += 1
            }
            state.events.append(event)
        }
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

    /// How many events were lost to a storm since the start.
    var droppedEvents: UInt64 { state.withLock { $0.droppedEvents } }

    var engine: EngineState { state.withLock { $0.engine } }

    func setEngineAvailable(_ available: Bool, reason: String = "") {
        state.withLock { $0.engine = available ? .available : .unavailable(reason: reason) }
    }

    /// What is called, on the caller's thread and without the lock, when a container has started.
    func setWake(_ wake: @escaping @Sendable () -> Void) {
        state.withLock { $0.wake = wake }
    }

    /// Runs `body`, which says whether a container has started that is to be recorded.
    private func change(_ body: (inout State) -> Bool) {
        let wake = state.withLock { state in body(&state) ? state.wake : nil }
        wake?()
    }
}
