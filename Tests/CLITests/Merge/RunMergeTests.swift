import Foundation
import StatsCore
import SystemPackage
import TestSupport
import Testing

@testable import CLI

@Suite("sonde merge") struct RunMergeTests {
    private static let second: Int64 = 1_000_000

    private static func merge(
        _ runs: [PartRun], in scratch: ScratchDirectory, as name: String = "all", _ change: (inout RunMerge) -> Void = { _ in }
    ) throws -> RunManifest {
        var merge = RunMerge(directories: try runs.map { try $0.write(to: scratch) }, output: scratch.path(name))
        change(&merge)
        return try merge.run().manifest
    }

    private static func table(_ file: String, _ scratch: ScratchDirectory, _ run: String = "all") throws -> [[String]] {
        try scratch.text("\(run)/\(file)").split(separator: "\n").dropFirst().map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
    }

    private static func refusal(_ body: () throws -> Void) throws -> String {
        let failure = try #require(#expect(throws: CommandFailure.self) { try body() })
        return "\(failure.code): \(failure.message)"
    }

    @Test(
        "Runs of two collectors become one that is proved: each row at its instant's tick, and what a collector didn't record is named so and not lost"
    )
    func collectors() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let runs = try [PartRun("one"), PartRun("two", behind: 2 * Self.second, nodes: ("c", "d"))]
        let manifest = try Self.merge(runs, in: scratch)
        #expect(manifest.verdict == "complete: 6 of 6 recorded ticks on each of 4 nodes, over a grid of 8" && manifest.name == "all")
        let proof = try RunVerification.report(on: scratch.path("all"))
        #expect(proof.result == .complete && proof.nodes.map(\.notRecorded) == [2, 2, 2, 2], "\(proof.text)")
        let host = try Self.table("host.csv", scratch)
        #expect(host.count == 24 && host.map { UInt64($0[1]) ?? 0 } == host.map { UInt64($0[1]) ?? 0 }.sorted())
        for row in host { #expect(row[0] == VerifyRunBuilder.time(UInt64(row[1]) ?? 99)) }
        // The tick that they were at in their own run.
        #expect(host.first { $0[2] == "c" }?[3] == "0.0" && host.last { $0[2] == "d" }?[3] == "0.5")
        #expect(
            try Set(Self.table("gaps.csv", scratch).map { $0[1...].joined(separator: " ") }) == [
                "c 0 1 2 not_recorded", "d 0 1 2 not_recorded", "a 6 7 2 not_recorded", "b 6 7 2 not_recorded",
            ])
    }

    @Test("Parts of other days become one run: ticks that were lost stay lost with their reason, and those between the parts are no loss")
    func days() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let runs = try [PartRun("tuesday", behind: 100 * Self.second, missing: true), PartRun("monday")]
        let manifest = try Self.merge(runs, in: scratch)
        #expect(
            manifest.verdict == "incomplete: node b misses 2 of 12 ticks (2 away)" && manifest.parts?.map(\.name) == ["monday", "tuesday"])
        let proof = try RunVerification.report(on: scratch.path("all"))
        #expect(proof.result == .incomplete && proof.nodes.map(\.notRecorded) == [94, 94], "\(proof.text)")
        #expect(try Self.table("gaps.csv", scratch).contains { $0[1...] == ["b", "102", "103", "2", "away"] })
        // In whichever order they are named, and from whichever files: the same bytes.
        _ = try RunCompression.run(scratch.path("monday"), .compressed)
        _ = try RunMerge(directories: [scratch.path("monday"), scratch.path("tuesday")], output: scratch.path("sub/all")).run()
        for file in try FileManager.default.contentsOfDirectory(atPath: scratch.path("all")) {
            #expect(try scratch.bytes("all/\(file)") == scratch.bytes("sub/all/\(file)"), "\(file)")
        }
    }

    @Test("Merging what was merged gives the same rows and parts as merging all at once")
    func inSteps() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let runs = try [
            PartRun("one"), PartRun("two", behind: 40 * Self.second), PartRun("three", behind: 20 * Self.second, nodes: ("a", "c")),
        ]
        let once = try Self.merge(runs, in: scratch)
        _ = try RunMerge(directories: [scratch.path("one"), scratch.path("two")], output: scratch.path("half")).run()
        let twice = try RunMerge(directories: [scratch.path("three"), scratch.path("half")], output: scratch.path("steps")).run().manifest
        #expect(once.parts == twice.parts && once.files == twice.files && once.id == twice.id && once.verdict == twice.verdict)
    }

    @Test("Runs that begin together and have one name become the same bytes in whichever order they are named")
    func sameBegin() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let one = try PartRun("one").write(to: scratch)
        var two = try PartRun("two", nodes: ("c", "d"))
        two.run.manifest.name = "one"
        let other = try scratch.makeDirectory("other")
        try two.run.write(to: FilePath(other))
        _ = try RunMerge(directories: [one, other], output: scratch.path("all")).run()
        _ = try RunMerge(directories: [other, one], output: scratch.path("sub/all")).run()
        for file in try FileManager.default.contentsOfDirectory(atPath: scratch.path("all")) {
            #expect(try scratch.bytes("all/\(file)") == scratch.bytes("sub/all/\(file)"), "\(file)")
        }
    }

    @Test("A run that lies between the parts of a merged one, beside their grid, finds its place there", arguments: [false, true])
    func alignedInSteps(isFirst: Bool) throws {
        let scratch = try ScratchDirectory(inMemory: true)
        // Two begins less than an interval behind the end of one. The third part lies far behind, or else beside both.
        let three = try PartRun(
            "three", behind: (isFirst ? 3 : 100) * Self.second, nodes: isFirst ? ("c", "d") : ("a", "b"))
        let (one, two) = try (PartRun("one"), PartRun("two", behind: 5_400_000))
        func merge(_ names: [String], _ output: String) throws -> RunManifest {
            var merge = RunMerge(directories: names.map { scratch.path($0) }, output: scratch.path(output))
            merge.isAligned = true
            return try merge.run().manifest
        }
        for run in [one, two, three] { try run.write(to: scratch) }
        _ = try merge([isFirst ? "two" : "one", "three"], "half")
        let steps = try merge(["half", isFirst ? "one" : "two"], "steps")
        let placed = try #require(steps.parts?.first { $0.name == "two" })
        #expect(placed.firstTick == 7 && placed.offsetUs == -1_600_000)
        #expect(try RunVerification.report(on: scratch.path("steps")).result == .complete)
    }

    @Test("What doesn't go together is refused, says where, and leaves nothing")
    func refused() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let one = try PartRun("one")
        var slow = try PartRun("slow", behind: 60 * Self.second)
        (slow.run.manifest.intervalUs, slow.run.manifest.id) = (2 * Self.second, "s")
        for (file, rows) in slow.run.files {
            let ticks = (UInt64(1)..<6).reversed()
            slow.run.files[file] = ticks.reduce(rows) { $0.replacing(slow.time($1), with: slow.time(2 * $1)) }
        }
        var open = try PartRun("open", behind: 60 * Self.second)
        open.run.open()
        var other = try PartRun("other", behind: 60 * Self.second)
        other.run.files["columns.csv"]?.replace("host,load1,,", with: "host,load1,percent,")
        let damaged = try PartRun("damaged", behind: 60 * Self.second).write(to: scratch)
        try scratch.append("x", to: "damaged/host.csv")
        let cases: [(PartRun, String)] = [
            (
                try PartRun("late", behind: 4 * Self.second, nodes: ("c", "b")),
                "overlap by 2 ticks, from \(one.time(4)) to \(one.time(5)) (ticks 4 to 5 of"
            ),
            (slow, "ticks every 1s, and"), (open, "is not closed (recording)"),
            (try PartRun("between", behind: 60 * Self.second + 300_000), "lie 300ms behind those of"),
            (other, "Column load1 of table host has the unit `percent` in"),
        ]
        let first = try one.write(to: scratch)
        for (run, expected) in cases {
            let second = try run.write(to: scratch)
            let before = scratch.tree()
            let said = try Self.refusal { _ = try RunMerge(directories: [first, second], output: scratch.path("all")).run() }
            #expect(said.contains(expected) && said.contains(run.run.manifest.name), "\(said)")
            #expect(scratch.tree() == before)
        }
        #expect(
            try Self.refusal { _ = try RunMerge(directories: [first, damaged], output: scratch.path("all")).run() }.contains(
                "damaged is damaged: "))
        #expect(
            try Self.refusal { _ = try RunMerge(directories: [first, first], output: scratch.path("all")).run() }.hasPrefix("overlap: "))
        #expect(
            try Self.refusal { _ = try RunMerge(directories: [first, damaged], output: scratch.path("slow")).run() }.hasPrefix("exists: "))
    }

    @Test(
        "With --align a run between the ticks of another keeps its times, says how far beside the grid it is, and gets no tick that another has"
    )
    func aligned() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        // The second begins less than an interval behind the end of the first.
        let runs = try [PartRun("one"), PartRun("next", behind: 5_400_000), PartRun("two", behind: 2_300_000, nodes: ("c", "d"))]
        let manifest = try Self.merge(runs, in: scratch) { $0.isAligned = true }
        #expect(manifest.parts?.map(\.firstTick) == [0, 2, 7] && manifest.parts?.map(\.offsetUs) == [nil, 300_000, -1_600_000])
        let proof = try RunVerification.report(on: scratch.path("all"))
        #expect(proof.result == .complete, "\(proof.text)")
        #expect(try Self.table("host.csv", scratch).filter { $0[2] == "c" }.map { $0[0] } == (UInt64(0)..<6).map(runs[2].time))

        // A time that is not its part's is found.
        let text = try scratch.text("all/host.csv")
        try scratch.write(text.replacing(runs[2].time(1), with: runs[0].time(3)), to: "all/host.csv")
        #expect(try RunVerification.report(on: scratch.path("all")).faults.contains { $0.code == .time })
    }

    @Test("Columns that a newer version has are empty in an older version's rows, wherever they stand")
    func columns() throws {
        for place in ["end", "middle"] {
            let scratch = try ScratchDirectory(inMemory: true)
            var new = try PartRun("new", behind: 60 * Self.second)
            let entry = "host,load5,,gauge,Sonde,More\n"
            let known = "host,load1,,gauge,Sonde,\"What it is, in a word\"\n"
            let lines = new.run.files["host.csv"]!.split(separator: "\n")
            new.run.files["columns.csv"]?.replace(known, with: place == "end" ? known + entry : entry + known)
            new.run.files["host.csv"] = lines.enumerated().map { index, line in
                var fields = line.split(separator: ",").map(String.init)
                fields.insert(index == 0 ? "load5" : "5", at: place == "end" ? fields.count : 3)
                return fields.joined(separator: ",") + "\n"
            }.joined()
            _ = try Self.merge([PartRun("old"), new], in: scratch)
            let at = place == "end" ? 4 : 3
            let rows = try Self.table("host.csv", scratch)
            #expect(rows.prefix(12).allSatisfy { $0.count == 5 && $0[at].isEmpty && $0[7 - at].hasPrefix("0.") })
            #expect(rows.suffix(12).allSatisfy { $0[at] == "5" && $0[7 - at].hasPrefix("0.") })
            #expect(try RunVerification.report(on: scratch.path("all")).result == .complete)
        }
    }

    @Test("A run that isn't closed, or is damaged, is merged when that is asked for, and the merged run says so")
    func asked() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        var open = try PartRun("open", behind: 60 * Self.second)
        // Node b has told of five ticks by now.
        open.run.removeRows(with: ",5,b", from: "host.csv", "disk.csv", "agent.csv")
        open.run.open()
        open.run.commit?.ticks["b"] = RunLedger.Account(nextTick: 5, present: 5)
        let manifest = try Self.merge([PartRun("one"), open], in: scratch) { $0.allowOpen = true }
        #expect(manifest.verdict == "incomplete: part open was not closed; node b misses 1 of 12 ticks (1 away)")
        #expect(try RunVerification.report(on: scratch.path("all")).result == .incomplete)

        let damaged = try PartRun("damaged", behind: 60 * Self.second).write(to: scratch)
        try scratch.append("no row\n", to: "damaged/host.csv")
        var merge = RunMerge(directories: [scratch.path("one"), damaged], output: scratch.path("worse"))
        merge.allowDamaged = true
        let worse = try merge.run()
        let proof = try RunVerification.report(on: scratch.path("worse"))
        #expect(
            worse.leftOut == 1 && worse.manifest.state == .incomplete && proof.result == .damaged && proof.faults.map(\.code) == [.known])

        // Merged again, it keeps its parts, of which one was damaged.
        let later = try PartRun("later", behind: 120 * Self.second).write(to: scratch)
        var again = RunMerge(directories: [scratch.path("worse"), later], output: scratch.path("again"))
        again.allowDamaged = true
        let parts = try #require(try again.run().manifest.parts)
        #expect(parts.map(\.name) == ["one", "damaged", "later"] && parts.map { $0.damage != nil } == [false, true, false])
        #expect(parts[1].damage == worse.manifest.parts?[1].damage)
    }

    @Test("Of a damaged run whose compressed table is cut short, everything else is merged, and the part says what wasn't read")
    func cutShort() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let paths = try [PartRun("one"), PartRun("cut", behind: 60 * Self.second)].map { try $0.write(to: scratch) }
        _ = try RunCompression.run(paths[1], .compressed)
        try scratch.write(scratch.bytes("cut/host.csv.gz").dropLast(9), to: "cut/host.csv.gz")
        var merge = RunMerge(directories: paths, output: scratch.path("all"))
        merge.allowDamaged = true
        let parts = try #require(try merge.run().manifest.parts)
        #expect(parts[0].damage == nil && parts[1].damage?.hasSuffix("; the rest of host.csv couldn't be read") == true)
        #expect(try Self.table("disk.csv", scratch).count == 2 * Self.table("disk.csv", scratch, "one").count)
        #expect(try RunVerification.report(on: scratch.path("all")).result == .damaged)
    }

    @Test("Labels of all parts are the run's, without those that the parts differ in, which are named and can be settled")
    func labels() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        var (one, two) = try (PartRun("one"), PartRun("two", behind: 60 * Self.second))
        one.run.manifest.labels = ["load": "high", "rack": "1"]
        two.run.manifest.labels = ["load": "high", "rack": "2", "day": "2"]
        let manifest = try Self.merge([one, two], in: scratch)
        #expect(manifest.labels == ["load": "high", "day": "2"])
        #expect(manifest.remarks.contains("The parts differ in the label rack (1, 2), so that the run has none."))
        let settled = try Self.merge([one, two], in: scratch, as: "settled") { $0.labels = ["rack": "all"] }
        #expect(settled.labels == ["load": "high", "day": "2", "rack": "all"])
        // At the next merge what was settled stays, and what wasn't isn't settled by a third run.
        var three = try PartRun("three", behind: 120 * Self.second)
        three.run.manifest.labels = ["rack": "1"]
        let third = try three.write(to: scratch)
        three = try PartRun("four", behind: 120 * Self.second)
        let fourth = try three.write(to: scratch)
        let later = try RunMerge(directories: [scratch.path("settled"), fourth], output: scratch.path("later")).run().manifest
        #expect(later.labels == settled.labels)
        let open = try RunMerge(directories: [scratch.path("all"), third], output: scratch.path("open")).run().manifest
        #expect(open.labels == ["load": "high", "day": "2"])
    }

    @Test("What was lost can't be passed off as not recorded")
    func passedOff() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        var run = try PartRun("one", missing: true)
        run.run.files["gaps.csv"]?.replace("away", with: GapRow.notRecorded)
        (run.run.manifest.nodes[1].missing, run.run.manifest.nodes[1].notRecorded, run.run.manifest.nodes[1].expected) = ([:], 2, 4)
        run.run.manifest.state = .complete
        run.run.manifest.verdict = "complete: all recorded ticks on each of 2 nodes, over a grid of 6"
        let proof = try RunVerification.report(on: run.write(to: scratch))
        #expect(proof.result == .damaged && proof.faults.map(\.code) == [.gap], "\(proof.text)")
    }
}

@Suite("Fuzz: merged runs") struct RunMergeFuzzTests {
    @Test("Whatever run.json of a merged run says of its parts, the run is judged, and merged again or refused")
    func parts() async throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let runs = try [PartRun("one"), PartRun("two", behind: 20_300_000), PartRun("other", behind: 10_000_000, nodes: ("c", "d"))]
        let paths = try runs.map { try $0.write(to: scratch) }
        var merge = RunMerge(directories: Array(paths.prefix(2)), output: scratch.path("all"))
        merge.isAligned = true
        _ = try merge.run()
        let text = try scratch.text("all/run.json")
        // What is damaged are the parts.
        let cut = try #require(text.firstRange(of: "\"parts\""))
        let end = try #require(text[cut.lowerBound...].firstRange(of: "\"remarks\""))
        await Fuzz.run("parts", [Array(text[cut.lowerBound..<end.lowerBound].utf8)], count: 60) { one in
            try scratch.write(text[..<cut.lowerBound].utf8 + one.input + text[end.lowerBound...].utf8, to: "all/run.json")
            _ = (try? RunVerification.report(on: scratch.path("all")))?.text
            var merge = RunMerge(directories: [scratch.path("all"), paths[2]], output: scratch.path("more"))
            (merge.isAligned, merge.allowDamaged) = (true, true)
            guard (try? merge.run()) != nil else { return }
            try FileManager.default.removeItem(atPath: scratch.path("more"))
        }
    }
}
