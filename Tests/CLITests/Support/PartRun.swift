import StatsCore
import SystemPackage
import TestSupport

@testable import CLI

/// A small run that begins at another time than `VerifyRunBuilder` has it, with nodes of other names.
struct PartRun {
    var run: VerifyRunBuilder
    private let behind: Int64

    /// - Parameters:
    ///   - behind: how much later it begins, in µs.
    ///   - nodes: the names of its two nodes.
    init(_ name: String, behind: Int64 = 0, nodes: (String, String) = ("a", "b"), missing: Bool = false) throws {
        run = try VerifyRunBuilder(missing: missing)
        self.behind = behind
        run.addAgents(late: [])
        (run.manifest.id, run.manifest.name) = ("id of \(name)", name)
        for (file, rows) in run.files where file != "columns.csv" {
            var rows = rows
            for (old, new) in [("a", nodes.0), ("b", nodes.1)] { rows.replace(",\(old),", with: ",\(new),") }
            // By way of a mark, as one time may become another of those that follow.
            for tick in UInt64(0)..<10 { rows.replace(VerifyRunBuilder.time(tick), with: "<\(tick)>") }
            for tick in UInt64(0)..<10 { rows.replace("<\(tick)>", with: time(tick)) }
            run.files[file] = rows
        }
        (run.manifest.nodes[0].node, run.manifest.nodes[1].node) = nodes
        run.manifest.t0Us += behind
        (run.manifest.t0, run.manifest.ended) = (time(0), time(9))
        run.manifest.verdict?.replace("node b", with: "node \(nodes.1)")
    }

    /// Gives the first node another name, and takes out of the run the ticks that another collector has.
    mutating func rename(_ old: String, to new: String, without ticks: ClosedRange<UInt64>) {
        for (file, rows) in run.files { run.files[file] = rows.replacing(",\(old),", with: ",\(new),") }
        run.manifest.nodes[0].node = new
        remove([(ticks, .elsewhere)], of: 0)
    }

    /// Takes ticks of a node, the second one if not another is named, out of the run, and says why they are missing.
    mutating func remove(_ gaps: [(ticks: ClosedRange<UInt64>, reason: GapReason)], of place: Int = 1) {
        let node = run.manifest.nodes[place].node
        for gap in gaps {
            for tick in gap.ticks { run.removeRows(with: "\(time(tick)),\(tick),\(node),", from: "host.csv", "disk.csv", "agent.csv") }
            let count = gap.ticks.upperBound - gap.ticks.lowerBound + 1
            run.files["gaps.csv"]! +=
                "\(time(gap.ticks.lowerBound)),\(node),\(gap.ticks.lowerBound),\(gap.ticks.upperBound),\(count),\(gap.reason)\n"
                .replacing("spoolFull", with: "spool_full")
            run.manifest.nodes[place].present! -= count
            run.manifest.nodes[place].missing!.addCounts(of: [gap.reason.rawValue: count])
        }
        let accounts = Dictionary(uniqueKeysWithValues: run.manifest.nodes.map { ($0.node, RunLedger.Account(of: $0) ?? .init()) })
        run.manifest.verdict = Verdict(accounts: accounts, expected: VerifyRunBuilder.ticks).sentence
        run.manifest.state = .incomplete
    }

    func time(_ tick: UInt64) -> String {
        Timestamp.string((Timestamp.nanoseconds(VerifyRunBuilder.time(tick)) ?? 0) / 1000 + behind)
    }

    /// Writes it into a directory of its name.
    @discardableResult func write(to scratch: ScratchDirectory) throws -> String {
        let path = try scratch.makeDirectory(run.manifest.name)
        try run.write(to: FilePath(path))
        return path
    }
}
