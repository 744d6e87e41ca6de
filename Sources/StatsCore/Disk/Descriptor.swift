#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// An open file or directory that closes itself. Files are opened by a single name below an open directory. A symbolic link is never followed, and
/// only a regular file is taken for a file: reading a device or a FIFO may never end.
package struct Descriptor: ~Copyable, Sendable {
    package let raw: Int32
    /// For messages only.
    package let path: String
    /// For a directory: only the owner gets access to what is made or opened in it.
    private let isPrivate: Bool

    private init(raw: Int32, path: String, isPrivate: Bool = false) {
        self.raw = raw
        self.path = path
        self.isPrivate = isPrivate
    }

    deinit {
        // A child that was just begun has the descriptor, too, until it executes its program: a lock that is only closed here would still be held.
        unlock()
        let isClosed = close(raw) == 0 || errno != EBADF
        // Somebody else has closed the number, which then may be that of another file: a debug build ends here.
        assert(isClosed, "\(path) was open as \(raw), which somebody else has closed")
    }

    // MARK: Opening

    /// Opens a directory by its path and follows links: for the data directory, which the administrator names.
    package static func directory(_ path: String) throws(DiskError) -> Descriptor {
        let raw = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard raw >= 0 else { throw DiskError("open the directory", path) }
        return Descriptor(raw: raw, path: path)
    }

    /// Opens a directory by its path, and makes it (and its parents) when it is absent.
    ///
    /// - Parameter isPrivate: a new directory, and every file that is made or opened in it, is closed to other users. The mode of a directory
    ///   that exists already doesn't change: the caller decides on `closeToOthers`.
    package static func directory(making path: String, isPrivate: Bool = false) throws(DiskError) -> Descriptor {
        try make(path, mode: isPrivate ? 0o700 : 0o755)
        let raw = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard raw >= 0 else { throw DiskError("open the directory", path) }
        return Descriptor(raw: raw, path: path, isPrivate: isPrivate)
    }

    /// Takes all access away from everybody but the owner.
    package borrowing func closeToOthers() throws(DiskError) {
        let mode = try status().st_mode
        if mode & 0o077 != 0, fchmod(raw, mode & 0o700) != 0 { throw DiskError("make private", path) }
    }

    private static func make(_ path: String, mode: mode_t) throws(DiskError) {
        if mkdir(path, mode) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw DiskError("make the directory", path)
        }
        try make(String(path[..<slash]), mode: 0o755)
        guard mkdir(path, mode) == 0 || errno == EEXIST else { throw DiskError("make the directory", path) }
    }

    /// Opens a directory in this one.
    package borrowing func directory(_ name: String) throws(DiskError) -> Descriptor {
        try opened(name, O_RDONLY | O_DIRECTORY, "open the directory")
    }

    /// The same directory, for somebody who keeps it open for himself.
    package borrowing func again() throws(DiskError) -> Descriptor {
        let copy = fcntl(raw, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw DiskError("open the directory", path) }
        return Descriptor(raw: copy, path: path, isPrivate: isPrivate)
    }

    /// Opens a directory in this one by a name that may be no UTF-8.
    /// - Parameter path: for messages.
    package borrowing func subdirectory(_ name: [CChar], _ path: String) throws(DiskError) -> Descriptor {
        let opened = openat(raw, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard opened >= 0 else { throw DiskError("open the directory", path) }
        return Descriptor(raw: opened, path: path)
    }

    /// Makes a directory in this one, which must not hold the name yet.
    package borrowing func makeDirectory(_ name: String) throws(DiskError) {
        guard mkdirat(raw, name, isPrivate ? 0o700 : 0o755) == 0 else { throw DiskError("make the directory", child(name)) }
    }

    /// Opens a file in this directory for reading.
    package borrowing func file(_ name: String) throws(DiskError) -> Descriptor {
        try regular(name, O_RDONLY, "open")
    }

    /// Opens a file in this directory for reading and writing.
    package borrowing func writableFile(_ name: String) throws(DiskError) -> Descriptor {
        try regular(name, O_RDWR, "open")
    }

    /// Makes a file in this directory; a name that is taken is an error.
    package borrowing func newFile(_ name: String) throws(DiskError) -> Descriptor {
        try regular(name, O_RDWR | O_CREAT | O_EXCL, "create")
    }

    /// Opens a file in this directory for reading and writing, and makes it when it is absent.
    package borrowing func fileOrNew(_ name: String) throws(DiskError) -> Descriptor {
        try regular(name, O_RDWR | O_CREAT, "open")
    }

    private borrowing func regular(_ name: String, _ flags: Int32, _ operation: String) throws(DiskError) -> Descriptor {
        // Opening waits neither for the other end of a FIFO nor for a line of a terminal. On a regular file the flags mean nothing.
        let file = try opened(name, flags | O_NONBLOCK | O_NOCTTY, operation)
        guard try file.status().st_mode & S_IFMT == S_IFREG else { throw DiskError.noFile(operation, file.path) }
        return file
    }

    private borrowing func opened(_ name: String, _ flags: Int32, _ operation: String) throws(DiskError) -> Descriptor {
        let opened = openat(raw, name, flags | O_NOFOLLOW | O_CLOEXEC, isPrivate ? 0o600 : 0o644)
        guard opened >= 0 else { throw DiskError(operation, child(name)) }
        let descriptor = Descriptor(raw: opened, path: child(name), isPrivate: isPrivate)
        if isPrivate { try descriptor.closeToOthers() }
        return descriptor
    }

    // MARK: Names in a directory

    package borrowing func child(_ name: String) -> String { name == "." ? path : path + "/" + name }

    package borrowing func holds(_ name: String) -> Bool {
        var status = stat()
        return fstatat(raw, name, &status, AT_SYMLINK_NOFOLLOW) == 0
    }

    /// The names in this directory that may be of this type (`DT_DIR`, `DT_REG`), without hidden ones, in no order.
    package borrowing func names(of type: Int) -> [String] {
        // fdopendir owns and closes its descriptor, so it gets one of its own.
        let copy = openat(raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let stream = fdopendir(copy) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            guard entry.pointee.d_type == UInt8(type) || entry.pointee.d_type == UInt8(DT_UNKNOWN) else { continue }
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    package borrowing func rename(_ old: String, to new: String) throws(DiskError) {
        guard renameat(raw, old, raw, new) == 0 else { throw DiskError("rename to", child(new)) }
    }

    /// Gives what is in this directory a name that nothing has.
    /// - Throws: `DiskError`, for which `exists` holds when something has the name. Where the file system can't refuse that by itself (renameat2(2), `EINVAL`), it is looked at just before.
    package borrowing func rename(_ old: String, toNew new: String) throws(DiskError) {
        #if canImport(Glibc)
            // RENAME_NOREPLACE of <linux/fs.h>.
            if renameWith(raw, old, raw, new, 1) == 0 { return }
            guard errno == EINVAL || errno == ENOSYS else { throw DiskError("rename to", child(new)) }
        #endif
        guard !holds(new) else { throw DiskError("rename to", child(new), code: EEXIST) }
        try rename(old, to: new)
    }

    /// Moves a file or directory into another directory of the same disk, at once.
    package borrowing func move(_ name: String, into other: borrowing Descriptor, as new: String) throws(DiskError) {
        guard renameat(raw, name, other.raw, new) == 0 else { throw DiskError("move to", other.child(new)) }
    }

    package borrowing func remove(_ name: String) throws(DiskError) {
        guard unlinkat(raw, name, 0) == 0 else { throw DiskError("remove", child(name)) }
    }

    package borrowing func removeDirectory(_ name: String) throws(DiskError) {
        guard unlinkat(raw, name, AT_REMOVEDIR) == 0 else { throw DiskError("remove the directory", child(name)) }
    }

    /// Replaces a file as a whole: after a crash the name holds either the old file or the new one, never a part of one.
    /// - Returns: the new file, open for reading and writing.
    /// - Throws: `DiskError`, and the old file is unchanged; `SyncFailure`.
    @discardableResult
    package borrowing func replace(_ name: String, with bytes: [UInt8]) throws -> Descriptor {
        let temporary = name + ".new"
        if holds(temporary) { try remove(temporary) }
        do {
            let file = try newFile(temporary)
            try file.write(bytes.span.bytes, at: 0)
            try file.sync()
            try rename(temporary, to: name)
            try sync()
            return file
        } catch let error as DiskError {
            if holds(temporary) { try remove(temporary) }
            throw error
        }
    }

    // MARK: Bytes of a file

    package borrowing func size() throws(DiskError) -> UInt64 { UInt64(clamping: try status().st_size) }

    package borrowing func status() throws(DiskError) -> stat {
        var status = stat()
        guard fstat(raw, &status) == 0 else { throw DiskError("look at", path) }
        return status
    }

    /// Takes the lock of this file or directory (flock(2)), which ends with the descriptor and with the process.
    /// - Returns: false when somebody else has it. Where the file system knows no locks, nobody has.
    package borrowing func lock() -> Bool { flock(raw, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK }

    /// Lets go of the lock, also where a child has it from here.
    package borrowing func unlock() { _ = flock(raw, LOCK_UN) }

    /// Whether both are the same file or directory.
    package borrowing func isSame(as other: borrowing Descriptor) throws(DiskError) -> Bool {
        let (one, two) = (try status(), try other.status())
        return one.st_dev == two.st_dev && one.st_ino == two.st_ino
    }

    /// Whether this directory holds that very file by that name: it may have been removed, or another may have taken its place.
    package borrowing func holds(_ file: borrowing Descriptor, as name: String) throws(DiskError) -> Bool {
        var named = stat()
        guard fstatat(raw, name, &named, AT_SYMLINK_NOFOLLOW) == 0 else {
            if errno == ENOENT { return false }
            throw DiskError("look at", child(name))
        }
        let held = try file.status()
        return named.st_dev == held.st_dev && named.st_ino == held.st_ino
    }

    /// Whether a file in `directory` belongs there. A file of another user with a second name is a link that somebody made to have it read.
    package borrowing func isOwn(to directory: borrowing Descriptor) throws(DiskError) -> Bool {
        let (file, home) = (try status(), try directory.status())
        return file.st_nlink == 1 || file.st_uid == home.st_uid
    }

    /// Writes all of `bytes` at an offset.
    package borrowing func write(_ bytes: RawSpan, at offset: UInt64) throws(DiskError) {
        let file = raw
        let failure = WholeWrite.all(bytes) { pwrite(file, $0.baseAddress, $0.count, off_t(offset) + off_t($1)) }
        if let failure { throw DiskError("write", path, code: failure) }
    }

    package borrowing func write(_ buffer: borrowing ByteWriter, at offset: UInt64) throws(DiskError) {
        try write(buffer.bytes, at: offset)
    }

    /// Reads into `room` from an offset. It returns fewer bytes than fit into `room` only at the end of the file.
    package borrowing func read(into room: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskError) -> Int {
        var done = 0
        while done < room.count {
            let got = pread(raw, room.baseAddress! + done, room.count - done, off_t(offset) + off_t(done))
            if got < 0 {
                if errno == EINTR { continue }
                throw DiskError("read", path)
            }
            if got == 0 { break }
            done += got
        }
        return done
    }

    /// The whole file; only for small ones.
    /// - Throws: `DiskError`, also for a file of more bytes than `limit`, however few of them it has on the disk.
    package borrowing func contents(limit: UInt64 = 256 << 20) throws(DiskError) -> [UInt8] {
        let size = try size()
        guard size <= limit else { throw DiskError.tooLarge(path, limit: limit) }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        var count = 0
        do {
            count = try bytes.withUnsafeMutableBytes { try read(into: $0, at: 0) }
        } catch let error as DiskError {
            throw error
        } catch {
            throw DiskError("read", path, code: EIO)
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// Allocates `length` bytes, which read as zero, so that writing them later can't fail because the disk is full.
    package borrowing func preallocate(_ length: UInt64) throws(DiskError) {
        let code = posix_fallocate(raw, 0, off_t(length))
        guard code == 0 else { throw DiskError("make room in", path, code: code) }
    }

    package borrowing func cut(to length: UInt64) throws(DiskError) {
        guard ftruncate(raw, off_t(length)) == 0 else { throw DiskError("cut", path) }
    }

    /// Waits until the file's bytes, and the metadata that is needed to read them, are on the disk.
    package borrowing func syncData() throws(SyncFailure) {
        guard fdatasync(raw) == 0 else { throw SyncFailure(cause: DiskError("sync", path)) }
    }

    /// Waits until the file, or the names in a directory, are on the disk.
    package borrowing func sync() throws(SyncFailure) {
        guard fsync(raw) == 0 else { throw SyncFailure(cause: DiskError("sync", path)) }
    }
}

#if canImport(Glibc)
    /// renameat2(2), of glibc 2.28 and later, which its headers declare with _GNU_SOURCE only; musl has it since 1.2.6.
    @_silgen_name("renameat2") private func renameWith(
        _ oldDirectory: Int32, _ old: UnsafePointer<CChar>, _ newDirectory: Int32, _ new: UnsafePointer<CChar>, _ flags: UInt32
    ) -> Int32
#endif
