import Foundation
import StatsCore
import SystemPackage
import TestSupport
import Testing

@testable import CLI

@Suite("Compressed runs") struct RunCompressionTests {
    private static func run() throws -> ScratchDirectory {
        let scratch = try ScratchDirectory(inMemory: true)
        var chart = try ChartRun(missing: true)
        for tick in UInt64(0)..<6 { chart.add(tick, id: "c1", name: "web", percent: 2.5, cpu: tick * 1000, received: tick * 7) }
        try chart.run.write(to: FilePath(scratch.path))
        return scratch
    }

    private static func csv(_ scratch: ScratchDirectory) throws -> [String: [UInt8]] {
        try Dictionary(uniqueKeysWithValues: scratch.tree().filter { $0.hasSuffix(".csv") }.map { ($0, try scratch.bytes($0)) })
    }

    /// What a file is called in a compressed run.
    private static func packed(_ name: String) -> String { ["columns.csv", "gaps.csv"].contains(name) ? name : name + ".gz" }

    /// The verdict with all that was found; of the time that a report was made nothing stands in it.
    private static func verified(_ scratch: ScratchDirectory) throws -> String { try RunVerification.report(on: scratch.path).text }

    @Test("A compressed run is proved, reported and drawn as the plain one, and decompressing gives the same bytes back")
    func same() throws {
        let scratch = try Self.run()
        let (plain, proof) = try (Self.csv(scratch), Self.verified(scratch))
        let query = SeriesQuery(table: "container", values: [SeriesQuery.Value(column: "cpu_us")])
        let (report, plot) = try (ReportPage(scratch.path).html, RunPlot(scratch.path, RunPlot.Wish(query: query)).svg)
        let json = try scratch.bytes("run.json")

        let done = try RunCompression.run(scratch.path, .compressed)
        #expect(done.files.map(\.name) == plain.keys.sorted().map(Self.packed) && done.absent.isEmpty)
        #expect(done.files.allSatisfy { plain[$0.name.replacing(".gz", with: "")]?.count == Int($0.holds) })
        #expect(scratch.tree() == (plain.keys.map(Self.packed) + ["run.json"]).sorted())
        #expect(try Self.verified(scratch) == proof)
        #expect(try ReportPage(scratch.path).html == report)
        #expect(try RunPlot(scratch.path, RunPlot.Wish(query: query)).svg == plot)

        _ = try RunCompression.run(scratch.path, .compressed)
        #expect(try Self.verified(scratch) == proof, "once more changes nothing")
        _ = try RunCompression.run(scratch.path, .decompressed)
        #expect(try Self.csv(scratch) == plain && scratch.bytes("run.json") == json)
        #expect(scratch.tree() == (plain.keys.map { $0 } + ["run.json"]).sorted())
    }

    @Test("Whatever an interruption left, the run is whole, and doing it again finishes it")
    func interrupted() throws {
        for direction in [CompressedRun.Direction.compressed, .decompressed] {
            let scratch = try Self.run()
            let (plain, proof) = try (Self.csv(scratch), Self.verified(scratch))
            _ = try RunCompression.run(scratch.path, .compressed)
            let packed = try scratch.bytes("host.csv.gz")
            // Both of host.csv; of disk.csv the half that was written under the hidden name; the rest is done, or not yet.
            try scratch.write(plain["host.csv"] ?? [], to: "host.csv")
            try scratch.write(packed.prefix(20), to: ".disk.csv.gz.new")
            try scratch.write((plain["disk.csv"] ?? []).prefix(20), to: ".disk.csv.new")
            #expect(try Self.verified(scratch) == proof)
            _ = try RunCompression.run(scratch.path, direction)
            #expect(try Self.verified(scratch) == proof)
            let names = plain.keys.map { direction == .compressed ? Self.packed($0) : $0 } + ["run.json"]
            #expect(scratch.tree().filter { !$0.hasPrefix(".disk") } == names.sorted())
        }
    }

    @Test(
        "What says how the tables are read stays plain, so that foreign tools find it; where an earlier version compressed it, it is read, and made plain again"
    )
    func plain() throws {
        let scratch = try Self.run()
        let (columns, gaps, proof) = try (scratch.bytes("columns.csv"), scratch.bytes("gaps.csv"), Self.verified(scratch))
        _ = try RunCompression.run(scratch.path, .compressed)
        for name in ["columns.csv", "gaps.csv"] {
            try Self.pack(scratch, name)
            try FileManager.default.removeItem(atPath: scratch.path(name))
        }
        #expect(try Self.verified(scratch) == proof && RunSummary(scratch.path).remarks.isEmpty)
        _ = try RunCompression.run(scratch.path, .compressed)
        #expect(try scratch.bytes("columns.csv") == columns && scratch.bytes("gaps.csv") == gaps && Self.verified(scratch) == proof)
        #expect(!scratch.tree().contains("columns.csv.gz") && !scratch.tree().contains("gaps.csv.gz"))
    }

    @Test("A file that isn't what run.json says is left as it is, in whichever form")
    func damaged() throws {
        let scratch = try Self.run()
        try scratch.append("x", to: "host.csv")
        let host = try scratch.bytes("host.csv")
        func refusal(_ direction: CompressedRun.Direction) throws -> String {
            let failure = try #require(#expect(throws: CommandFailure.self) { try RunCompression.run(scratch.path, direction) })
            return "\(failure.code) \(failure.message)"
        }
        let refused = try refusal(.compressed)
        #expect(refused.hasPrefix("damaged ") && refused.contains("host.csv"), "\(refused)")
        #expect(try scratch.bytes("host.csv") == host && !scratch.tree().contains { $0.hasSuffix(".new") || $0 == "host.csv.gz" })
        // Of both files that are there, the plain one is not what it should be: nothing may be removed for its sake.
        try scratch.write("", to: "host.csv.gz")
        #expect(try refusal(.decompressed).hasPrefix("damaged "))
        #expect(scratch.tree().contains("host.csv.gz"))
    }

    @Test("A compressed file that is cut, damaged or holds too much is named by verify, and can't be decompressed")
    func rotten() throws {
        for rot in [{ $0.dropLast(9) }, { $0.dropLast(8) + [$0[$0.count - 8] ^ 1] + $0.suffix(7) }, { $0 + $0 }] as [([UInt8]) -> [UInt8]] {
            let scratch = try Self.run()
            _ = try RunCompression.run(scratch.path, .compressed)
            let packed = try scratch.bytes("disk.csv.gz")
            try scratch.write(rot(packed), to: "disk.csv.gz")
            let report = try RunVerification.report(on: scratch.path)
            #expect(
                report.result == .damaged && report.faults.contains { $0.code == .unreadableFile && $0.file == "disk.csv" },
                "\(report.text)")
            #expect(throws: CommandFailure.self) { try RunCompression.run(scratch.path, .decompressed) }
            #expect(try scratch.bytes("disk.csv.gz") == rot(packed) && !scratch.tree().contains("disk.csv"))
        }
    }

    @Test("Another text in a compressed file is found by its checksum, a shorter one by its size, and a file of nobody's is named")
    func exchanged() throws {
        let scratch = try Self.run()
        _ = try RunCompression.run(scratch.path, .compressed)
        let other = try Self.run()
        try other.write(Array(other.text("disk.csv").replacing("vda", with: "vdx").utf8), to: "disk.csv")
        try Self.pack(other, "disk.csv")
        try scratch.write(other.bytes("disk.csv.gz"), to: "disk.csv.gz")
        try scratch.write(other.bytes("disk.csv.gz"), to: "more.csv.gz")
        let codes = try RunVerification.report(on: scratch.path).faults.map(\.code)
        #expect(codes.contains(.checksum) && codes.contains(.unnamedFile) && !codes.contains(.size))
        try other.write(Array(other.text("disk.csv").dropLast(30).utf8), to: "disk.csv")
        try Self.pack(other, "disk.csv")
        try scratch.write(other.bytes("disk.csv.gz"), to: "disk.csv.gz")
        #expect(try RunVerification.report(on: scratch.path).faults.contains { $0.code == .size && $0.file == "disk.csv" })
    }

    private static func pack(_ scratch: ScratchDirectory, _ name: String) throws {
        var bytes = try scratch.bytes(name)
        try scratch.write("", to: name + ".gz")
        let writer = try GzipWriter(Descriptor.directory(scratch.path).writableFile(name + ".gz"))
        try bytes.withUnsafeMutableBytes { room in try writer.write(room) }
        try writer.finish()
    }

    @Test("An open run, one that somebody works on, and what is no run are refused")
    func refused() throws {
        let scratch = try Self.run()
        func code() -> String? { #expect(throws: CommandFailure.self) { try RunCompression.run(scratch.path, .compressed) }?.code }
        let worker = try Descriptor.directory(scratch.path)
        #expect(worker.lock() && code() == "busy")
        worker.unlock()
        var open = try VerifyRunBuilder()
        open.open()
        try open.write(to: FilePath(scratch.path))
        #expect(code() == "run_active")
        try FileManager.default.removeItem(atPath: scratch.path("run.json"))
        #expect(code() == "no_run")
    }

    @Test("An archive is told to be one, and not to be named otherwise; of a run's file its directory is told")
    func others() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let runs = try ["one", "two"].map { try PartRun($0).write(to: scratch) }
        _ = try RunPack(directories: runs, output: scratch.path("x.tar")).run()
        for path in ["x.tar", "x.tar/one"] {
            let failure = try #require(#expect(throws: CommandFailure.self) { try RunCompression.run(scratch.path(path), .compressed) })
            #expect(failure.message.contains("unpack it with `tar xf`") && !failure.message.contains("Name one"), "\(failure)")
        }
        for name in ["run.json", "host.csv"] {
            let path = scratch.path("one/\(name)")
            for refused in [{ _ = try RunVerification.report(on: path) }, { try VerifyCommand.judge([path]) { _ in } }]
                as [() throws -> Void]
            {
                let failure = try #require(#expect(throws: CommandFailure.self) { try refused() })
                #expect(
                    failure.message == "\(path) is a file of a run. Name the directory that it is in: \(scratch.path("one"))", "\(failure)")
            }
        }
    }

    @Test("A file that run.json names and that isn't there is told, and the others are compressed")
    func absent() throws {
        let scratch = try Self.run()
        try FileManager.default.removeItem(atPath: scratch.path("host.csv"))
        let done = try RunCompression.run(scratch.path, .compressed)
        #expect(done.absent == ["host.csv"] && done.text.contains("Not there: host.csv") && scratch.tree().contains("disk.csv.gz"))
    }
}
