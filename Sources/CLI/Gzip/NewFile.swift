import StatsCore

/// Takes bytes, one after the other.
protocol ByteSink: AnyObject {
    /// For messages.
    var path: String { get }

    /// - Throws: `DiskError`.
    func write(_ bytes: UnsafeRawBufferPointer) throws(DiskError)

    /// Is called when all bytes were written.
    /// - Throws: `DiskError`, `SyncFailure`.
    func finish() throws
}

/// A file that is written from its begin to its end.
final class NewFile: ByteSink {
    private let file: Descriptor
    private var length: UInt64 = 0

    init(_ file: consuming Descriptor) { self.file = file }

    var path: String { file.path }

    func write(_ bytes: UnsafeRawBufferPointer) throws(DiskError) {
        try file.write(bytes.bytes, at: length)
        length += UInt64(bytes.count)
    }

    /// Waits until all is on the disk.
    func finish() throws { try file.sync() }
}
