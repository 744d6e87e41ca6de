#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The subdirectories of a directory. It allocates, so it isn't for every tick.
package enum DirectoryList {
    package static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Their names, sorted; empty when the directory is gone or may not be read.
    package static func subdirectories(of path: String) -> [String] { knownSubdirectories(of: path) ?? [] }

    /// The same, but `nil` when that can't be said: no descriptor or no memory was left, or the file system failed.
    package static func knownSubdirectories(of path: String) -> [String]? {
        guard let directory = opendir(path) else { return [ENOENT, EACCES, EPERM].contains(errno) ? [] : nil }
        defer { closedir(directory) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(directory) else {
                if errno != 0 { return nil }
                break
            }
            guard entry.pointee.d_type == UInt8(DT_DIR) || entry.pointee.d_type == UInt8(DT_UNKNOWN) else { continue }
            // Read in place: the entry ends with its name, and a copy of the whole field would read beyond the entry.
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name == "." || name == ".." { continue }
            if entry.pointee.d_type == UInt8(DT_UNKNOWN), !isDirectory("\(path)/\(name)") { continue }
            names.append(name)
        }
        return names.sorted()
    }

    /// By which a directory is told from an earlier one of the same path; `nil` when it is gone.
    package static func inode(of path: String) -> UInt64? {
        var facts = stat()
        return stat(path, &facts) == 0 ? UInt64(facts.st_ino) : nil
    }

    private static func isDirectory(_ path: String) -> Bool {
        var facts = stat()
        return stat(path, &facts) == 0 && facts.st_mode & S_IFMT == S_IFDIR
    }
}
