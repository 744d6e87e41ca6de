import StatsCore
import Synchronization

/// The newest values of every connected node, from live ticks and ticks of a run alike.
final class LiveStore: Sendable {
    /// An agent's own estimate of how far its clock is from the collector's, in microseconds.
    struct ClockReading: Sendable, Equatable {
        let offset: Int64
        let error: Int64
    }

    struct Node: Sendable {
        /// The container rows of the last tick as they came, `[[…],…]`, and what their cells mean.
        var containerRows: [UInt8] = []
        var containerColumns: [String] = []
        var containers: UInt64 = 0
        var processes: UInt64 = 0
        /// When the last tick came, on the collector's clock.
        var lastTick: Int64?
        /// How long reading that tick took, in microseconds.
        var readTime: Int64 = 0
        /// When the rows were last looked at.
        fileprivate var lastLook: Int64?
        var clock: ClockReading?
        /// What the agent keeps until it is acknowledged; none when it doesn't say.
        var backlogFrames: UInt64?
        var backlogBytes: UInt64?
    }

    /// Rows are looked at no more often than that (µs): at short intervals live values would cost more than the recording.
    private static let period: Int64 = 250_000

    /// Container rows of all nodes together are kept up to that many bytes.
    private let rowsLimit: Int

    private struct State {
        var nodes: [String: Node] = [:]
        var rowsBytes = 0
    }

    private let state = Mutex(State())

    init(rowsLimit: Int = 256 << 20) { self.rowsLimit = rowsLimit }

    /// The node's agent was let in. What is noted of a node that isn't here is passed over: it comes from a session that was replaced.
    func add(_ node: String) {
        state.withLock { $0.nodes[node] = $0.nodes[node] ?? Node() }
    }

    /// Takes over a tick that was parsed from `frame`.
    func note(_ tick: TickFrame, frame: RawSpan, node: String, containerColumns: [String], now: Int64) {
        let isDue = state.withLock { state in
            guard let lastLook = state.nodes[node]?.lastLook else {
                state.nodes[node]?.lastTick = now
                state.nodes[node]?.lastLook = now
                return state.nodes[node] != nil
            }
            state.nodes[node]?.lastTick = now
            guard now - lastLook >= Self.period else { return false }
            state.nodes[node]?.lastLook = now
            return true
        }
        guard isDue else { return }
        var containers: (rows: [UInt8], count: UInt64) = ([], 0)
        var processes: UInt64 = 0
        for (name, range) in tick.tables {
            if name == TableID.container.name {
                containers = (frame.extracting(range).withUnsafeBytes { Array($0) }, Self.count(frame, range))
            } else if name == TableID.process.name {
                processes = Self.count(frame, range)
            }
        }
        state.withLock { state in
            guard var known = state.nodes[node] else { return }
            let others = state.rowsBytes - known.containerRows.count
            known.containerRows = others + containers.rows.count <= rowsLimit ? containers.rows : []
            state.rowsBytes = others + known.containerRows.count
            known.containerColumns = containerColumns
            known.containers = containers.count
            known.processes = processes
            known.readTime = max(tick.header.end - tick.header.begin, 0)
            state.nodes[node] = known
        }
    }

    /// Takes over what an agent says of itself.
    func note(_ ping: Ping, node: String) {
        state.withLock { state in
            if let offset = ping.offset, let error = ping.error {
                state.nodes[node]?.clock = ClockReading(offset: offset, error: error)
            }
            state.nodes[node]?.backlogFrames = ping.backlogFrames
            state.nodes[node]?.backlogBytes = ping.backlogBytes
        }
    }

    /// The node's agent has gone: what it said is no longer live.
    func remove(_ node: String) {
        state.withLock { state in
            guard let gone = state.nodes.removeValue(forKey: node) else { return }
            state.rowsBytes -= gone.containerRows.count
        }
    }

    subscript(node: String) -> Node? { state.withLock { $0.nodes[node] } }

    var all: [String: Node] { state.withLock { $0.nodes } }

    private static func count(_ frame: RawSpan, _ range: Range<Int>) -> UInt64 {
        var rows: UInt64 = 0
        var scanner = JSONScanner(frame, at: range.lowerBound)
        scanner.elements { _ in rows += 1 }
        return rows
    }
}
