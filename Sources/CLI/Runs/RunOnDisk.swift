import StatsCore

/// A run's directory as its charts are drawn from it: what is durable, and what its columns are.
struct RunOnDisk: ~Copyable {
    private let directory: Descriptor
    let claims: RunClaims
    /// By table, in the order of the file's columns.
    let tables: [String: [ColumnDictionary.Entry]]
    /// The last tick that anything is known of.
    let lastTick: UInt64
    /// What a reader of the charts should know of the run.
    let remarks: [String]

    var manifest: RunManifest { claims.manifest }

    /// From the first tick to the last.
    var span: ClosedRange<Int64> { claims.grid.instant(of: 0)...claims.grid.instant(of: lastTick) }

    /// - Throws: `CommandFailure` when there is no run, or one that this version doesn't understand.
    init(_ path: String) throws {
        let directory: Descriptor
        do throws(DiskError) {
            directory = try Descriptor.directory(path)
        } catch {
            throw CommandFailure(code: "unreadable", message: "\(error).")
        }
        var faults = RunFaults()
        let claims = try RunClaims(directory, &faults)
        let tables = try Self.dictionary(directory)
        let accounted = claims.nodes.map(claims.expected(of:)).max() ?? 0
        let last = claims.manifest.lastTick ?? (accounted > 0 ? accounted - 1 : claims.grid.last ?? 0)
        // What no clock can mean must not overflow.
        lastTick = min(last, UInt64(max(0, Timestamp.plausible.upperBound - claims.grid.t0) / claims.grid.interval))
        remarks = Self.remarks(claims, directory)
        (self.claims, self.tables) = (claims, tables)
        self.directory = directory
    }

    /// Says of a file that can't be read what a user can do with.
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

    private static func remarks(_ claims: RunClaims, _ directory: borrowing Descriptor) -> [String] {
        var remarks: [String] = []
        if !claims.isClosed {
            remarks.append("The run is \(claims.manifest.state.rawValue), not closed: what is durable up to now is drawn.")
        }
        for (name, claim) in claims.files.sorted(by: { $0.key < $1.key }) {
            guard let size = try? directory.file(name).size() else {
                remarks.append("\(name) is not there.")
                continue
            }
            if size < claim.bytes {
                remarks.append(
                    "\(name) is cut short: \(size) of \(claim.bytes) bytes are there, and are drawn. `sonde verify` says what is missing.")
            }
        }
        return remarks
    }

    private static func dictionary(_ directory: borrowing Descriptor) throws -> [String: [ColumnDictionary.Entry]] {
        var tables: [String: [ColumnDictionary.Entry]] = [:]
        do {
            var reader = CSVReader(try directory.file(RunFiles.columns))
            guard try reader.advance(), reader.fields == ColumnDictionary.header else {
                throw CommandFailure(
                    code: "bad_dictionary", message: "\(directory.child(RunFiles.columns)) doesn't say what the columns are.")
            }
            while let fields = try reader.next() {
                guard fields.count == ColumnDictionary.header.count, let entry = ColumnDictionary.Entry(fields) else { continue }
                tables[entry.table, default: []].append(entry)
            }
        } catch let error as DiskError {
            throw CommandFailure(code: "unreadable", message: "\(error). Without it nobody knows what the columns mean.")
        }
        return tables
    }

    /// Opens a table's file as far as it is durable.
    /// - Throws: `DiskError`.
    func reader(of table: String) throws -> CSVReader {
        let name = table + ".csv"
        let limit = claims.isClosed ? UInt64.max : claims.files[name]?.bytes ?? .max
        return CSVReader(try directory.file(name), limit: limit)
    }

    /// - Throws: `CommandFailure` naming the tables that there are.
    func columns(of table: String) throws(CommandFailure) -> [ColumnDictionary.Entry] {
        if let columns = tables[table], table + ".csv" != RunFiles.gaps { return columns }
        let known = tables.keys.filter { $0 + ".csv" != RunFiles.gaps }.sorted().joined(separator: ", ")
        throw CommandFailure(code: "no_table", message: "The run has no table \(table). It has: \(known).")
    }

    /// Calls `body` with the first and the last tick of each gap.
    func eachGap(_ body: (_ node: String, _ ticks: ClosedRange<UInt64>) -> Void) throws {
        guard let columns = tables["gaps"]?.map(\.name), let node = columns.firstIndex(of: "node"),
            let from = columns.firstIndex(of: "from_tick"), let to = columns.firstIndex(of: "to_tick")
        else { return }
        var reader = try reader(of: "gaps")
        _ = try reader.advance()
        while let fields = try reader.next() {
            guard fields.count == columns.count, let first = UInt64(fields[from]), let last = UInt64(fields[to]), first <= last else {
                continue
            }
            body(fields[node], first...last)
        }
    }
}
