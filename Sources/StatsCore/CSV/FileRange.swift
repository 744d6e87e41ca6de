/// An open file that several readers share.
package final class SharedFile: Sendable {
    package let descriptor: Descriptor

    package init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
}

/// The bytes of a file, or of a part of it, one after the other.
package final class FileRange: ByteStream {
    private let file: SharedFile
    /// Where the next byte stands.
    private var offset: UInt64
    private let end: UInt64
    /// For messages.
    package let path: String

    /// - Parameters:
    ///   - range: of the file's bytes.
    ///   - path: what messages call it.
    package init(_ file: SharedFile, _ range: Range<UInt64>, path: String) {
        self.file = file
        offset = range.lowerBound
        end = range.upperBound
        self.path = path
    }

    /// All of a file, also what is appended to it meanwhile.
    package convenience init(_ file: consuming Descriptor) {
        let path = file.path
        self.init(SharedFile(file), 0..<UInt64(Int64.max), path: path)
    }

    package func read(into room: UnsafeMutableRawBufferPointer) throws(DiskError) -> Int {
        let most = Int(min(UInt64(room.count), end - offset))
        guard most > 0 else { return 0 }
        let count = try file.descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: room[..<most]), at: offset)
        offset += UInt64(count)
        return count
    }

    /// How many bytes there are.
    /// - Throws: `DiskError`.
    package func size() throws(DiskError) -> UInt64 {
        let size = try file.descriptor.size()
        return min(end, size) - min(offset, size)
    }
}
