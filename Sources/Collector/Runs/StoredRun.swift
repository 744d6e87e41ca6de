import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What a run's directory says of it besides run.json.
struct StoredRun: Equatable {
    /// What its files take on the disk, in allocated bytes: what their removal gives back.
    var bytes: UInt64 = 0
    var isPinned = false
    var isCompressed = false

    init(_ directory: borrowing Descriptor) {
        isPinned = directory.holds(RunFiles.pin)
        for name in directory.entries() {
            var status = stat()
            guard fstatat(directory.raw, name, &status, AT_SYMLINK_NOFOLLOW) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            bytes = bytes.saturatingAdding(UInt64(clamping: status.st_blocks).saturatingMultiplied(by: 512))
            let text = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if RunFiles.uncompressed(text) != nil { isCompressed = true }
        }
    }
}

extension RunListing {
    /// Takes over what only the directory says.
    mutating func note(_ stored: StoredRun) {
        diskBytes = stored.bytes
        isPinned = stored.isPinned ? true : nil
        isCompressed = stored.isCompressed ? true : nil
    }
}

extension Descriptor {
    /// All names in this directory, also hidden ones and such as are no UTF-8, each with its NUL; in no order.
    borrowing func entries() -> [[CChar]] {
        // fdopendir owns and closes its descriptor, so it gets one of its own.
        let copy = openat(raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let stream = fdopendir(copy) else { return [] }
        defer { closedir(stream) }
        var names: [[CChar]] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in bytes.prefix { $0 != 0 }.map { CChar(bitPattern: $0) } + [0] }
            if name != [dot, 0], name != [dot, dot, 0] { names.append(name) }
        }
        return names
    }
}

private let dot = CChar(bitPattern: UInt8(ascii: "."))
