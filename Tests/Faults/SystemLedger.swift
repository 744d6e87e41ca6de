import StatsCore
import Testing

extension RecordedRun {
    /// Checks what must hold of every closed run, whatever happened while it was recorded: each tick of each node is once in the tables that have a
    /// row a tick, or once in gaps.csv, and the manifest counts the same.
    ///
    /// - Parameter nodes: those that took part.
    /// - Returns: the ticks that are missing, by node, with the reason.
    @discardableResult func checkLedger(nodes: [String]) throws -> [String: [Int: String]] {
        let last = try #require(manifest.lastTick.map { Int($0) }, "the run has a last tick")
        let gaps = try table("gaps").rows
        let (host, agent, cores) = (try table("host").rows, try table("agent").rows, try table("cpu").rows)
        #expect(Set(manifest.nodes.map(\.node)) == Set(nodes))
        var missing: [String: [Int: String]] = [:]
        for node in nodes {
            let present = agent.filter { $0.node == node }.map(\.tick)
            #expect(
                zip(present, present.dropFirst()).allSatisfy { $0 < $1 }, "the ticks of \(node) rise, and none is there twice: \(present)")
            #expect(host.filter { $0.node == node }.map(\.tick) == present, "\(node) has a row of the host at each of its ticks")
            let perTick = Dictionary(grouping: cores.filter { $0.node == node }, by: \.tick).mapValues(\.count)
            #expect(
                try Set(perTick.keys) == Set(present) && perTick.values.allSatisfy { try $0 == KernelFacts.cores() },
                "\(node) has a row of each core at each of its ticks")

            var named: [Int: String] = [:]
            for gap in gaps where gap.node == node {
                let (from, to) = try (Int(#require(gap.integer("from_tick"))), Int(#require(gap.integer("to_tick"))))
                #expect(gap.integer("ticks") == Int64(to - from + 1))
                for tick in from...to {
                    let earlier = named.updateValue(try #require(gap["reason"]), forKey: tick)
                    #expect(earlier == nil, "tick \(tick) of \(node) is named once")
                }
            }
            #expect(
                (present + named.keys).sorted() == Array(0...last),
                "each tick of \(node) from 0 to \(last) is there or named, and only once")
            let account = manifest.nodes.first { $0.node == node }
            #expect(account?.expected == UInt64(last + 1) && account?.present == UInt64(present.count), "\(node) in run.json")
            #expect(account?.missing?.values.reduce(0, +) == UInt64(named.count), "\(node) in run.json")
            missing[node] = named
        }
        #expect((manifest.state == .complete) == missing.values.allSatisfy(\.isEmpty), "\(manifest.verdict ?? "no verdict")")
        return missing
    }
}

extension ControlClient {
    /// How many ticks of a node are durable in the run in progress.
    func ticks(of node: String) throws -> UInt64 { try status().nodes.first { $0.node == node }?.ticks ?? 0 }

    /// Waits until a node has that many ticks on the disk.
    func ticks(_ count: UInt64, of node: String, within limit: Duration = .seconds(30)) async throws {
        try await eventually("\(count) ticks of \(node) on the disk", within: limit) { try ticks(of: node) >= count }
    }
}
