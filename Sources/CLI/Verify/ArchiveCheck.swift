import StatsCore

/// Reads every file of an archive once, and holds it against the archive's SHA256SUMS. Padding and headers are checked when it is opened.
enum ArchiveCheck {
    /// The file that names the SHA-256 of all others, as sha256sum(1) writes and checks it.
    static let sums = "SHA256SUMS"
    private static let mostSums: UInt64 = 64 << 20

    static func report(on archive: TarArchive) -> ArchiveReport {
        var faults = RunFaults()
        let claims = claims(archive, &faults)
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { room.deallocate() }
        for name in archive.members.keys.sorted() where name != claims.file {
            guard let claim = claims.sums[name] else {
                faults.note(.archive, file: name, "\(sums) doesn't name it")
                continue
            }
            do {
                let sum = try sum(of: name, archive, room)
                if sum != claim { faults.note(.archive, file: name, "its SHA-256 is \(sum), and should be \(claim)") }
            } catch {
                faults.note(.archive, file: name, "\(error)")
            }
        }
        for name in claims.sums.keys.sorted() where archive.members[name] == nil {
            faults.note(.archive, file: name, "\(sums) names it, and it is not there")
        }
        return ArchiveReport(archive: archive.path, files: archive.members.count, runs: archive.runs.count, faults: faults)
    }

    private static func sum(of name: String, _ archive: TarArchive, _ room: UnsafeMutableRawBufferPointer) throws(DiskError) -> String {
        guard let file = archive.file(name) else { throw DiskError.damaged(name, because: "it is not there") }
        var sum = SHA256Sum()
        while true {
            let count = try file.read(into: room)
            sum.update(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(room)[..<count]))
            if count < room.count { return sum.hexadecimal }
        }
    }

    /// What SHA256SUMS says of each file, whose names are below the directory that it is in.
    private static func claims(_ archive: TarArchive, _ faults: inout RunFaults) -> (file: String, sums: [String: String]) {
        let found = archive.members.keys.filter { $0 == sums || $0.hasSuffix("/\(sums)") }.min { $0.utf8.count < $1.utf8.count }
        guard let file = found else {
            faults.note(.archive, file: sums, "it is not there, so that nothing says what the files should be; `sonde pack` writes one")
            return (sums, [:])
        }
        var claims: [String: String] = [:]
        do {
            let text = String(decoding: try archive.contents(file, limit: mostSums), as: UTF8.self)
            guard text.hasSuffix("\n") || text.isEmpty else { throw DiskError.damaged(file, because: "its last line has no end") }
            for line in text.split(separator: "\n") {
                let name = file.dropLast(sums.count) + line.dropFirst(66)
                guard line.utf8.count > 66, line.dropFirst(64).hasPrefix("  "),
                    claims.updateValue(String(line.prefix(64)), forKey: String(name)) == nil
                else {
                    throw DiskError.damaged(file, because: "the line “\(VisibleText.escape(String(line.prefix(100))))” is no sum and name")
                }
            }
        } catch {
            faults.note(.archive, file: file, "\(error)")
        }
        return (file, claims)
    }
}

/// What `sonde verify` says of an archive, besides what it says of the runs in it.
struct ArchiveReport: Presentable, Equatable {
    let archive: String
    let isIntact: Bool
    let verdict: String
    let files: Int
    let faults: [RunFault]

    enum CodingKeys: String, CodingKey {
        case archive, verdict, files, faults
        case isIntact = "intact"
    }

    init(archive: String, files: Int, runs: Int, faults: RunFaults) {
        self.archive = archive
        self.files = files
        self.faults = faults.list
        isIntact = faults.count == 0
        let first = faults.list.first.map { ", the first: \($0.description)" } ?? ""
        verdict =
            isIntact
            ? "intact: \(HumanUnits.count(files, "file")) of \(HumanUnits.count(runs, "run")), each as \(ArchiveCheck.sums) says"
            : "damaged: \(HumanUnits.count(faults.count, "fault"))\(first)"
    }

    /// Of an archive whose headers are damaged, so that nothing in it can be found.
    init(unreadable archive: String, _ error: DiskError) {
        var faults = RunFaults()
        faults.note(.archive, "\(error)")
        self.init(archive: archive, files: 0, runs: 0, faults: faults)
    }

    var text: String {
        let lines = ["\(archive): \(verdict)"] + faults.prefix(20).map { "\($0.code.rawValue)  \($0.description)" }
        return lines.map { VisibleText.escape($0) }.joined(separator: "\n")
            + (faults.count > 20 ? "\nand \(faults.count - 20) more" : "")
    }
}
