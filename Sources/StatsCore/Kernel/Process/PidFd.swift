#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// `/proc/<pid>/fd`: how many files a process has open.
///
/// Since Linux 6.2 the directory's size is their number: one stat(2), which every user may. Before, the size is 0 and they have to be listed, which only root and
/// the process's own user may, and for which the kernel makes an inode each. Source: proc_pid_fd(5), Documentation/filesystems/proc.rst.
package enum PidFd {
    /// Whether this kernel tells the number as the directory's size. Whoever asks has files open.
    package static let sizeTells = size("/proc/self/fd") ?? 0 > 0

    /// - Parameter directory: `/proc/<pid>/fd`.
    package static func size(_ directory: String) -> UInt64? {
        var facts = stat()
        guard stat(directory, &facts) == 0 else { return nil }
        return UInt64(exactly: facts.st_size)
    }

    package static func list(_ directory: String) -> UInt64? {
        guard let entries = opendir(directory) else { return nil }
        defer { closedir(entries) }
        var count: UInt64 = 0
        while let entry = readdir(entries) {
            if entry.pointee.d_name.0 != CChar(bitPattern: UInt8(ascii: ".")) { count += 1 }
        }
        return count
    }
}
