import StatsCore

/// A run that goes into an archive.
final class PackedRun {
    let run: RunOnDisk
    /// What its files are called in the archive: below a directory of this name.
    let name: String
    let report: VerifyReport
    let html: String
    /// Whether its events tell command lines, which whoever publishes it should know.
    let hasCommandLines: Bool

    var manifest: RunManifest { run.manifest }

    /// When it ended, in seconds since 1970: what its files say of when they were changed.
    var modified: UInt64 { manifest.ended.flatMap { Timestamp.nanoseconds($0) }.map { UInt64(max(0, $0) / 1_000_000_000) } ?? 0 }

    /// Checks a run by all of its files, and draws its report.
    /// - Parameter taken: names that other runs have.
    /// - Throws: `CommandFailure` for a run that isn't closed, or is damaged.
    init(_ path: String, taken: Set<String>) throws {
        let report = try RunVerification.report(on: path)
        guard !report.state.isActive else {
            throw CommandFailure(
                code: "run_active", message: "\(path) is not closed (\(report.state.rawValue)). \(RunOnDisk.howToClose(path))")
        }
        guard report.result != .damaged else {
            throw CommandFailure(
                code: "damaged", message: "\(path) is \(report.verdict). Nothing was packed: `sonde verify` says all that is wrong.")
        }
        self.report = report
        run = try RunOnDisk(path)
        html = try ReportPage(path).html
        hasCommandLines = try RunOnDisk.naming(path) { try Self.tellsCommandLines(RunOnDisk(path)) }
        let plain = Self.plain(run.manifest.name)
        var name = plain
        var number = 2
        while taken.contains(name) {
            name = "\(plain)-\(number)"
            number += 1
        }
        self.name = name
    }

    private static func tellsCommandLines(_ run: borrowing RunOnDisk) throws -> Bool {
        guard var events = try run.cursor(of: TableID.event.name, ["kind", "message"]), let kind = events.columns["kind"],
            let message = events.columns["message"]
        else { return false }
        while try events.advance() { if events.row.holds("process", kind), !events.row.holds("", message) { return true } }
        return false
    }

    /// What is to be known of runs that others get to see; `nil` where there is nothing.
    static func warning(of runs: [PackedRun]) -> String? {
        guard runs.contains(where: \.hasCommandLines) else { return nil }
        return "event.csv holds the command lines of processes, which may hold secrets. A recording with --hide-arguments has none."
    }

    /// A name that all file systems and shells take as it is.
    static func plain(_ name: String) -> String {
        let isPlain: (UInt8) -> Bool = { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }
        let text = String(decoding: name.utf8.prefix(60).map { isPlain($0) ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
        return text.first.map { $0 == "." || $0 == "-" } ?? true ? "run" + text : text
    }
}
