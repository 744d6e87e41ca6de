import StatsCore

/// Reads the rows of a table into a batch, each with its rates, and proves at the end that they are all that the run says.
struct TableFeed: ~Copyable {
    private let table: ExportedTable
    private let directory: String
    private let claim: RunClaims.File?
    private var reader: CSVReader
    private var rates: InstanceRates
    /// What tells the newest row's instance from all others.
    private(set) var key: [UInt8] = []
    private var nodeKey: [UInt8] = []
    private(set) var rows: UInt64 = 0
    /// The number of the newest row's instance.
    private(set) var instance = 0

    /// - Throws: `CommandFailure` when the file isn't there, or doesn't begin as it should.
    init(_ table: ExportedTable, of run: borrowing RunOnDisk, at directory: String) throws {
        reader = try Self.reader(of: table, run, directory)
        self.table = table
        self.directory = directory
        claim = run.claims.files[table.file]
        rates = InstanceRates(interval: run.claims.grid.interval, counters: table.counters.map { table.kinds[$0] })
    }

    private static func reader(of table: ExportedTable, _ run: borrowing RunOnDisk, _ directory: String) throws -> CSVReader {
        guard run.holds(table.file) else { throw damaged("\(table.file) is not there", directory) }
        var reader = try run.whole(table.file)
        guard try reader.advance(), reader.fields == table.cells.map(\.name) else {
            throw damaged("\(table.file) doesn't begin with the columns that \(RunFiles.columns) names", directory)
        }
        return reader
    }

    /// The newest row as it stands in the file.
    var row: RawSpan {
        @_lifetime(borrow self)
        borrowing get { reader.bytes }
    }

    /// How many bytes were read.
    var bytes: UInt64 { reader.bytesRead }

    /// Goes on to the next row.
    /// - Returns: false behind the last.
    /// - Throws: `CommandFailure` for a row that is none of the table's, `DiskError`, `CSVReader.RowTooLong`.
    mutating func advance() throws -> Bool {
        guard try reader.advance() else {
            try check()
            return false
        }
        if let fault = reader.fault { throw damaged("\(fault.rawValue)") }
        guard reader.fieldCount == table.cells.count else {
            throw damaged("the row has \(HumanUnits.count(reader.fieldCount, "field")), and the header \(table.cells.count)")
        }
        rows += 1
        return true
    }

    /// Goes on to the next row and appends it to a batch that isn't full.
    mutating func advance(into batch: RowBatch) throws -> Bool {
        guard try advance() else { return false }
        do throws(CellFault) {
            try batch.append(reader.bytes)
        } catch {
            let cell = table.cells[error.column]
            throw damaged("the cell of column \(cell.name) is no \(cell.type.rawValue)")
        }
        begin(batch)
        for (counter, cell) in table.counters.enumerated() {
            batch.set(table.cells.count + counter, rates.rate(counter, batch.bits(cell)))
        }
        return true
    }

    /// How many instances are known.
    var instances: Int { rates.count }

    /// What is known of instances that are gone is forgotten. The others get new numbers.
    mutating func forget() { rates.forget() }

    /// Finds out which instance the newest row is about.
    private mutating func begin(_ batch: RowBatch) {
        nodeKey.removeAll(keepingCapacity: true)
        if let node = table.node, let text = batch.text(node) { nodeKey.append(contentsOf: text) }
        key.removeAll(keepingCapacity: true)
        key.append(contentsOf: nodeKey)
        for column in table.identity {
            // No byte of UTF-8.
            key.append(0xff)
            if let text = batch.text(column) {
                key.append(contentsOf: text)
            } else if let bits = batch.bits(column) {
                withUnsafeBytes(of: bits) { key.append(contentsOf: $0) }
            }
        }
        let age = table.age.flatMap { batch.number($0) }
        instance = rates.begin(
            key: key, node: nodeKey, tick: table.tick.flatMap { batch.bits($0) }, age: age,
            started: table.started.flatMap { batch.bits($0) })
    }

    /// Whether the file was what the run says.
    private func check() throws(CommandFailure) {
        guard let claim else { return }
        let what: String? =
            if reader.bytesRead != claim.bytes {
                "it has \(reader.bytesRead) bytes, and should have \(claim.bytes)"
            } else if rows != claim.rows {
                "it has \(rows) rows, and should have \(claim.rows)"
            } else if let sum = claim.sha256, sum != reader.sha256 {
                "its SHA-256 is not what run.json says"
            } else if let sum = claim.crc, sum != reader.crc {
                "its bytes have another checksum than was written"
            } else {
                nil
            }
        if let what { throw Self.damaged("\(table.file): \(what)", directory) }
    }

    private func damaged(_ what: String) -> CommandFailure { Self.damaged("\(table.file), line \(reader.line): \(what)", directory) }

    private static func damaged(_ what: String, _ directory: String) -> CommandFailure {
        CommandFailure(
            code: "damaged", message: "\(what). Nothing was exported; `sonde verify \(directory)` says all that is wrong with the run.")
    }
}
