import StatsCore
import Synchronization

/// The newest tick, kept for whoever scrapes this agent.
final class MetricsStore: Sendable {
    private struct State: ~Copyable {
        var frame = ByteWriter()
        /// When the tick was noted, and after what time it says nothing about the present any more; in microseconds of the monotonic clock.
        var noted: Int64?
        var patience: Int64 = 0
    }

    /// Ticks are noted no more often than that (µs): nobody scrapes so often.
    private static let period: Int64 = 250_000

    private let state = Mutex(State())
    private let node: String
    private let kernel: String?
    private let showsProcesses: Bool

    init(node: String, kernel: String?, showsProcesses: Bool) {
        self.node = node
        self.kernel = kernel
        self.showsProcesses = showsProcesses
    }

    /// Takes over a tick.
    /// - Parameter interval: from one tick to the next, in microseconds.
    func note(_ header: TickHeader, _ rows: borrowing TickRows, interval: Int64) {
        let now = Clocks.monotonicMicroseconds()
        state.withLock { state in
            if let noted = state.noted, now - noted < Self.period { return }
            state.frame.removeAll()
            state.frame.write(header, rows)
            state.noted = now
            state.patience = 3 * interval + 10_000_000
        }
    }

    /// What is to be told now. Of a sampler that hangs no values are told: old ones would look like new ones.
    func exposition() -> Exposition {
        let now = Clocks.monotonicMicroseconds()
        // The sampler waits for the lock: what takes long happens behind it.
        let (bytes, age) = state.withLock { state -> ([UInt8], Int64?) in
            guard let noted = state.noted else { return ([], nil) }
            return (now - noted <= state.patience ? state.frame.withUnsafeBytes { Array($0) } : [], now - noted)
        }
        let tick = bytes.isEmpty ? nil : try? TickFrame(bytes.span.bytes)
        let rows = tick.map { LiveRows($0, frame: bytes.span.bytes, columns: LiveRows.columns) } ?? LiveRows()
        return Exposition([Exposition.Node(name: node, kernel: kernel, rows: rows)], withProcesses: showsProcesses) { own in
            own.family("sonde_agent_build_info", .gauge, "1, and the agent's version")
            own.sample(1, ("node", node), ("version", Version.current))
            own.family("sonde_agent_last_tick_age_seconds", .gauge, "Time since the values were read")
            own.sample(age.map { Double($0) / 1e6 }, ("node", node))
        }
    }
}
