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
        /// When the rows were last looked at.
        fileprivate var lastLook: Int64?
        var clock: ClockReading?
    }

    /// Rows are looked at no more often than that (µs): at short intervals live values would cost more than the recording.
    private static let period: Int64 = 250_000

    private let nodes = Mutex<[String: Node]>([:])

    /// The node's agent was let in. What is noted of a node that isn't here is passed over: it comes from a session that was replaced.
    func add(_ node: String) {
        nodes.withLock { $0[node] = $0[node] ?? Node() }
    }

    /// Takes over a tick that was parsed from `frame`.
    func note(_ tick: TickFrame, frame: RawSpan, node: String, containerColumns: [String], now: Int64) {
        let isDue = nodes.withLock { nodes in
            guard let known = nodes[node] else { return false }
            nodes[node]?.lastTick = now
            guard known.lastLook.map({ now - $0 >= Self.period }) ?? true else { return false }
            nodes[node]?.lastLook = now
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
        nodes.withLock { nodes in
            nodes[node]?.containerRows = containers.rows
            nodes[node]?.containerColumns = containerColumns
            nodes[node]?.containers = containers.count
            nodes[node]?.processes = processes
        }
    }

    func note(_ clock: ClockReading, node: String) {
        nodes.withLock { $0[node]?.clock = clock }
    }

    /// The node's agent has gone: what it said is no longer live.
    func remove(_ node: String) {
        nodes.withLock { $0[node] = nil }
    }

    subscript(node: String) -> Node? { nodes.withLock { $0[node] } }

    var all: [String: Node] { nodes.withLock { $0 } }

    private static func count(_ frame: RawSpan, _ range: Range<Int>) -> UInt64 {
        var rows: UInt64 = 0
        var scanner = JSONScanner(frame, at: range.lowerBound)
        scanner.elements { _ in rows += 1 }
        return rows
    }
}
