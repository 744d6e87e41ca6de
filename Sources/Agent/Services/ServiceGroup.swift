import UnixSignals

/// Runs services until a signal asks for the end. Then they end one after another, in the reverse order.
struct ServiceGroup {
    /// A service ended before its turn.
    struct EndedEarly: Error, CustomStringConvertible {
        let service: any Service
        var description: String { "\(type(of: service)) ended before its turn" }
    }

    private enum Happening: Sendable {
        case signal
        case end(Int, (any Error)?)
    }

    let services: [any Service]

    /// - Throws: what a service throws, or `EndedEarly`. The others are cancelled then.
    func run(until signals: [UnixSignal]) async throws {
        let signals = await UnixSignalsSequence(trapping: signals)
        // As long as it is there, a second signal does nothing.
        defer { withExtendedLifetime(signals) {} }
        let turns = services.map { _ in ServiceTurn() }
        try await withThrowingTaskGroup(of: Happening.self) { tasks in
            for (place, service) in services.enumerated() {
                tasks.addTask {
                    do {
                        try await ServiceTurn.$current.withValue(turns[place]) { try await service.run() }
                        return .end(place, nil)
                    } catch { return .end(place, error) }
                }
            }
            tasks.addTask {
                for await _ in signals { break }
                return .signal
            }
            // Whoever waits for its turn and not for a cancellation ends, too.
            defer {
                for turn in turns.reversed() { turn.come() }
                tasks.cancelAll()
            }
            // Whose turn it is: from the signal on.
            var ending: Int?
            while let happening = try await tasks.next() {
                switch happening {
                case .signal: ending = services.count - 1
                case .end(_, let failure?): throw failure
                case .end(let place, nil) where place == ending: ending = place - 1
                case .end(let place, nil): throw EndedEarly(service: services[place])
                }
                guard let next = ending else { continue }
                if next < 0 { return }
                turns[next].come()
            }
        }
    }
}
