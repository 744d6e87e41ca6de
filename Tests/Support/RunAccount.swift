import StatsCore
import TestSupport
import Testing

extension RecordedRun {
    /// Checks that these nodes miss nothing that a test may count on, whatever else the machine does: every tick is there, or is one that the
    /// machine left no time for. Such a tick is named `overrun`, or `away` where the order came too late for a run's first ticks.
    ///
    /// - Parameters:
    ///   - nodes: some of those that took part.
    ///   - count: how many ticks the run has, where its end is known beforehand.
    ///   - table: one in which these nodes have a row a tick.
    func checkWhole(_ nodes: String..., ticks count: Int? = nil, in table: String = "agent") throws {
        let last = try #require(manifest.lastTick.map { Int($0) }, "the run has a last tick")
        if let count { #expect(last == count - 1, "the run has \(count) ticks") }
        for node in nodes {
            let present = try ticks(of: node, in: table)
            let named = try named(of: node)
            #expect(!present.isEmpty && (present + named.keys).sorted() == Array(0...last), "\(node) has \(present), and names \(named)")
            let isLate = present.first.map { first in named.filter { $0.key < first && $0.value == "away" } } ?? [:]
            #expect(named.allSatisfy { $0.value == "overrun" || isLate[$0.key] != nil }, "\(node): \(manifest.verdict ?? "no verdict")")
        }
        #expect(
            try (manifest.state == .complete) == (self.table("gaps").rows.isEmpty && haveAllRows), "\(manifest.verdict ?? "no verdict")")
    }

    /// Whether no source came too late for its rows, on any node.
    private var haveAllRows: Bool { manifest.nodes.allSatisfy { $0.incompleteRows == nil } }

    /// The ticks of a node at which a source came too late for its rows, as agent.csv tells.
    func late(_ source: String, of node: String) throws -> Set<Int> {
        Set(try table("agent").rows.filter { $0.node == node && $0.integer("\(source)_late") == 1 }.map(\.tick))
    }

    /// How many rows a node has of something that is there all the time: one for each tick that it has, but for those at which the source came too late.
    func whole(_ source: String, of node: String) throws -> Int {
        let present = try #require(manifest.nodes.first { $0.node == node }?.present, "\(node) is in the run")
        return try Int(present) - late(source, of: node).count
    }

    /// The ticks of a node that gaps.csv names, with the reason.
    func named(of node: String) throws -> [Int: String] {
        var named: [Int: String] = [:]
        for gap in try table("gaps").rows where gap.node == node {
            let (from, to) = try (Int(#require(gap.integer("from_tick"))), Int(#require(gap.integer("to_tick"))))
            #expect(gap.integer("ticks") == Int64(to - from + 1))
            for tick in from...to {
                let earlier = named.updateValue(try #require(gap["reason"]), forKey: tick)
                #expect(earlier == nil, "tick \(tick) of \(node) is named once")
            }
        }
        return named
    }

    /// Checks what must hold for every closed run, whatever happened while it was recorded: each tick of each node is once in every table that has a
    /// row a tick, or once in gaps.csv, and the manifest has the same counts.
    ///
    /// - Parameter nodes: the nodes of the run.
    /// - Returns: the missing ticks by node, with their reasons.
    @discardableResult func checkLedger(nodes: [String]) throws -> [String: [Int: String]] {
        let last = try #require(manifest.lastTick.map { Int($0) }, "the run has a last tick")
        let (host, agent, cores) = (try table("host").rows, try table("agent").rows, try table("cpu").rows)
        #expect(Set(manifest.nodes.map(\.node)) == Set(nodes))
        var missing: [String: [Int: String]] = [:]
        for node in nodes {
            let present = agent.filter { $0.node == node }.map(\.tick)
            #expect(
                zip(present, present.dropFirst()).allSatisfy { $0 < $1 }, "the ticks of \(node) rise, and none is there twice: \(present)")
            let measured = try Set(present).subtracting(late("host", of: node))
            #expect(
                Set(host.filter { $0.node == node }.map(\.tick)) == measured, "\(node) has a row of the host at each tick that isn't late")
            #expect(host.count { $0.node == node } == measured.count, "\(node) has one row of the host a tick")
            let perTick = Dictionary(grouping: cores.filter { $0.node == node }, by: \.tick).mapValues(\.count)
            #expect(
                try Set(perTick.keys) == measured && perTick.values.allSatisfy { try $0 == KernelFacts.cores() },
                "\(node) has a row of each core at each tick that isn't late")

            let named = try named(of: node)
            #expect(
                (present + named.keys).sorted() == Array(0...last),
                "each tick of \(node) from 0 to \(last) is there or named, and only once")
            let account = manifest.nodes.first { $0.node == node }
            #expect(account?.expected == UInt64(last + 1) && account?.present == UInt64(present.count), "\(node) in run.json")
            #expect(account?.missing?.values.reduce(0, +) == UInt64(named.count), "\(node) in run.json")
            for source in ["host", "filesystem", "container", "unit", "process"] {
                let late = try late(source, of: node).count
                #expect(account?.incompleteRows?[source] ?? 0 == UInt64(late), "\(source) of \(node) in run.json")
            }
            missing[node] = named
        }
        #expect(
            (manifest.state == .complete) == (missing.values.allSatisfy(\.isEmpty) && haveAllRows), "\(manifest.verdict ?? "no verdict")")
        return missing
    }
}
