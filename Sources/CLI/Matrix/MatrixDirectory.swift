import StatsCore
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The directory of a matrix: plan, order, journal and runs.csv, the logs of its commands, and the runs that were recorded on this machine.
final class MatrixDirectory: Sendable {
    /// matrix.json: what was planned, written before the first run and never again.
    struct Head: Codable, Equatable, Sendable {
        static let current = 1

        var format = Self.current
        var version = Version.current
        var plan: MatrixPlan
        var order: [MatrixRun]
    }

    static let head = "matrix.json"
    static let logs = "logs"
    private static let limit: UInt64 = 64 << 20

    private struct Book: ~Copyable {
        var state: MatrixState
        var journal: MatrixJournal
    }

    let path: String
    let plan: MatrixPlan
    private let directory: Descriptor
    private let logs: Descriptor
    private let book: Mutex<Book>

    var state: MatrixState { book.withLock { $0.state } }

    /// Opens the directory for this plan, and makes it when it is absent. Nobody else can record into it as long as this lives.
    /// - Throws: `CommandFailure`: it belongs to another plan, to another process, or holds something else; `DiskError`, `SyncFailure`.
    init(_ path: String, for plan: MatrixPlan) throws {
        let directory = try Descriptor.directory(making: path)
        guard directory.lock() else {
            throw CommandFailure(
                code: "busy", message: "Another sonde matrix is at work in \(path). Wait until it has ended, or give another --output.")
        }
        if directory.holds(Self.head) {
            try Self.check(Self.head(in: directory), against: plan, path)
        } else {
            try Self.checkEmpty(directory, path)
            try directory.replace(Self.head, with: JSONCoding.encode(Head(plan: plan, order: MatrixOrder.runs(plan)), isPretty: true))
        }
        if !directory.holds(Self.logs) { try directory.makeDirectory(Self.logs) }
        logs = try directory.directory(Self.logs)
        let journal = try MatrixJournal(in: directory)
        let state = try Self.state(Self.head(in: directory), journal.records, path)
        try directory.replace(MatrixTable.name, with: MatrixTable.bytes(plan, state))
        (self.path, self.plan) = (path, plan)
        self.directory = directory
        book = Mutex(Book(state: state, journal: journal))
    }

    /// Writes a record, then the table that shows it.
    /// - Throws: `DiskError`, `SyncFailure`.
    func note(_ record: MatrixRecord) throws {
        let state = try book.withLock { book in
            try book.journal.append(record)
            try book.state.apply(record)
            return book.state
        }
        try directory.replace(MatrixTable.name, with: MatrixTable.bytes(plan, state))
    }

    /// Opens the file for the output of an attempt's commands.
    func log(_ name: String) throws -> MatrixLog { try MatrixLog(logs.fileOrNew(name + ".log")) }

    /// What a matrix's directory says, for whoever only reads it.
    /// - Returns: `nil` when this is no directory of a matrix.
    static func read(_ path: String) throws -> (plan: MatrixPlan, state: MatrixState)? {
        let directory: Descriptor
        do throws(DiskError) { directory = try Descriptor.directory(path) } catch { return nil }
        guard directory.holds(head) else { return nil }
        let head = try head(in: directory)
        let bytes = directory.holds(MatrixJournal.name) ? try directory.file(MatrixJournal.name).contents(limit: limit) : []
        return (head.plan, try state(head, MatrixJournal.read(bytes, path: directory.child(MatrixJournal.name)).records, path))
    }

    private static func head(in directory: borrowing Descriptor) throws -> Head {
        struct Format: Decodable { var format: Int }
        let bytes = try directory.file(head).contents(limit: limit)
        do throws(JSONMismatch) {
            let format: Format = try JSONCoding.decode(from: bytes)
            if format.format == Head.current { return try JSONCoding.decode(from: bytes) }
        } catch {
            throw CommandFailure(code: "damaged", message: "\(directory.child(head)) can't be read: \(error). Give another --output.")
        }
        throw CommandFailure(
            code: "bad_format",
            message: "\(directory.child(head)) is of another version of sonde: go on with that one, or give another --output.")
    }

    private static func state(_ head: Head, _ records: [MatrixRecord], _ path: String) throws(CommandFailure) -> MatrixState {
        var state = MatrixState(head.order)
        for (number, record) in records.enumerated() {
            do throws(MatrixState.Fault) { try state.apply(record) } catch {
                throw MatrixJournal.damaged("\(path)/\(MatrixJournal.name)", number + 1, "\(error)")
            }
        }
        return state
    }

    private static func check(_ head: Head, against plan: MatrixPlan, _ path: String) throws {
        let differences = try plan.differences(from: head.plan)
        guard !differences.isEmpty else { return }
        if head.plan.name != plan.name {
            throw CommandFailure(
                code: "other_plan",
                message: "\(path) belongs to the plan \(head.plan.name), and this one is \(plan.name). Give another --output.")
        }
        throw CommandFailure(
            code: "plan_changed",
            message: "The plan isn't the one that \(path) was begun with:\n" + differences.map { "  \($0)\n" }.joined()
                + "Runs of both couldn't be compared. Put the plan back to go on, or begin anew with another --output.")
    }

    /// A directory that holds anything else isn't taken: a matrix that was killed at its very begin has left no more than what these names are.
    private static func checkEmpty(_ directory: borrowing Descriptor, _ path: String) throws(CommandFailure) {
        let others = (directory.names(of: Int(DT_DIR)) + directory.names(of: Int(DT_REG))).filter { $0 != "\(head).new" }
        guard let other = others.sorted().first else { return }
        throw CommandFailure(
            code: "exists", message: "\(path) holds something else (\(other)), and is no matrix's directory. Give another --output.")
    }
}
