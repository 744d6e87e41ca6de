#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// How full a mounted file system is, by statvfs(3).
package struct FilesystemUsage: Sendable, Equatable {
    package var sizeBytes: UInt64?
    package var freeBytes: UInt64?
    /// What a user without privileges can still write.
    package var availableBytes: UInt64?
    /// Inodes; absent where the file system makes them as needed and gives 0 (btrfs, vfat).
    package var files: UInt64?
    package var filesFree: UInt64?

    package init() {}

    /// Calls statvfs. It blocks while a file server doesn't answer, so call it only on a thread that may hang.
    ///
    /// - Parameter path: ends in a 0 byte.
    /// - Throws: `KernelReadError`; EACCES where the mount point is closed to this user.
    package init(path: [UInt8]) throws(KernelReadError) {
        var answer = statvfs()
        let code: Int32 = path.withUnsafeBytes { bytes in
            statvfs(bytes.baseAddress!.assumingMemoryBound(to: CChar.self), &answer) == 0 ? 0 : errno
        }
        guard code == 0 else { throw KernelReadError(path: String(decoding: path.dropLast(), as: UTF8.self), code: code) }
        let fragment = UInt64(answer.f_frsize)
        sizeBytes = KernelUnits.scaled(UInt64(answer.f_blocks), by: fragment)
        freeBytes = KernelUnits.scaled(UInt64(answer.f_bfree), by: fragment)
        availableBytes = KernelUnits.scaled(UInt64(answer.f_bavail), by: fragment)
        guard answer.f_files > 0 else { return }
        files = UInt64(answer.f_files)
        filesFree = UInt64(answer.f_ffree)
    }
}
