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

    /// Skips directories that can't be read or have no readable manifest; links are never followed.
    private static func collect(_ directory: borrowing Descriptor, depth: Int, into found: inout [RunManifest]) {
        if directory.holds(RunFiles.manifest), let manifest = try? RunManifest(decoding: directory.file(RunFiles.manifest).contents()) {
            found.append(manifest)
            return
        }
        guard depth < RunPath.depthLimit else { return }
        for name in directory.names(of: Int(DT_DIR)) {
            guard let child = try? directory.directory(name) else { continue }
            collect(child, depth: depth + 1, into: &found)
        }
    }
}
