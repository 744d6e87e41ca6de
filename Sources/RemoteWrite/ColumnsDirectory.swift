import StatsCore
import Synchronization

/// The columns of the senders of ticks, by their numbers, in a directory beside the queues: what waits there may be older than this program.
final class ColumnsDirectory: Sendable {
    private let directory: Descriptor
    private let known = Mutex<[UInt64: SenderColumns]>([:])
    private static let longest: UInt64 = 1 << 20

    /// - Throws: `DiskError`.
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

    /// Notes a sender's columns, on the disk before it returns.
    /// - Throws: `DiskError`, `SyncFailure`.
    func note(_ columns: SenderColumns) throws {
        let number = columns.number
        guard known.withLock({ $0[number] }) == nil else { return }
        if !directory.holds(Self.name(number)) { try directory.replace(Self.name(number), with: try JSONCoding.encode(columns)) }
        known.withLock { $0[number] = columns }
    }

    private static func name(_ number: UInt64) -> String { "columns-\(String(number, radix: 16)).json" }
}
