import StatsCore

/// In which order the rows of a table are written of nodes that went from one part to another: by ascending ticks, although a part has late in its file what it got late.
///
/// Ticks of such a node come in turns, each of one part. A row waits until all rows of earlier turns are written, so those are counted first. Only where parts wait for each
/// other are rows kept in memory.
struct MovedOrder {
    /// Ticks of a node that one part has, up to those of the next turn.
    struct Turn: Equatable {
        let from: UInt64
        /// Of the part among the inputs.
        let place: Int
    }

    private struct Node {
        let turns: [Turn]
        /// By turn: how many rows aren't written yet.
        var left: [UInt64]
        /// By turn: rows that were read too early.
        var held: [[[UInt8]]]
        /// The turn whose rows may be written; behind the last one when all are.
        var current = 0

        init(_ turns: [Turn]) {
            self.turns = turns
            left = turns.map { _ in 0 }
            held = turns.map { _ in [] }
        }

        /// The turn of a tick.
        func turn(of tick: UInt64) -> Int { max((turns.firstIndex { $0.from > tick } ?? turns.count) - 1, 0) }

        mutating func skipWritten() { while current < turns.count, left[current] == 0 { current += 1 } }
    }

    private var nodes: [Node]

    /// - Parameter nodes: the turns of each node, ascending.
    init(_ nodes: [[Turn]]) { self.nodes = nodes.map(Node.init) }

    /// Counts a row that is going to be written.
    mutating func count(_ node: Int, _ tick: UInt64) { nodes[node].left[nodes[node].turn(of: tick)] += 1 }

    /// All rows are counted.
    mutating func begin() { for node in nodes.indices { nodes[node].skipWritten() } }

    /// The part of which other rows have to be written before this one; `nil` when there is none.
    func holder(of node: Int, _ tick: UInt64) -> Int? {
        let current = nodes[node].current
        return current < nodes[node].turn(of: tick) ? nodes[node].turns[current].place : nil
    }

    /// Keeps a row that has to wait.
    mutating func hold(_ row: [UInt8], _ node: Int, _ tick: UInt64) {
        let turn = nodes[node].turn(of: tick)
        nodes[node].held[turn].append(row)
    }

    /// A row that had not to wait is written.
    /// - Returns: the rows that have waited for it.
    mutating func wrote(_ node: Int, _ tick: UInt64) -> [[UInt8]] {
        let turn = nodes[node].turn(of: tick)
        nodes[node].left[turn] -= nodes[node].left[turn] > 0 ? 1 : 0
        return release(node)
    }

    /// The rows that still wait, which they do only if a file has changed meanwhile.
    mutating func rest() -> [[UInt8]] {
        defer { for node in nodes.indices { nodes[node].held = [] } }
        return nodes.flatMap { $0.held.flatMap(\.self) }
    }

    private mutating func release(_ node: Int) -> [[UInt8]] {
        var rows: [[UInt8]] = []
        nodes[node].skipWritten()
        while nodes[node].current < nodes[node].turns.count {
            let turn = nodes[node].current
            guard !nodes[node].held[turn].isEmpty else { break }
            rows += nodes[node].held[turn]
            nodes[node].left[turn] -= min(UInt64(nodes[node].held[turn].count), nodes[node].left[turn])
            nodes[node].held[turn] = []
            nodes[node].skipWritten()
        }
        return rows
    }
}
