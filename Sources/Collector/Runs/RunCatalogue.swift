import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The runs in the data directory, found by their manifests. Of none more is kept than its listing: a manifest may have ten thousand nodes.
enum RunCatalogue {
    struct Entry: Sendable {
        let listing: RunListing
        /// Below the data directory.
        let directory: [String]
    }

    /// All runs, the newest first.
    static func entries(_ data: DataDirectory) throws(DiskError) -> [Entry] {
        var found: [Entry] = []
        collect(try data.descriptor.directory("."), at: [], into: &found)
        return found.sorted { ($0.listing.t0Us, $0.listing.name) > ($1.listing.t0Us, $1.listing.name) }
    }

    /// All manifests, the newest first.
    static func list(_ data: DataDirectory) throws(DiskError) -> [RunManifest] {
        try entries(data).compactMap { manifest(of: $0, data) }
    }

    /// - Returns: `nil` when it can't be read any more.
    static func manifest(of entry: Entry, _ data: DataDirectory) -> RunManifest? {
        try? RunManifest(decoding: data.open(entry.directory[...]).file(RunFiles.manifest).contents())
    }

    /// What a directory says of the run that it is; `nil` when it is none, or can't be read.
    static func listing(of directory: borrowing Descriptor) -> RunListing? {
        guard directory.holds(RunFiles.manifest), let bytes = try? directory.file(RunFiles.manifest).contents(),
            var listing: RunListing = try? JSONCoding.decode(from: bytes)
        else { return nil }
        listing.note(StoredRun(directory))
        return listing
    }

    /// The manifest of the run before that one in its series (`RunSeries`); `nil` when there is none that can be read.
    static func before(_ path: RunPath, _ data: DataDirectory) -> RunManifest? {
        guard let name = path.components.last, let parent = try? data.open(path.components.dropLast()) else { return nil }
        let series = RunSeries(name)
        var earlier: [(name: String, series: RunSeries)] = []
        for name in parent.names(of: Int(DT_DIR)) {
            let other = RunSeries(name)
            if other.precedes(series) { earlier.append((name, other)) }
        }
        // A directory of that name may hold other runs, or one of another program's.
        for (name, _) in earlier.sorted(by: { $1.series.precedes($0.series) }).prefix(triedBefore) {
            let bytes = try? parent.directory(name).file(RunFiles.manifest).contents()
            if let manifest = bytes.flatMap({ try? RunManifest(decoding: $0) }) { return manifest }
        }
        return nil
    }

    private static let triedBefore = 3

    /// Skips directories that can't be read or have no readable manifest; links are never followed.
    private static func collect(_ directory: borrowing Descriptor, at path: [String], into found: inout [Entry]) {
        if let listing = listing(of: directory) {
            found.append(Entry(listing: listing, directory: path))
            return
        }
        guard path.count < RunPath.depthLimit else { return }
        for name in directory.names(of: Int(DT_DIR)) {
            guard let child = try? directory.directory(name) else { continue }
            collect(child, at: path + [name], into: &found)
        }
    }
}
