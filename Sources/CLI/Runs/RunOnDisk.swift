import StatsCore

/// A run that is read: what it says of itself, what its columns are, and the rows of its tables as far as they are durable.
struct RunOnDisk: ~Copyable {
    private let source: RunSource
    let claims: RunClaims
    let dictionary: RunDictionary
    /// The last tick that anything is known of.
    let lastTick: UInt64
    /// What a reader of the charts should know of the run.
    let remarks: [String]
    /// What is wrong with the lengths of its files, as clauses.
    let cutFiles: [String]

    var manifest: RunManifest { claims.manifest }

    /// What to do about a run that isn't closed, as sentences.
    static func howToClose(_ path: String) -> String {
        "Stop it first; if nobody records it any more, close it: sonde close \(path)"
    }

    /// From the first tick to the last.
    var span: ClosedRange<Int64> { claims.grid.instant(of: 0)...claims.grid.instant(of: lastTick) }

    /// - Throws: `CommandFailure` when there is no run, or one that this version doesn't understand.
    init(_ path: String) throws { try self.init(RunSource(path)) }

    /// The same for a run that is opened already.
    init(_ source: consuming RunSource) throws {
        var faults = RunFaults()
        let claims = try RunClaims(source, &faults)
        let dictionary = try RunDictionary(source)
        let accounted = claims.nodes.map(claims.expected(of:)).max() ?? 0
        let last = claims.manifest.lastTick ?? (accounted > 0 ? accounted - 1 : claims.grid.last ?? 0)
        // What no clock can mean must not overflow.
        lastTick = min(last, UInt64(max(0, Timestamp.plausible.upperBound - claims.grid.t0) / claims.grid.interval))
        cutFiles = Self.cutFiles(claims, source)
        remarks = Self.remarks(claims, cutFiles)
        (self.claims, self.dictionary) = (claims, dictionary)
        self.source = source
    }

    /// Runs what reads files of the run. A file that can't be read ends it with a sentence for the user.
    /// - Throws: `CommandFailure`.
    static func naming<Result>(_ directory: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as DiskError {
            throw CommandFailure(code: "unreadable", message: "\(error).")
        } catch let error as CSVReader.RowTooLong {
            throw CommandFailure(
                code: "unreadable",
                message: "A file in \(directory) can't be read from line \(error.line) on: \(error). `sonde verify` says which one.")
        }
    }

    private static func remarks(_ claims: RunClaims, _ cutFiles: [String]) -> [String] {
        var remarks: [String] = []
        if !claims.isClosed {
            remarks.append("The run is \(claims.manifest.state.rawValue), not closed: only what is durable up to now counts.")
        }
        return remarks + claims.manifest.remarks + cutFiles.map { "\($0)." }
    }

    private static func cutFiles(_ claims: RunClaims, _ source: borrowing RunSource) -> [String] {
        var found: [String] = []
        for (name, claim) in claims.files.sorted(by: { $0.key < $1.key }) {
            let size: UInt64
            do throws(DiskError) {
                guard let plain = try source.csv(name).plainSize() else { continue }
                size = plain
            } catch {
                found.append(error.isAbsent ? "\(name) is not there" : "\(name) can't be read: \(error)")
                continue
            }
            if size < claim.bytes {
                found.append(
                    "\(name) is cut short: \(size) of \(claim.bytes) bytes are there, and count. `sonde verify` says what is missing")
            }
        }
        return found
    }

    /// Opens a table's file, as far as it is durable, to read some of its columns.
    /// - Parameter names: columns that the table lacks are absent in each row.
    /// - Returns: `nil` when the run has no such table.
    /// - Throws: `DiskError`, `CSVReader.RowTooLong`.
    func cursor(of table: String, _ names: [String]) throws -> TableCursor? {
        guard let all = dictionary.names(of: table) else { return nil }
        do {
            return try cursor(of: table, TableColumns(names, of: all))
        } catch let error as DiskError where error.isAbsent {
            return nil
        }
    }

    /// The same for columns that were found already.
    func cursor(of table: String, _ columns: TableColumns) throws -> TableCursor {
        let name = table + ".csv"
        let claim = claims.files[name]?.bytes
        let limit = claims.isClosed ? UInt64.max : claim ?? .max
        let input = try source.csv(name).input(claim: claim ?? RunClaims.sizeLimit)
        return try TableCursor(CSVReader(input, limit: limit), columns)
    }

    /// Whether the run's directory has a file of this name, compressed or not.
    func holds(_ file: String) -> Bool { source.holds(file) || source.holds(RunFiles.compressed(file)) }

    /// Opens a file to be read from its begin to its end, as far as it is durable, so that afterwards its sums can be held against what the run says of it.
    /// - Throws: `DiskError`.
    func whole(_ file: String) throws(DiskError) -> CSVReader {
        let claim = claims.files[file]
        return CSVReader(
            try source.csv(file).input(claim: claim?.bytes ?? RunClaims.sizeLimit),
            limit: claims.isClosed ? .max : claim?.bytes ?? .max, isSummed: claim?.sha256 != nil,
            isChecked: claim?.crc != nil)
    }

    /// Opens a file as it is stored.
    /// - Throws: `DiskError`.
    func stored(_ file: String) throws(DiskError) -> StoredCSV { try source.csv(file) }

    /// The bytes of run.json as they are.
    /// - Throws: `DiskError`.
    func manifestBytes() throws(DiskError) -> [UInt8] { try source.contents(RunFiles.manifest, limit: RunClaims.sizeLimit) }

    /// Calls `body` with the first and the last tick of each gap, and whether they are missing: at others no part of a merged run recorded the node.
    /// - Throws: `DiskError`, `CSVReader.RowTooLong`.
    func eachGap(_ body: (_ node: String, _ ticks: ClosedRange<UInt64>, _ isMissing: Bool) -> Void) throws {
        guard var gaps = try cursor(of: RunFiles.table(of: RunFiles.gaps), ["node", "from_tick", "to_tick", "reason"]) else { return }
        while try gaps.advance() {
            let row = gaps.row
            guard let first = row.count("from_tick"), let last = row.count("to_tick"), first <= last else { continue }
            body(row.text("node") ?? "", first...last, row.text("reason") != GapRow.notRecorded)
        }
    }
}
