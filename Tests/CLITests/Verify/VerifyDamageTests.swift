import ArgumentParser
import FoundationEssentials
import StatsCore
import SystemPackage
import Testing

@testable import CLI

/// What disks, crashes and people do to the files of a run.
@Suite("sonde verify on damaged files") struct VerifyDamageTests {
    private func codes(_ report: VerifyReport) -> Set<RunFault.Code> { Set(report.faults.map(\.code)) }

    /// A closed run with its `.commit`, as a collector leaves it.
    private func closedRun() throws -> VerifyRunBuilder {
        var run = try VerifyRunBuilder(missing: true)
        let manifest = run.manifest
        run.open()
        run.manifest = manifest
        return run
    }

    @Test(
        "A flipped bit is found, wherever in a file it is",
        arguments: ["host.csv", "disk.csv", "event.csv", "gaps.csv", "columns.csv", ".commit"])
    func flippedBit(file: String) async throws {
        let run = try closedRun()
        #expect(try await run.report().faults == [])
        try await TemporaryDirectory.with { directory in
            try run.write(to: directory)
            let path = directory.appending(file)
            let whole = try VerifyRunBuilder.bytes(at: path)
            for index in stride(from: 0, to: whole.count, by: max(1, whole.count / 150)) {
                var bytes = whole
                bytes[index] ^= 1 << UInt8(index % 8)
                try VerifyRunBuilder.put(bytes, at: path)
                let report = try RunVerification.report(on: directory.string)
                #expect(report.result == .damaged, "bit \(index % 8) of byte \(index)")
            }
        }
    }

    @Test("A flipped bit in run.json is found wherever it changes what is claimed about ticks and files")
    func flippedBitOfManifest() async throws {
        let run = try closedRun()
        try await TemporaryDirectory.with { directory in
            try run.write(to: directory)
            let path = directory.appending("run.json")
            let whole = try VerifyRunBuilder.bytes(at: path)
            let claims = try RunManifest(decoding: whole)
            for index in 0..<whole.count {
                var bytes = whole
                bytes[index] ^= 1 << UInt8(index % 8)
                try VerifyRunBuilder.put(bytes, at: path)
                guard let report = try? RunVerification.report(on: directory.string), report.result != .damaged else { continue }
                // Nobody can tell what a remark or a version was. Everything that can be counted again must be as it was.
                let changed = try RunManifest(decoding: bytes)
                #expect(changed.files == claims.files && changed.nodes.map(\.present) == claims.nodes.map(\.present), "byte \(index)")
                #expect(changed.nodes.map(\.missing) == claims.nodes.map(\.missing), "byte \(index)")
                #expect((changed.state, changed.verdict) == (claims.state, claims.verdict), "byte \(index)")
                #expect(
                    (changed.t0Us, changed.intervalUs, changed.lastTick) == (claims.t0Us, claims.intervalUs, claims.lastTick),
                    "byte \(index)")
            }
        }
    }

    @Test("A file that was cut short is found", arguments: ["host.csv", "event.csv", "gaps.csv", "columns.csv"])
    func cutShort(file: String) async throws {
        let run = try VerifyRunBuilder(missing: true)
        for cut in [1, 7, 40] {
            let report = try await run.report { directory in
                let path = directory.appending(file)
                try VerifyRunBuilder.put(Array(VerifyRunBuilder.bytes(at: path).dropLast(cut)), at: path)
            }
            #expect(codes(report).isSuperset(of: [.size, .checksum]), "\(report.text)")
        }
    }

    @Test("A file that is gone, one that nobody knows, and one that can't be read are named")
    func strayFiles() async throws {
        let report = try await VerifyRunBuilder().report { directory in
            try Descriptor.directory(directory.string).remove("disk.csv")
            try Descriptor.directory(directory.string).remove("event.csv")
            try Descriptor.directory(directory.string).makeDirectory("event.csv")
            try VerifyRunBuilder.put([], at: directory.appending("notes.csv"))
            try VerifyRunBuilder.put([], at: directory.appending("README"))
        }
        let found = Dictionary(report.faults.map { ($0.file ?? "", $0.code) }) { first, _ in first }
        #expect(found["disk.csv"] == .missingFile)
        #expect(found["event.csv"] == .size || found["event.csv"] == .unreadableFile)
        #expect(codes(report).contains(.unreadableFile))
        #expect(found["notes.csv"] == .unnamedFile)
        #expect(found["README"] == nil)
    }

    @Test("Names in run.json lead to no file outside of the run")
    func namesStayInside() async throws {
        let run = try VerifyRunBuilder()
        let report = try await run.report { directory in
            let path = directory.appending("run.json")
            var manifest = try RunManifest(decoding: VerifyRunBuilder.bytes(at: path))
            manifest.files["../x.csv"] = manifest.files["host.csv"]
            try VerifyRunBuilder.put(manifest.encoded(), at: path)
        }
        #expect(report.faults.contains { $0.code == .manifest && $0.message.contains("../x.csv") })
    }

    // MARK: Runs that aren't closed

    @Test("Of a run that isn't closed, what is durable is checked, and it doesn't pass as complete")
    func open() async throws {
        var run = try VerifyRunBuilder(missing: true)
        run.open()
        let report = try await run.report { directory in
            // Rows and half a record that no commit covers.
            let path = directory.appending("host.csv")
            try VerifyRunBuilder.put(VerifyRunBuilder.bytes(at: path) + Array("2026-".utf8), at: path)
            let log = directory.appending(".commit")
            try VerifyRunBuilder.put(VerifyRunBuilder.bytes(at: log) + Array("0123abcd {\"fi".utf8), at: log)
        }
        #expect(report.faults == [])
        #expect(report.result == .open)
        #expect(report.nodes.map(\.present) == [6, 4])
        #expect(report.verdict.hasPrefix("not closed (recording)"))
    }

    @Test("A node that joined a run in progress is known with all that it said, though run.json is older")
    func joined() async throws {
        var run = try VerifyRunBuilder()
        run.open()
        let whole = run.manifest.nodes
        let last = run.manifest.nodes.removeLast()
        run.commit?.nodes[last.node] = last
        try await TemporaryDirectory.with { [run] directory in
            try run.write(to: directory)
            #expect(try RunOnDisk(directory.string).manifest.nodes == whole)
            let report = try RunVerification.report(on: directory.string)
            #expect(report.faults == [] && report.nodes.map(\.node) == ["a", "b"])
        }
    }

    @Test("Of a run that isn't closed, damage to what is durable is found")
    func openAndDamaged() async throws {
        var run = try VerifyRunBuilder()
        run.open()
        let flipped = try await run.report { directory in
            let path = directory.appending("host.csv")
            var bytes = try VerifyRunBuilder.bytes(at: path)
            bytes[bytes.count - 2] ^= 1
            try VerifyRunBuilder.put(bytes, at: path)
        }
        #expect(codes(flipped) == [.checksum])
        let short = try await run.report { directory in
            let path = directory.appending("host.csv")
            try VerifyRunBuilder.put(Array(VerifyRunBuilder.bytes(at: path).dropLast(1)), at: path)
        }
        #expect(codes(short).contains(.size))
        let logless = try await run.report { try VerifyRunBuilder.put([], at: $0.appending(".commit")) }
        #expect(codes(logless).contains(.commit))
        run.commit?.ticks["a"]?.nextTick = 7
        #expect(try await codes(run.report()) == [.unexplained])
    }

    @Test("A closed run and its commit log have to say the same")
    func commitDiffers() async throws {
        var run = try closedRun()
        run.commit?.files["host.csv"] = 1
        run.commit?.rows["disk.csv"] = 1
        run.commit?.ticks["a"]?.present = 5
        let report = try await run.report()
        #expect(report.faults.map(\.code) == [.commit, .commit, .commit])
    }

    // MARK: What is no run

    @Test("What is no run, or of a format to come, is refused with a reason")
    func noRun() async throws {
        try await TemporaryDirectory.with { directory in
            func code(_ manifest: String?) throws -> String? {
                if let manifest { try VerifyRunBuilder.put(Array(manifest.utf8), at: directory.appending("run.json")) }
                let error = #expect(throws: CommandFailure.self) { try RunVerification.report(on: directory.string) }
                #expect(error?.status == .failure)
                return error?.code
            }
            #expect(try code(nil) == "no_run")
            #expect(try code("") == "bad_manifest")
            #expect(try code("{\"format\":1}") == "bad_manifest")
            #expect(try code("{\"format\":2,\"new\":true}") == "bad_format")
            var run = try VerifyRunBuilder()
            run.manifest.intervalUs = 0
            #expect(try code(String(decoding: run.manifest.encoded(), as: UTF8.self)) == "bad_manifest")
            run.manifest.intervalUs = 1_000_000
            run.manifest.lastTick = .max
            #expect(try code(String(decoding: run.manifest.encoded(), as: UTF8.self)) == "bad_manifest")
        }
        let absent = #expect(throws: CommandFailure.self) { try RunVerification.report(on: "/nowhere/at/all") }
        #expect(absent?.code == "unreadable")
    }

    @Test("The command is understood with a slash and with several runs, and not without one")
    func usage() throws {
        let command = try #require(try SondeCommand.parseAsRoot(Invocation.arranged(["--json", "/verify", "a", "b"])) as? VerifyCommand)
        #expect(command.directories == ["a", "b"] && command.connection.json)
        for words in [["verify"], ["verify", ""]] {
            let error = #expect(throws: (any Error).self) { try SondeCommand.parseAsRoot(Invocation.arranged(words)) }
            #expect(error.map { SondeCommand.exitCode(for: $0) } == .validationFailure)
        }
    }

    @Test("The status tells a complete run from one that isn't, and both from what is no run")
    func status() async throws {
        func status(_ directories: [FilePath]) throws -> Int32 {
            do {
                _ = try VerifyCommand.judge(directories.map(\.string)) { _ in }
                return 0
            } catch let end as ExitCode {
                return end.rawValue
            } catch let failure as CommandFailure {
                return failure.status.rawValue
            }
        }
        try await TemporaryDirectory.with { directory in
            let paths = ["whole", "short", "none"].map { directory.appending($0) }
            for path in paths { try Descriptor.directory(directory.string).makeDirectory(path.lastComponent?.string ?? "") }
            try VerifyRunBuilder().write(to: paths[0])
            try VerifyRunBuilder(missing: true).write(to: paths[1])
            #expect(try status([paths[0]]) == 0)
            #expect(try status([paths[0], paths[1]]) == 2)
            #expect(try status([paths[2]]) == 1)
            #expect(try status([paths[2], paths[1]]) == 1)
        }
    }
}
