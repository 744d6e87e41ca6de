import StatsCore
import SystemPackage

/// Packs runs into one archive that explains and proves itself: a tar whose tables are compressed one by one, so that each can be read where it stands. The same runs become the
/// same bytes, whether they are stored compressed or not.
struct RunPack {
    let directories: [String]
    let output: String
    /// Whether tables stay as they are.
    var isPlain = false

    /// - Throws: `CommandFailure`. Nothing is left at the output then.
    func run() throws -> PackReport {
        let path = FilePath(output)
        guard let name = path.lastComponent?.string, name.hasSuffix(".tar"), name.utf8.count > 4 else {
            throw CommandFailure(
                code: "bad_output",
                message:
                    "--output \(output) doesn't end in .tar: the archive is a tar, whose tables are compressed one by one, so that they can be read where they are."
            )
        }
        do {
            let target = try NewNamedFile(path)
            var runs: [PackedRun] = []
            for directory in directories { runs.append(try PackedRun(directory, taken: Set(runs.map(\.name)))) }
            let writer = TarWriter(try target.open())
            // It holds the lock until the archive has its name, or is away.
            defer { withExtendedLifetime(writer) {} }
            do {
                let report = try write(runs, as: PackedRun.plain(String(name.dropLast(4))), to: writer)
                try check()
                try target.finish()
                return report
            } catch {
                target.discard()
                throw error
            }
        } catch let error as DiskError where error.path.contains(".\(name).part") {
            throw CommandFailure(code: "unwritable", message: "\(error). Nothing was packed, and nothing is left of it.")
        } catch let failure as SyncFailure {
            throw CommandFailure(code: "unwritable", message: "\(failure.cause). Nothing was packed.")
        } catch {
            return try RunOnDisk.naming(directories.joined(separator: ", ")) { throw error }
        }
    }

    private func check() throws {
        let path = FilePath(output)
        let hidden = path.removingLastComponent().appending(".\(path.lastComponent?.string ?? "").part")
        let report = ArchiveCheck.report(on: try TarArchive(hidden.string))
        if !report.isIntact { throw CommandFailure(code: "damaged", message: "What was packed reads back otherwise: \(report.verdict).") }
    }

    private func write(_ runs: [PackedRun], as top: String, to archive: TarWriter) throws -> PackReport {
        let modified = runs.map(\.modified).max() ?? 0
        let readme = PackReadme(runs: runs, archive: top, isPlain: isPlain)
        try archive.add("\(top)/README.md", readme.text.utf8, modified: modified)
        try archive.add("\(top)/\(RunFiles.columns)", PackedFacts.dictionary(runs), modified: modified)
        try archive.add("\(top)/\(PackedFacts.environmentFile)", PackedFacts.environment(runs), modified: modified)
        for run in runs { try write(run, below: "\(top)/\(run.name)", to: archive) }
        var sums = ""
        for member in archive.members { sums += "\(member.sha256)  \(member.name.dropFirst(top.utf8.count + 1))\n" }
        try archive.add("\(top)/\(ArchiveCheck.sums)", sums.utf8, modified: modified)
        try archive.finish()
        return PackReport(
            archive: output, bytes: archive.length, runs: runs.map { .init(name: $0.name, verdict: $0.manifest.verdict ?? "") },
            files: archive.members.map { .init(name: $0.name, bytes: $0.bytes, sha256: $0.sha256) }, warning: PackedRun.warning(of: runs))
    }

    private func write(_ run: PackedRun, below directory: String, to archive: TarWriter) throws {
        try archive.add("\(directory)/\(RunFiles.manifest)", run.run.manifestBytes(), modified: run.modified)
        try archive.add("\(directory)/report.html", run.html.utf8, modified: run.modified)
        let known = [RunFiles.columns, RunFiles.gaps] + TableID.allCases.map(RunFiles.table)
        let claims = run.run.claims.files
        let others = claims.keys.filter { !known.contains($0) }.sorted()
        for name in known + others {
            guard let claim = claims[name] else { continue }
            let stored = isPlain || RunFiles.staysPlain(name) ? name : RunFiles.compressed(name)
            // gzip adds some bytes to what can't get smaller.
            try archive.add("\(directory)/\(stored)", mayHave: claim.bytes + claim.bytes / 100 + 4096, modified: run.modified) { sink in
                try copy(name, claim, of: run, to: sink, isCompressed: stored != name)
            }
        }
    }

    /// Copies what a file holds, and holds it against what run.json says.
    private func copy(_ name: String, _ claim: RunClaims.File, of run: PackedRun, to sink: any ByteSink, isCompressed: Bool) throws {
        let input = try run.run.stored(name).input(claim: claim.bytes)
        let writer = isCompressed ? try GzipWriter(sink) : nil
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { room.deallocate() }
        var sum = SHA256Sum()
        var bytes: UInt64 = 0
        while true {
            let count = try input.read(into: room, at: bytes)
            let piece = UnsafeMutableRawBufferPointer(rebasing: room[..<count])
            sum.update(UnsafeRawBufferPointer(piece))
            bytes += UInt64(count)
            if let writer { try writer.write(piece) } else { try sink.write(UnsafeRawBufferPointer(piece)) }
            if count < room.count || bytes > claim.bytes { break }
        }
        try writer?.finish()
        guard bytes == claim.bytes, sum.hexadecimal == claim.sha256 else {
            throw CommandFailure(code: "damaged", message: "\(name) of \(run.manifest.name) has changed while it was packed. Do it again.")
        }
    }
}
