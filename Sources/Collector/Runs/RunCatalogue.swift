import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The runs in the data directory, found by their manifests.
enum RunCatalogue {
    /// All manifests, the newest first.
    static func list(_ data: DataDirectory) throws(DiskError) -> [RunManifest] {
        var found: [RunManifest] = []
        collect(try data.descriptor.directory("."), depth: 0, into: &found)
        return found.sorted { ($0.t0Us, $0.name) > ($1.t0Us, $1.name) }
    }

    /// Directories that can't be read, or whose manifest can't, are no runs; a link is never followed.
    private static func collect(_ directory: borrowing Descriptor, depth: Int, into found: inout [RunManifest]) {
        if directory.holds(RunFiles.manifest), let manifest = try? RunManifest(decoding: directory.file(RunFiles.manifest).contents()) {
            found.append(manifest)
            return
        }
        guard depth < RunPath.depthLimit else { return }
        for name in directory.directoryNames() {
            guard let child = try? directory.directory(name) else { continue }
            collect(child, depth: depth + 1, into: &found)
        }
    }
}

extension Descriptor {
    /// The names in this directory that may be directories, hidden ones left out.
    borrowing func directoryNames() -> [String] {
        // fdopendir takes its descriptor over, so that it gets one of its own.
        let copy = openat(raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let stream = fdopendir(copy) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            guard entry.pointee.d_type == UInt8(DT_DIR) || entry.pointee.d_type == UInt8(DT_UNKNOWN) else { continue }
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }
}
