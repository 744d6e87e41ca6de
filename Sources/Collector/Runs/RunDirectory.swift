import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Somebody has taken away what a run in progress writes to.
struct RunLost: Error, Equatable {
    /// The file that is gone; `nil` for the whole directory, so that not even a verdict can be kept there.
    let file: String?

    /// In words that follow the run's name.
    var what: String { "\(file ?? "its directory") \(fault)" }
    /// In words that follow the file's name.
    var fault: String { "was removed, moved or replaced while it was recorded" }
}

/// The files of the run in progress: a CSV file for each table and one for gaps, the dictionary, the manifest and the commit log.
final class RunDirectory {
    let path: String
    private let directory: Descriptor
    /// Opens the directory that has the run's name now.
    private let named: () throws(DiskError) -> Descriptor
    /// By table, in the order of the catalogue; `nil` for a table that the version didn't know which began the run.
    let tables: [TableFile?]
    /// Those that there are.
    let files: [TableFile]
    let gaps: TableFile
    /// By table: how many columns its file has behind those that all files begin with. A run that an earlier version began has fewer, and may lack a table.
    let columnCounts: [Int?]
    private var log: CommitLog

    /// Makes the files of a new run and waits until all of them are on the disk.
    /// - Parameter named: opens the directory that has the run's name.
    init(
        creating directory: consuming Descriptor, manifest: RunManifest, record: CommitRecord,
        named: @escaping () throws(DiskError) -> Descriptor
    ) throws {
        var first = record
        var tables: [TableFile] = []
        for table in Catalogue.tables {
            tables.append(
                try Self.newFile(RunFiles.table(table.id), RunFiles.header(RunFiles.columns(of: table.id)), in: directory, &first))
        }
        self.tables = tables
        files = tables
        columnCounts = Catalogue.tables.map(\.columns.count)
        gaps = try Self.newFile(RunFiles.gaps, RunFiles.header(GapRow.columns), in: directory, &first)
        let entries = ColumnDictionary.entries
        _ = try Self.newFile(RunFiles.columns, ColumnDictionary.csv(entries), rows: UInt64(entries.count), in: directory, &first)
        try directory.replace(RunFiles.manifest, with: manifest.encoded())
        log = try CommitLog(creatingIn: directory, first: first)
        try directory.sync()
        // It tells other programs, and other collectors on the same data directory, that the run is being written.
        _ = directory.lock()
        path = directory.path
        self.directory = directory
        self.named = named
    }

    /// Opens the directory of a run that `Recovery` has cut back to its last commit.
    /// - Parameter named: opens the directory that has the run's name.
    init(
        opening directory: consuming Descriptor, recovered: Recovery.Outcome, named: @escaping () throws(DiskError) -> Descriptor
    ) throws {
        let record = recovered.record
        var tables: [TableFile?] = []
        var columnCounts: [Int?] = []
        for table in TableID.allCases {
            let name = RunFiles.table(table)
            let isKnown = record.files[name] != nil || directory.holds(name)
            tables.append(isKnown ? try Self.openFile(name, in: directory, record) : nil)
            columnCounts.append(isKnown ? try Self.columnCount(of: table, in: directory) : nil)
        }
        self.tables = tables
        files = tables.compactMap(\.self)
        self.columnCounts = columnCounts
        gaps = try Self.openFile(RunFiles.gaps, in: directory, record)
        log = try CommitLog(openingIn: directory, state: record, length: recovered.logLength)
        _ = directory.lock()
        path = directory.path
        self.directory = directory
        self.named = named
    }

    /// - Throws: `RecoveryFailure` when the file doesn't begin with columns of this version, in their order.
    private static func columnCount(of table: TableID, in directory: borrowing Descriptor) throws -> Int {
        let name = RunFiles.table(table)
        var reader = CSVReader(try directory.file(name))
        let header = try reader.advance() ? reader.fields : []
        guard header.count >= RunFiles.leading.count, RunFiles.columns(of: table).map(\.name).starts(with: header) else {
            throw RecoveryFailure(description: "\(directory.child(name)) has other columns than this version of the collector writes")
        }
        return header.count - RunFiles.leading.count
    }

    /// Bytes that wait for a commit.
    var pendingBytes: Int { files.reduce(gaps.buffer.count) { $0 + $1.buffer.count } }

    /// Makes all waiting rows durable, with the positions that belong to them: first the files, then the commit record that
    /// makes them valid.
    /// - Parameter record: the positions; those of the files are added.
    /// - Throws: `DiskError` when there is no room, and everything is unchanged; `SyncFailure`; `RunLost` when nobody could find what was written.
    func commit(_ record: CommitRecord) throws {
        let changed = (files + [gaps]).filter(\.isPending)
        guard !changed.isEmpty || record != CommitRecord() else { return }
        var record = record
        for file in changed { file.describe(in: &record) }
        do {
            for file in changed { try file.write() }
            try checkPlace()
            try log.append(record, in: directory)
        } catch let error as DiskError {
            for file in changed { try file.cutBack() }
            throw error
        }
        // Again, so that nothing is acknowledged that was removed while it was written.
        try checkPlace()
        for file in changed { file.noteDurable() }
    }

    /// - Throws: `RunLost` when the directory or one of its files was removed, moved or replaced: rows that are written then go nowhere.
    func checkPlace() throws(RunLost) {
        do throws(DiskError) {
            guard try named().isSame(as: directory) else { throw DiskError("find", path, code: ENOENT) }
        } catch {
            if error.isAbsent || error.isInTheWay {
                throw RunLost(file: nil)
            }
        }
        for file in files + [gaps] where (try? file.isIn(directory)) == false { throw RunLost(file: file.name) }
        if (try? log.isIn(directory)) == false { throw RunLost(file: RunFiles.commitLog) }
    }

    /// The run is closed: others may work on its files.
    func unlock() { directory.unlock() }

    /// All commits so far, merged.
    var committed: CommitRecord { log.state }

    /// Appends missing ticks to gaps.csv.
    func append(_ holes: [RunLedger.Hole], grid: Grid) {
        for hole in holes { gaps.buffer.append(hole, grid) }
        gaps.noteRows(holes.count)
    }

    func write(_ manifest: RunManifest) throws {
        try directory.replace(RunFiles.manifest, with: manifest.encoded())
    }

    /// - Parameter rows: how many stand in `bytes` behind the first, which names the columns.
    private static func newFile(
        _ name: String, _ bytes: [UInt8], rows: UInt64 = 0, in directory: borrowing Descriptor, _ first: inout CommitRecord
    ) throws -> TableFile {
        let file = try directory.newFile(name)
        try file.write(bytes.span.bytes, at: 0)
        try file.sync()
        let length = UInt64(bytes.count)
        let sum = CRC32C.checksum(bytes.span.bytes)
        first.files[name] = length
        first.rows[name] = rows
        first.sums[name] = sum
        return TableFile(name: name, file: file, length: length, rows: rows, sum: sum)
    }

    private static func openFile(_ name: String, in directory: borrowing Descriptor, _ record: CommitRecord) throws -> TableFile {
        guard let length = record.files[name] else { throw RecoveryFailure(description: "\(directory.child(name)) stands in no commit") }
        return TableFile(
            name: name, file: try directory.writableFile(name), length: length, rows: record.rows[name] ?? 0, sum: record.sums[name])
    }
}
