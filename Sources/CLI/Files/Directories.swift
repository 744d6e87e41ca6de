import SystemPackage

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

enum Directories {
    /// Makes the directory, and those above it that are missing. One that is there already is fine.
    ///
    /// - Throws: what mkdir(2) says of the first that can't be made.
    static func make(_ path: FilePath, mode: mode_t = 0o777) throws(Errno) {
        if path.isEmpty || mkdir(path.string, mode) == 0 { return }
        var reason = Errno(rawValue: errno)
        if reason == .noSuchFileOrDirectory, path.lastComponent != nil {
            try make(path.removingLastComponent(), mode: mode)
            if mkdir(path.string, mode) == 0 { return }
            reason = Errno(rawValue: errno)
        }
        var information = stat()
        // Besides "it exists", a read-only file system or a missing right may be named first.
        if stat(path.string, &information) == 0, information.st_mode & S_IFMT == S_IFDIR { return }
        throw reason
    }
}
