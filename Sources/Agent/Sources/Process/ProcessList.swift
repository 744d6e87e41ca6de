#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The processes that a `/proc` shows. Its memory is kept from one reading to the next.
struct ProcessList {
    /// Each with the inode of its directory: a pid that is used again has another.
    private(set) var pids: [(pid: Int32, inode: UInt64)] = []
    /// Their pids, and 0, which is the parent of process 1 and of kernel threads.
    private(set) var living: Set<UInt64> = []

    /// - Returns: `false` when it can't be listed.
    mutating func read(_ proc: String) -> Bool {
        pids.removeAll(keepingCapacity: true)
        living.removeAll(keepingCapacity: true)
        living.insert(0)
        guard let directory = opendir(proc) else { return false }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            guard let pid = withUnsafeBytes(of: &entry.pointee.d_name, { Self.number($0) }) else { continue }
            pids.append((pid, UInt64(entry.pointee.d_ino)))
            living.insert(UInt64(pid))
        }
        return true
    }

    /// The number that a name is; `nil` when it is none.
    private static func number(_ name: UnsafeRawBufferPointer) -> Int32? {
        var number: Int32 = 0
        for byte in name {
            if byte == 0 { break }
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            number = number &* 10 &+ Int32(digit)
        }
        return number > 0 ? number : nil
    }
}
