import StatsCore

/// What is held against the rows of one kind of file.
protocol RowCheck: ~Copyable {
    /// Looks at a row that has as many fields as the header.
    mutating func row(_ reader: borrowing CSVReader, _ faults: inout RunFaults)
}

/// Reads one CSV file of a run once: its form, its header, its sums, and what `RowCheck` says of each row.
struct FileCheck {
    /// What a file really holds.
    struct Finding: Encodable, Equatable {
        let file: String
        /// Without the header.
        let rows: UInt64
        let bytes: UInt64
        /// Of the bytes that are counted.
        let sha256: String
    }

    let name: String
    /// What run.json or `.commit` says; `nil` when neither says anything.
    let claim: RunClaims.File?
    /// Those that the file may have; `nil` when nothing says what the columns are.
    let headers: [[String]]?

    /// - Returns: what the file holds, as far as it can be read; `nil` when it isn't there.
    func run(_ source: borrowing RunSource, _ check: inout some RowCheck & ~Copyable, _ faults: inout RunFaults) -> Finding? {
        do {
            let file = try source.csv(name)
            let size = try file.plainSize()
            // Behind what an open run has committed there may be more, which doesn't count yet. What a closed run doesn't claim is not read either.
            let isOpen = claim != nil && claim?.sha256 == nil
            if let claim, let size, isOpen ? size < claim.bytes : size != claim.bytes { noteSize(size, claim, &faults) }
            // What nobody has claimed is small, or is none of ours.
            let limit = claim?.bytes ?? RunClaims.sizeLimit
            if claim == nil, let size, size > limit { throw DiskError.tooLarge(source.child(name), limit: limit) }
            var reader = CSVReader(try file.input(claim: limit), limit: limit, isSummed: true, isChecked: claim?.crc != nil)
            let finding = try read(&reader, &check, &faults)
            // Of a compressed file only reading tells how many bytes it holds; more than it should is an error already.
            if let claim, size == nil, let finding, finding.bytes < claim.bytes { noteSize(finding.bytes, claim, &faults) }
            return finding
        } catch let error as DiskError where error.isAbsent {
            faults.note(.missingFile, file: name, "it is not there")
        } catch {
            faults.note(.unreadableFile, file: name, "\(error)")
        }
        return nil
    }

    private func noteSize(_ size: UInt64, _ claim: RunClaims.File, _ faults: inout RunFaults) {
        faults.note(.size, file: name, "it has \(size) bytes, and should have \(claim.bytes)")
    }

    private func read(_ reader: inout CSVReader, _ check: inout some RowCheck & ~Copyable, _ faults: inout RunFaults) throws -> Finding? {
        var rows: UInt64 = 0
        do {
            let width = try readHeader(&reader, &faults)
            while try reader.advance() {
                rows += 1
                noteForm(reader, &faults)
                if reader.fieldCount == width {
                    check.row(reader, &faults)
                } else {
                    let count = HumanUnits.count(reader.fieldCount, "field")
                    faults.note(.csv, file: name, line: reader.line, "the row has \(count), and the header \(width)")
                }
            }
        } catch let error as CSVReader.RowTooLong {
            // The rest may be a hole of a terabyte, and proves nothing any more.
            faults.note(.csv, file: name, line: error.line, "\(error); nothing behind it was read")
            return nil
        }
        let finding = Finding(file: name, rows: rows, bytes: reader.bytesRead, sha256: reader.sha256 ?? "")
        if let claim, claim.rows != rows { faults.note(.rows, file: name, "it has \(rows) rows, and should have \(claim.rows)") }
        if let sum = claim?.sha256, sum != finding.sha256 {
            faults.note(.checksum, file: name, "its SHA-256 is \(finding.sha256), and should be \(sum)")
        }
        if let sum = claim?.crc, sum != reader.crc {
            faults.note(.checksum, file: name, "its bytes have another checksum than was written")
        }
        return finding
    }

    /// - Returns: how many fields each row should have.
    private func readHeader(_ reader: inout CSVReader, _ faults: inout RunFaults) throws -> Int {
        guard try reader.advance() else {
            faults.note(.header, file: name, "it is empty, without even a header")
            return 0
        }
        noteForm(reader, &faults)
        if let headers, !headers.contains(reader.fields) {
            faults.note(.header, file: name, line: 1, "the header is not what \(RunFiles.columns) says")
        }
        return reader.fieldCount
    }

    private func noteForm(_ reader: borrowing CSVReader, _ faults: inout RunFaults) {
        guard let fault = reader.fault else { return }
        faults.note(.csv, file: name, line: reader.line, fault.rawValue)
    }
}
