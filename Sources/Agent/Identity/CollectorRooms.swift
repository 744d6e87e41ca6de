import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Where in the state directory is kept what waits for each collector.
///
/// An agent of a single collector keeps it in the directory itself, at whatever address the collector is. With several, that is the room of one of them, which the file
/// `collector` names; each other one has a directory that is called as its address. Who waits in a room so goes to its own collector, in whatever order they are named later.
struct CollectorRooms: ~Copyable {
    static let directoryName = ".collectors"
    private static let ownerFile = "collector"

    private let state: StateDirectory
    private let owner: String?
    /// Whether frames wait that come from the time of a single collector. Nobody has noted which one that was: it is taken to be the first that is named now.
    let isGuessed: Bool

    /// - Parameter addresses: of all collectors; none for an agent without one.
    /// - Throws: `DiskError`, `SyncFailure`.
    init(in state: StateDirectory, for addresses: [String]) throws {
        let known = try state.contents(Self.ownerFile).map { String(decoding: $0, as: UTF8.self) }
        let isNew = known == nil && addresses.count > 1
        if isNew { try state.directory.replace(Self.ownerFile, with: Array(addresses[0].utf8)) }
        self.state = state
        owner = isNew ? addresses[0] : known
        isGuessed = isNew && Spool.holdsFrames(in: state.directory)
    }

    /// The directory for what waits for a collector.
    /// - Parameter address: `nil` for none.
    /// - Throws: `DiskError`, `SyncFailure`.
    func directory(of address: String?) throws -> Descriptor {
        guard let address, let owner, address != owner else { return try state.directory.again() }
        if !state.directory.holds(Self.directoryName) {
            try state.directory.makeDirectory(Self.directoryName)
            try state.directory.sync()
        }
        let all = try state.directory.directory(Self.directoryName)
        let name = PercentCoding.encode(address)
        if !all.holds(name) {
            try all.makeDirectory(name)
            try all.sync()
        }
        return try all.directory(name)
    }

    /// Collectors that aren't named any more, and for which frames wait.
    func forgotten(besides addresses: [String]) -> [String] {
        var found: [String] = []
        if let owner, !addresses.contains(owner), Spool.holdsFrames(in: state.directory) { found.append(owner) }
        guard state.directory.holds(Self.directoryName), let all = try? state.directory.directory(Self.directoryName) else { return found }
        for name in all.names(of: Int(DT_DIR)) {
            guard let address = PercentCoding.decode(name), !addresses.contains(address), let room = try? all.directory(name),
                Spool.holdsFrames(in: room)
            else { continue }
            found.append(address)
        }
        return found.sorted()
    }
}
