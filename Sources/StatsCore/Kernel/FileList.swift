#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The files of a directory. It allocates, so it isn't for every tick.
package enum FileList {
    /// The names of what is no directory, sorted; empty when the directory is gone or may not be read.
    package static func files(of path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            guard entry.pointee.d_type != UInt8(DT_DIR) else { continue }
            // Read in place: the entry ends with its name, and a copy of the whole field would read beyond the entry.
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
