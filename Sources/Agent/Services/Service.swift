import Synchronization

/// A part of the agent that runs as long as the agent does, and ends when its turn has come.
///
/// swift-service-lifecycle, which the collector has, brings 1.4 MB with it, most of it algorithms for asynchronous sequences.
protocol Service: Sendable {
    /// Runs until its turn to end has come, which `gracefulShutdown` and the other functions here tell it.
    func run() async throws
}

/// Whether it is a service's turn to end.
final class ServiceTurn: Sendable {
    private struct State {
        var hasCome = false
        var listeners: [@Sendable () -> Void] = []
    }

    /// The turn of the service whose task this is; `nil` outside of a `ServiceGroup`, where none comes.
    @TaskLocal static var current: ServiceTurn?

    private let state = Mutex(State())

    func come() {
        let listeners = state.withLock { state in
            state.hasCome = true
            defer { state.listeners = [] }
            return state.listeners
        }
        for listener in listeners { listener() }
    }

    /// Calls `listener` once, when the turn comes; at once when it has come.
    func whenItComes(_ listener: @escaping @Sendable () -> Void) {
        let hasCome = state.withLock { state in
            if !state.hasCome { state.listeners.append(listener) }
            return state.hasCome
        }
        if hasCome { listener() }
    }
}

/// Waits until it is this service's turn to end.
/// - Throws: `CancellationError` when its task is cancelled before.
func gracefulShutdown() async throws {
    let (turn, coming) = AsyncStream<Void>.makeStream()
    ServiceTurn.current?.whenItComes { coming.finish() }
    for await _ in turn {}
    try Task.checkCancellation()
}

/// Cancels what runs in `body` when it is this service's turn to end.
func cancelWhenGracefulShutdown(_ body: @escaping @Sendable () async -> Void) async {
    await withTaskGroup(of: Void.self) { tasks in
        tasks.addTask { await body() }
        tasks.addTask { try? await gracefulShutdown() }
        await tasks.next()
        tasks.cancelAll()
    }
}

/// Calls `handler` when it is this service's turn to end, while `body` goes on. By then `body` may have returned.
func withGracefulShutdownHandler(_ body: () async -> Void, onGracefulShutdown handler: @escaping @Sendable () -> Void) async {
    ServiceTurn.current?.whenItComes(handler)
    await body()
}
