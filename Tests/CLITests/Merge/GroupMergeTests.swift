import StatsCore
import TestSupport
import Testing

@testable import CLI

@Suite("sonde merge of a run over several collectors") struct GroupMergeTests {
    /// How far the three clocks are ahead of the first one, in µs.
    private static let ahead: [Int64] = [0, -123_457, 2_000_001]

    /// The parts of three collectors, each with two nodes and the same mark.
    private static func parts(in scratch: ScratchDirectory) throws -> [String] {
        try ahead.indices.map { place in
            var part = try PartRun("part\(place)", behind: ahead[place], nodes: ("a\(place)", "b\(place)"), missing: place == 2)
            let t0 = part.run.manifest.t0Us - ahead[place]
            part.run.manifest.group = RecordingGroup(
                id: "g", place: place,
                collectors: ahead.enumerated().map {
                    RecordingGroup.Member(collector: "c\($0):1", t0Us: t0 + $1, clockAheadUs: $1, clockErrorUs: 100 * Int64($0))
                })
            if place == 1 { part.run.manifest.group?.clockAtEnd = RecordingGroup.Clock(aheadUs: ahead[1] - 1500, errorUs: 90) }
            part.run.files["event.csv"]! += "\(part.time(2)),2,,mark,load on\n\(part.time(3)),3,,mark,only \(place)\n"
            return try part.write(to: scratch)
        }
    }

    /// The parts of two collectors, between which node `m` went.
    /// - Parameters:
    ///   - gaps: which of its ticks each lacks.
    ///   - change: what else of a part is different.
    private static func moved(
        _ gaps: [[(ticks: ClosedRange<UInt64>, reason: GapReason)]], in scratch: ScratchDirectory,
        _ change: (Int, inout PartRun) -> Void = { _, _ in }
    ) throws -> [String] {
        try gaps.indices.map { place in
            var part = try PartRun("part\(place)", behind: ahead[place], nodes: ("a\(place)", "m"))
            let t0 = part.run.manifest.t0Us - ahead[place]
            part.run.manifest.group = RecordingGroup(
                id: "g", place: place,
                collectors: (0..<2).map {
                    RecordingGroup.Member(collector: "c\($0):1", t0Us: t0 + ahead[$0], clockAheadUs: ahead[$0], clockErrorUs: 0)
                })
            part.remove(gaps[place])
            change(place, &part)
            return try part.write(to: scratch)
        }
    }

    @Test("A node that went from one collector to another has all of its ticks in the merged run, which says who had which")
    func movedNode() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let parts = try Self.moved([[(3...5, .elsewhere)], [(0...2, .elsewhere)]], in: scratch)
        let manifest = try RunMerge(directories: parts, output: scratch.path("all")).run().manifest
        #expect(manifest.state == .complete && manifest.verdict == "complete: 6 of 6 ticks on each of 3 nodes", "\(manifest.verdict ?? "")")
        #expect(manifest.parts?[0].nodeTicks == [.init(node: "m", firstTick: 0, lastTick: 2, present: 3)])
        #expect(manifest.parts?[1].nodeTicks == [.init(node: "m", firstTick: 3, lastTick: 5, present: 3)])
        #expect(
            manifest.remarks.contains(
                "Node m went from one collector to another: c0:1 has ticks 0 to 2, c1:1 has ticks 3 to 5."), "\(manifest.remarks)")
        #expect(try Self.rows("all/host.csv", scratch).filter { $0[2] == "m" }.map { $0[1] } == ["0", "1", "2", "3", "4", "5"])
        #expect(try Self.rows("all/gaps.csv", scratch).isEmpty)
        let proof = try RunVerification.report(on: scratch.path("all"))
        #expect(proof.result == .complete, "\(proof.text)")
    }

    @Test(
        "A collector that got its ticks of such a node late has them behind others in its files, and in the merged run they stand in order")
    func movedLate() throws {
        // Nodes m and w went in opposite directions, and each part got what it has of the first ticks last: either file waits for the other one.
        for late in [["m"], ["m", "w"]] {
            let scratch = try ScratchDirectory(inMemory: true)
            let parts = try Self.moved([[(3...5, .elsewhere)], [(0...2, .elsewhere)]], in: scratch) { place, part in
                part.rename("a\(place)", to: "w", without: place == 0 ? 0...2 : 3...5)
                for file in ["host.csv", "disk.csv", "agent.csv"] {
                    part.run.files[file] = Self.delayed(part.run.files[file] ?? "") { node, tick in late.contains(node) && tick < 3 }
                }
            }
            let manifest = try RunMerge(directories: parts, output: scratch.path("all")).run().manifest
            #expect(manifest.verdict == "complete: 6 of 6 ticks on each of 2 nodes", "\(manifest.verdict ?? "")")
            for node in ["m", "w"] {
                let ticks = try Self.rows("all/host.csv", scratch).filter { $0[2] == node }.map { $0[1] }
                #expect(ticks == ["0", "1", "2", "3", "4", "5"], "\(late) \(node)")
            }
        }
    }

    /// The rows of a file, those that came late last.
    private static func delayed(_ text: String, _ isLate: (String, Int) -> Bool) -> String {
        let lines = text.split(separator: "\n").map { line in
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            return (line, isLate: Int(cells[1]).map { isLate(String(cells[2]), $0) } ?? false)
        }
        return (lines.filter { !$0.isLate } + lines.filter(\.isLate)).map { $0.0 + "\n" }.joined()
    }

    @Test("What no collector has of such a node is missing, for the reason that one of them knows")
    func movedWithGaps() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let parts = try Self.moved(
            [[(0...0, .away), (2...3, .overrun), (4...5, .elsewhere)], [(0...1, .elsewhere), (2...4, .away)]], in: scratch)
        let manifest = try RunMerge(directories: parts, output: scratch.path("all")).run().manifest
        #expect(
            manifest.verdict == "incomplete: node m misses 4 of 6 ticks (2 away, 2 overrun)", "\(manifest.verdict ?? "")")
        let gaps = try Self.rows("all/gaps.csv", scratch)
        #expect(
            gaps.map { Array($0[1...]) } == [
                ["m", "0", "0", "1", "away"], ["m", "2", "3", "2", "overrun"], ["m", "4", "4", "1", "away"],
            ])
        let proof = try RunVerification.report(on: scratch.path("all"))
        #expect(proof.result == .incomplete, "\(proof.text)")
        // Merged with a part of another time it stays so.
        let later = try PartRun("later", behind: 60_000_000, nodes: ("a0", "m")).write(to: scratch)
        let both = try RunMerge(directories: [scratch.path("all"), later], output: scratch.path("both")).run().manifest
        #expect(both.verdict == "incomplete: node m misses 4 of 12 ticks (2 away, 2 overrun)", "\(both.verdict ?? "")")
        #expect(both.parts?.prefix(2).map(\.nodeTicks) == manifest.parts?.map(\.nodeTicks))
        #expect(try RunVerification.report(on: scratch.path("both")).result == .incomplete)
    }

    @Test("A tick of a node that two collectors have is refused")
    func twice() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let parts = try Self.moved([[(4...5, .elsewhere)], [(0...2, .elsewhere)]], in: scratch)
        let failure = #expect(throws: CommandFailure.self) { try RunMerge(directories: parts, output: scratch.path("all")).run() }
        #expect(failure?.code == "overlap" && failure?.message.contains("both have ticks 3 of the node m") == true, "\(failure as Any)")
        #expect(throws: (any Error).self) { try scratch.text("all/run.json") }
    }

    private static func rows(_ file: String, _ scratch: ScratchDirectory) throws -> [[String]] {
        try scratch.text(file).split(separator: "\n").dropFirst().map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }

    @Test(
        "Ticks line up exactly by the clocks that were measured, all times are by the first one's, and what was marked on all is there once"
    )
    func together() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let parts = try Self.parts(in: scratch)
        let manifest = try RunMerge(directories: parts.reversed(), output: scratch.path("all")).run().manifest
        #expect(manifest.verdict == "incomplete: node b2 misses 2 of 6 ticks (2 away)" && manifest.lastTick == 5)
        #expect(manifest.t0Us == manifest.parts?[0].group?.collectors[0].t0Us)
        #expect(manifest.parts?.map(\.name) == ["part0", "part1", "part2"] && manifest.parts?.allSatisfy { $0.offsetUs == nil } == true)
        #expect(
            manifest.remarks.contains {
                $0.contains("c0:1, c1:1, c2:1 recorded one run on one grid") && $0.contains("0.300 ms") && $0.contains("up to 1.500 ms")
            })
        let host = try Self.rows("all/host.csv", scratch)
        #expect(host.count == 34 && host.allSatisfy { $0[0] == VerifyRunBuilder.time(UInt64($0[1]) ?? 99) })
        let gaps = try Self.rows("all/gaps.csv", scratch)
        #expect(gaps == [[VerifyRunBuilder.time(2), "b2", "2", "3", "2", "away"]])
        let marks = try scratch.text("all/event.csv").split(separator: "\n").filter { $0.contains(",mark,") }
        #expect(marks.count == 4 && marks.count { $0.hasSuffix("load on") } == 1)
        #expect(marks.first.map { $0.hasPrefix(VerifyRunBuilder.time(2)) } == true)
        let proof = try RunVerification.report(on: scratch.path("all"))
        #expect(proof.result == .incomplete, "\(proof.text)")

        // In two steps: the same.
        _ = try RunMerge(directories: [parts[0], parts[1]], output: scratch.path("half")).run()
        let steps = try RunMerge(directories: [scratch.path("half"), parts[2]], output: scratch.path("steps")).run().manifest
        #expect(
            steps.parts == manifest.parts && steps.files == manifest.files && steps.verdict == manifest.verdict
                && steps.said == manifest.said)
    }

    @Test("A part that is absent makes the run incomplete and is named, and verify says the same")
    func absent() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let parts = try Self.parts(in: scratch)
        let manifest = try RunMerge(directories: [parts[0], parts[1]], output: scratch.path("all")).run().manifest
        #expect(manifest.state == .incomplete && manifest.verdict == "incomplete: the part of c2:1 was not merged")
        let proof = try RunVerification.report(on: scratch.path("all"))
        #expect(proof.result == .incomplete && proof.verdict.contains("the part of c2:1 was not merged"), "\(proof.text)")
    }

    @Test("A group that can't be, as somebody has edited run.json, moves no times")
    func edited() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        var part = try PartRun("one")
        part.run.manifest.group = RecordingGroup(
            id: "g", place: 0, collectors: [RecordingGroup.Member(collector: "c", t0Us: .max, clockAheadUs: .max, clockErrorUs: 1)])
        let other = try PartRun("two", nodes: ("c", "d"))
        let manifest = try RunMerge(
            directories: [try part.write(to: scratch), try other.write(to: scratch)], output: scratch.path("all")
        ).run().manifest
        #expect(manifest.t0Us == part.run.manifest.t0Us)
        let host = try Self.rows("all/host.csv", scratch)
        #expect(host.allSatisfy { $0[0] == VerifyRunBuilder.time(UInt64($0[1]) ?? 99) })
    }
}
