import StatsCore
import Synchronization

/// The columns of the senders of ticks, by their numbers, in a directory beside the queues: what waits there may be older than this program.
final class ColumnsDirectory: Sendable {
    private let directory: Descriptor
    private let known = Mutex<[UInt64: SenderColumns]>([:])
    /// Those that aren't on the disk yet.
    private let unwritten = Mutex<[SenderColumns]>([])
    private let writing = Mutex(())
    private static let longest: UInt64 = 1 << 20

    init(_ directory: consuming Descriptor) { self.directory = directory }

    /// - Returns: `nil` for a number that nobody knows.
    subscript(number: UInt64) -> SenderColumns? {
        if let columns = known.withLock({ $0[number] }) { return columns }
        guard let bytes = try? directory.file(Self.name(number)).contents(limit: Self.longest),
            let columns: SenderColumns = try? JSONCoding.decode(from: bytes.span.bytes), columns.number == number
        else { return nil }
        known.withLock { $0[number] = columns }
        return columns
    }

    /// Notes a sender's columns. It never waits for the disk: `write` does, before any tick with these columns is there.
    func note(_ columns: SenderColumns) {
        let isNew = known.withLock { $0.updateValue(columns, forKey: columns.number) == nil }
        if isNew { unwritten.withLock { $0.append(columns) } }
    }

    /// Writes what was noted, on the disk before it returns.
    /// - Throws: `DiskError`, `SyncFailure`; what could not be written is kept for the next time.
    func write() throws {
        try writing.withLock { _ in
            while let columns = unwritten.withLock({ $0.first }) {
                let name = Self.name(columns.number)
                if !directory.holds(name) { try directory.replace(name, with: try JSONCoding.encode(columns)) }
                unwritten.withLock { _ = $0.removeFirst() }
            }
        }
    }

    private static func name(_ number: UInt64) -> String { "columns-\(String(number, radix: 16)).json" }
}
