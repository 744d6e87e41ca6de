import Logging
import StatsCore
import Synchronization

/// Moves frames that wait too long from memory to the spool, syncs them, and deletes what is acknowledged: on a thread of its own, so that
/// a slow disk delays no tick.
final class SpoolWriter: Sendable {
    /// How long written frames may be unsynced, and how long a disk that failed is left alone, in nanoseconds.
    private static let period: UInt64 = 1_000_000_000

    private let deliveries: Deliveries
    private let logger: Logger
    private let signal = EventSignal()
    private let isEnding = Atomic<Bool>(false)

    init(_ deliveries: Deliveries, logger: Logger) {
        self.deliveries = deliveries
        self.logger = logger
        for outbox in deliveries.earlier + [deliveries.current] { outbox.setSpoolWake { [signal] in signal.signal() } }
    }

    /// Writes all that is left, and has `run` return.
    func end() {
        isEnding.store(true, ordering: .releasing)
        signal.signal()
    }

    /// Works until `end`.
    func run() {
        var state = State()
        while true {
            let isLast = isEnding.load(ordering: .acquiring)
            let wakeAt = step(&state, now: Clocks.monotonic(), isLast: isLast)
            if isLast { return }
            _ = signal.wait(until: wakeAt)
        }
    }

    private struct State {
        var syncAt: UInt64?
        var retryAt: UInt64 = 0
        var lastComplaint = ""
    }

    /// - Returns: when to look again, if nothing happens before.
    private func step(_ state: inout State, now: UInt64, isLast: Bool) -> UInt64? {
        guard isLast || now >= state.retryAt else { return state.retryAt }
        do {
            for outbox in deliveries.earlier { try outbox.stream?.acknowledge(through: outbox.acknowledged) }
            let wakeAt = try write(deliveries.current, &state, now: now, flush: isLast)
            if let due = state.syncAt, isLast || now >= due {
                // Also when it fails: a failed sync is never retried.
                state.syncAt = nil
                try deliveries.current.stream?.sync()
            }
            if !state.lastComplaint.isEmpty { logger.notice("the spool works again") }
            state.lastComplaint = ""
            return [wakeAt, state.syncAt].compactMap(\.self).min()
        } catch {
            let complaint = "\(error)"
            logger.log(
                level: complaint == state.lastComplaint ? .debug : .error,
                "the spool can't be written: frames stay in memory, as far as there is room", metadata: ["reason": "\(complaint)"])
            state.lastComplaint = complaint
            state.retryAt = now + Self.period
            return state.retryAt
        }
    }

    private func write(_ outbox: Outbox, _ state: inout State, now: UInt64, flush: Bool) throws -> UInt64? {
        guard let stream = outbox.stream else { return nil }
        while true {
            let due = outbox.dueForSpool(now: now, flush: flush)
            // Behind the question: what is acknowledged from here on is in `due` too, so that the stream gets no hole.
            try stream.acknowledge(through: outbox.acknowledged)
            guard let last = due.frames.last else { return due.wakeAt }
            if state.syncAt == nil { state.syncAt = now + Self.period }
            do {
                try stream.append(due.frames)
                outbox.noteSpooled(through: last.seq)
            } catch {
                // When a batch fails half-way, its first half is on the disk.
                if let end = stream.range?.upperBound { outbox.noteSpooled(through: min(end - 1, last.seq)) }
                throw error
            }
        }
    }
}

/// Runs the spool's thread until everything else has ended.
struct SpoolService: Service {
    let writer: SpoolWriter

    func run() async throws {
        await withGracefulShutdownHandler {
            await withCheckedContinuation { continuation in
                PlainThread.startNeeded(name: "sonde-spool") {
                    writer.run()
                    continuation.resume()
                }
            }
        } onGracefulShutdown: {
            writer.end()
        }
    }
}
