import UnixSignals

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The signals that end what `sonde` does at present in good order.
enum EndingSignals {
    /// Runs `body`, and tells it by the latch when a signal has come. A second one ends it without waiting.
    /// - Parameter failure: what is thrown at the second signal.
    /// - Throws: what `body` throws, or that.
    static func run<Value: Sendable>(
        orAtSecond failure: CommandFailure, _ body: @escaping @Sendable (Latch<Ending>) async throws -> Value
    ) async throws -> Value {
        let ending = Latch<Ending>()
        let signals = await UnixSignalsSequence(trapping: trapped)
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body(ending) }
            group.addTask {
                var count = 0
                for await signal in signals {
                    count += 1
                    ending.set(.interrupted(signal.rawValue))
                    if count > 1 { throw failure }
                }
                return nil
            }
            defer { group.cancelAll() }
            while let finished = try await group.next() {
                if let value = finished { return value }
            }
            throw failure
        }
    }

    /// Closing a terminal sends SIGHUP, unless `sonde` was started to outlive it, as by nohup(1).
    private static var trapped: [UnixSignal] {
        let before = signal(SIGHUP, SIG_IGN)
        let isIgnored = unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
        return [.sigint, .sigterm] + (isIgnored ? [] : [.sighup])
    }
}
