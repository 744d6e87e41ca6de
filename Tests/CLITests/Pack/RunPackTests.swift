import ArgumentParser
import Foundation
import StatsCore
import SystemPackage
import TestSupport
import Testing

@testable import CLI

@Suite("sonde pack") struct RunPackTests {
    /// Two runs, of which one is incomplete, packed into `x.tar`.
    private static func packed(isPlain: Bool = false) throws -> ScratchDirectory {
        let scratch = try ScratchDirectory(inMemory: true)
        var (one, two) = try (PartRun("one", missing: true), PartRun("group/two"))
        one.run.manifest.note = "a | note\nof two lines"
        two.run.manifest.labels = ["variant": "a"]
        let directories = try [one, two].map { try $0.write(to: scratch) }
        _ = try RunPack(directories: directories, output: scratch.path("x.tar"), isPlain: isPlain).run()
        return scratch
    }

    private static func verify(_ path: String) throws -> VerifyReports { try judged(path).reports }

    private static func judged(_ path: String) throws -> (reports: VerifyReports, status: Int32) {
        var reports: VerifyReports?
        var status: Int32 = 0
        do {
            try VerifyCommand.judge([path]) { reports = $0 }
        } catch let end as ExitCode {
            status = end.rawValue
        } catch let failure as CommandFailure {
            status = failure.status.rawValue
        }
        return (try #require(reports), status)
    }

    @Test("An archive is proved as the runs in it are", arguments: [false, true])
    func proved(isPlain: Bool) throws {
        let scratch = try Self.packed(isPlain: isPlain)
        let archive = scratch.path("x.tar")
        let reports = try Self.verify(archive)
        #expect(reports.archives?.map(\.isIntact) == [true] && reports.runs.map(\.result) == [.complete, .incomplete])
        for (packed, plain) in [("group_two", "group/two"), ("one", "one")] {
            let own = try RunVerification.report(on: scratch.path(plain)).text.replacing(scratch.path(plain), with: "")
            #expect(try RunVerification.report(on: "\(archive)/\(packed)").text.replacing("\(archive)/\(packed)", with: "") == own)
            #expect(try ReportPage("\(archive)/\(packed)").html == ReportPage(scratch.path(plain)).html)
        }
        let several = try #require(#expect(throws: CommandFailure.self) { _ = try RunOnDisk(archive) })
        #expect(several.message.contains("holds 2 runs: group_two, one"), "\(several)")
        let absent = try #require(#expect(throws: CommandFailure.self) { _ = try RunOnDisk(archive + "/three") })
        #expect(absent.message.contains("holds no run three"))
    }

    @Test("The same runs become the same bytes, however they are stored and wherever")
    func reproducible() throws {
        let scratch = try Self.packed()
        _ = try RunCompression.run(scratch.path("one"), .compressed)
        try FileManager.default.moveItem(atPath: scratch.path("group/two"), toPath: scratch.path("elsewhere"))
        let output = try scratch.makeDirectory("other") + "/x.tar"
        _ = try RunPack(directories: [scratch.path("one"), scratch.path("elsewhere")], output: output).run()
        #expect(try scratch.bytes("x.tar") == scratch.bytes("other/x.tar"))
        let archive = try TarArchive(output)
        _ = try RunPack(directories: ["\(output)/one", "\(output)/group_two"], output: scratch.path("x2.tar")).run()
        #expect(
            try TarArchive(scratch.path("x2.tar")).contents("x2/one/host.csv.gz", limit: 1 << 20)
                == archive.contents("x/one/host.csv.gz", limit: 1 << 20))
    }

    @Test("An archive that tells the command lines of processes says so, in what is printed and in its README, and another one doesn't")
    func commandLines() throws {
        let scratch = try ScratchDirectory(inMemory: true)
        for (name, kind, message, isTold) in [
            ("told", "process", "mysqld --password=x", true), ("hidden", "process", "", false), ("marked", "mark", "x", false),
        ] {
            var run = try PartRun(name)
            run.run.files["event.csv"] =
                (run.run.files["event.csv"] ?? "").split(separator: "\n").prefix(1).joined() + "\n"
                + "\(VerifyRunBuilder.time(1)),1,a,\(kind),\(message)\n"
            let report = try RunPack(directories: [run.write(to: scratch)], output: scratch.path("\(name).tar")).run()
            #expect(report.text.contains("Warning: event.csv holds the command lines of processes, which may hold secrets") == isTold)
            let readme = try TarArchive(scratch.path("\(name).tar")).contents("\(name)/README.md", limit: 1 << 20)
            let text = String(decoding: readme, as: UTF8.self)
            #expect(text.contains("**Before you pass it on:** event.csv holds") == isTold && text.contains("--hide-arguments") == isTold)
        }
    }

    @Test("Whichever byte of an archive is another one, verify says so")
    func flipped() throws {
        let scratch = try Self.packed()
        let whole = try scratch.bytes("x.tar")
        // Each byte of the last two files with their headers, and some of all others.
        let places =
            Array(stride(from: 0, to: whole.count, by: 997)) + Array(stride(from: whole.count - 3000, to: whole.count, by: 13))
            + Array(0..<512)
        for place in places {
            var bytes = whole
            bytes[place] ^= 0x20
            try scratch.write(bytes, to: "y.tar")
            let (reports, status) = try Self.judged(scratch.path("y.tar"))
            #expect(reports.archives?.contains { !$0.isIntact } == true && status == 2, "byte \(place): \(status)")
        }
    }

    @Test("An archive that is cut short is named as such, wherever it ends")
    func cut() throws {
        let scratch = try Self.packed()
        let whole = try scratch.bytes("x.tar")
        for length in stride(from: 0, to: whole.count, by: 509) {
            try scratch.write(whole.prefix(length), to: "y.tar")
            let archive = try #require(Self.verify(scratch.path("y.tar")).archives?.first)
            #expect(
                !archive.isIntact && archive.verdict.contains("cut short") || archive.verdict.contains("missing"),
                "\(length): \(archive.verdict)")
        }
    }

    @Test("A file that was added, left out, or put in place of another one is found")
    func foreign() throws {
        let scratch = try Self.packed(isPlain: true)
        let archive = try TarArchive(scratch.path("x.tar"))
        func faults(_ change: (inout [String: [UInt8]]) -> Void) throws -> [String] {
            var files: [String: [UInt8]] = [:]
            for name in archive.members.keys { files[name] = try archive.contents(name, limit: 1 << 20) }
            change(&files)
            if FileManager.default.fileExists(atPath: scratch.path("y.tar")) {
                try FileManager.default.removeItem(atPath: scratch.path("y.tar"))
            }
            let writer = TarWriter(try Descriptor.directory(scratch.path).newFile("y.tar"))
            for (name, bytes) in files.sorted(by: { $0.key > $1.key }) { try writer.add(name, bytes, modified: 0) }
            try writer.finish()
            return try Self.verify(scratch.path("y.tar")).archives?.first?.faults.map(\.description) ?? []
        }
        #expect(try faults { _ in } == [], "the order of files doesn't matter")
        #expect(try faults { $0["x/more"] = [1] } == ["x/more: SHA256SUMS doesn't name it"])
        #expect(try faults { $0["x/README.md"] = nil } == ["x/README.md: SHA256SUMS names it, and it is not there"])
        #expect(try faults { $0["x/README.md"]?.append(1) }.first?.hasPrefix("x/README.md: its SHA-256 is") == true)
        // The other run is judged all the same.
        #expect(try faults { $0["x/group_two/run.json"] = [1] }.first?.hasPrefix("x/group_two/run.json: its SHA-256 is") == true)
        let (reports, status) = try Self.judged(scratch.path("y.tar"))
        #expect(reports.runs.map(\.name) == ["one"] && status == 2)
        #expect(try faults { $0["x/SHA256SUMS"] = nil }.first?.contains("is not there") == true)
    }

    @Test("The README says what is in the archive, and what comes from outside can't change its form")
    func readme() throws {
        let scratch = try Self.packed()
        let text = String(decoding: try TarArchive(scratch.path("x.tar")).contents("x/README.md", limit: 1 << 20), as: UTF8.self)
        for expected in [
            "| one | \(VerifyRunBuilder.time(0)) | 5s | 1s | 2 |  | incomplete: node b misses 2 of 6 ticks (2 away) |", "variant=a",
            "- one: a \\| note\\x0aof two lines",
            "`disk.csv.gz` *", "sha256sum -c SHA256SUMS", "one/host.csv.gz",
        ] { #expect(text.contains(expected), "\(expected)") }
    }

    @Test("A run that isn't closed or is damaged, an output that is no .tar or is there: refused, with nothing left")
    func refused() throws {
        let scratch = try Self.packed()
        var open = try PartRun("open")
        open.run.open()
        try open.write(to: scratch)
        try scratch.write(scratch.bytes("one/host.csv").dropLast(), to: "one/host.csv")
        let before = scratch.tree()
        for (run, output, expected) in [
            ("open", "y.tar", "is not closed"), ("one", "y.tar", "is damaged"), ("group/two", "x.tar", "exists"),
            ("group/two", "y.tar.gz", "doesn't end in .tar"),
            ("none", "y.tar", "No such file"),
        ] {
            let failure = try #require(
                #expect(throws: CommandFailure.self) { try RunPack(directories: [scratch.path(run)], output: scratch.path(output)).run() })
            #expect(failure.message.contains(expected), "\(failure)")
        }
        #expect(scratch.tree() == before)
    }
}
