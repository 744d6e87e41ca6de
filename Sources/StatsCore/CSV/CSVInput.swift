/// Bytes that come one after the other from elsewhere than a plain file, such as a compressed one.
package protocol ByteStream: AnyObject {
    /// Reads the next bytes into `room`: fewer than fit only at the end.
    /// - Throws: `DiskError`, also for bytes that can't be what they should be.
    func read(into room: UnsafeMutableRawBufferPointer) throws(DiskError) -> Int
}

/// Where a `CSVReader` has its bytes from.
package enum CSVInput: ~Copyable {
    case file(Descriptor)
    case stream(any ByteStream)

    /// Reads what comes next into `room`: fewer bytes than fit only at the end.
    /// - Parameter offset: how many bytes have been read.
    package borrowing func read(into room: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskError) -> Int {
        switch self {
        case .file(let file): try file.read(into: room, at: offset)
        case .stream(let stream): try stream.read(into: room)
        }
    }
}
