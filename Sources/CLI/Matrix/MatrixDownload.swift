import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Copies the runs of a matrix from their collector into its directory, where `sonde compare` finds them.
struct MatrixDownload {
    private let directory: MatrixDirectory
    private let place: RemotePlace
    private let client: ControlClient

    init(_ directory: MatrixDirectory, _ place: RemotePlace, _ client: ControlClient) {
        (self.directory, self.place, self.client) = (directory, place, client)
    }

    /// Copies those that aren't there yet. One that was being copied when `sonde` was killed is copied anew.
    func run() async throws {
        let state = directory.state
        let home = try Descriptor.directory(directory.path)
        for run in state.runs {
            guard let attempt = state.newest(run.number), attempt.state != nil, !attempt.isInterrupted else { continue }
            guard attempt.verdict != nil, !home.holds(attempt.directory) else { continue }
            let part = attempt.directory + ".part"
            if home.holds(part) {
                let old = try home.directory(part)
                for name in old.names(of: Int(DT_REG)) { try old.remove(name) }
            }
            let manifest = try await client.run(named: place.name(attempt.directory))
            _ = try await RunDownload(client: client, manifest: manifest, directory: "\(directory.path)/\(part)").run()
            // Under its own name it is never copied again: it has to be on the disk by then.
            let copy = try home.directory(part)
            for name in copy.names(of: Int(DT_REG)) { try copy.file(name).sync() }
            try copy.sync()
            try home.rename(part, to: attempt.directory)
            try home.sync()
            Output.complain("Copied \(attempt.directory)")
        }
    }
}
