import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What a run says of itself in run.json and `.commit`: the statements that are then held against its files.
struct RunClaims {
    /// What a CSV file is said to hold.
    struct File: Equatable {
        let rows: UInt64
        let bytes: UInt64
        /// `nil` as long as the run isn't closed.
        var sha256: String?
        /// CRC-32C, which `.commit` has of an open run's file; `nil` when it doesn't say.
        var crc: UInt32?
    }

    /// More than any fleet's run.json and `.commit` take, and little enough to be read whole.
    static let sizeLimit: UInt64 = 256 << 20

    let manifest: RunManifest
    /// What `.commit` adds up to; `nil` when it isn't there, as in a run that was downloaded, or is no log.
    let commit: CommitRecord?
    let grid: Grid
    /// By name.
    let files: [String: File]
    /// All nodes that take part, in the order of their names.
    let nodes: [String]
    /// By node: what run.json counts.
    private let counts: [String: RunLedger.Account]

    /// What is said of a node's ticks; `nil` when nothing is.
    func account(of node: String) -> RunLedger.Account? { isClosed ? counts[node] : commit?.ticks[node] }

    var isClosed: Bool { !manifest.state.isActive }

    /// How many ticks are accounted for: those of the whole run when it is closed, else those that the node's last commit covers.
    func expected(of node: String) -> UInt64 {
        isClosed ? manifest.lastTick.map { $0 + 1 } ?? 0 : commit?.ticks[node]?.nextTick ?? 0
    }

    /// - Throws: `CommandFailure` when there is no run, or none that can be checked.
    init(_ source: borrowing RunSource, _ faults: inout RunFaults) throws {
        var manifest = try Self.manifest(source)
        grid = try Self.grid(of: manifest)
        counts = Dictionary(manifest.nodes.compactMap { node in RunLedger.Account(of: node).map { (node.node, $0) } }) { first, _ in first }
        commit = Self.commit(source, isClosed: !manifest.state.isActive, &faults)
        if manifest.state.isActive, let commit {
            manifest.join(commit.nodes)
            files = Dictionary(
                uniqueKeysWithValues: commit.files.map { ($0, File(rows: commit.rows[$0] ?? 0, bytes: $1, crc: commit.sums[$0])) })
        } else {
            files = manifest.files.mapValues { File(rows: $0.rows, bytes: $0.bytes, sha256: $0.sha256) }
        }
        var nodes = Set(manifest.nodes.map(\.node))
        if nodes.count < manifest.nodes.count {
            faults.note(.manifest, file: RunFiles.manifest, "a node is named twice")
        }
        // A run of an earlier version doesn't say in .commit who has just joined.
        if manifest.state.isActive { nodes.formUnion(commit?.ticks.keys.map(\.self) ?? []) }
        self.nodes = nodes.sorted()
        self.manifest = manifest
        checkManifest(&faults)
        if let commit, isClosed { check(commit, &faults) }
    }

    /// Some of a fleet's nodes, for an error.
    static func naming(_ nodes: [String]) -> String {
        let most = 20
        return nodes.prefix(most).joined(separator: ", ") + (nodes.count > most ? " and \(nodes.count - most) more" : "")
    }

    // MARK: run.json

    /// For whoever names a directory of runs, as the collector's or a matrix's.
    private static func namingRuns(below path: String) -> String {
        guard let directory = try? Descriptor.directory(path) else { return "" }
        let runs = directory.names(of: Int(DT_DIR)).sorted().filter { name in
            guard let child = try? directory.directory(name) else { return false }
            return child.holds(RunFiles.manifest)
        }
        return runs.first.map { " There are runs in it: \(naming(runs)). Name one of them, such as \(path)/\($0)." } ?? ""
    }

    private static func manifest(_ source: borrowing RunSource) throws -> RunManifest {
        struct Head: Decodable { var format: Int }
        let bytes: [UInt8]
        do throws(DiskError) {
            bytes = try source.contents(RunFiles.manifest, limit: sizeLimit)
        } catch  where error.isAbsent {
            throw CommandFailure(
                code: "no_run", message: "\(source.path) is no run: it has no \(RunFiles.manifest).\(namingRuns(below: source.path))")
        } catch {
            throw CommandFailure(code: "unreadable", message: "\(error).")
        }
        do {
            let head: Head = try JSONCoding.decode(from: bytes)
            guard head.format == RunManifest.currentFormat else {
                throw CommandFailure(
                    code: "bad_format",
                    message: """
                        \(source.child(RunFiles.manifest)) is of format \(head.format), and this version of sonde understands \
                        format \(RunManifest.currentFormat). Check the run with the version that recorded it, or a later one.
                        """)
            }
            return try RunManifest(decoding: bytes)
        } catch let error as JSONMismatch {
            throw CommandFailure(code: "bad_manifest", message: "\(source.child(RunFiles.manifest)) can't be read: \(error).")
        }
    }

    /// - Throws: `CommandFailure` when the grid's instants would not fit into time.
    private static func grid(of manifest: RunManifest) throws(CommandFailure) -> Grid {
        if let grid = manifest.grid { return grid }
        throw CommandFailure(
            code: "bad_manifest",
            message: "\(RunFiles.manifest) holds a grid that can't be: look at interval_us, t0_us, ticks and last_tick.")
    }

    private func checkManifest(_ faults: inout RunFaults) {
        func note(_ message: String) { faults.note(.manifest, file: RunFiles.manifest, message) }
        if manifest.t0 != Timestamp.string(manifest.t0Us) { note("t0 and t0_us are not the same instant") }
        guard isClosed else { return }
        if let ticks = manifest.ticks, let last = manifest.lastTick, last >= ticks {
            note("last_tick is \(last), and the run was to have \(HumanUnits.count(ticks, "tick"))")
        }
        if manifest.ended.map({ !Timestamp.isInstant($0.utf8.span.bytes) }) ?? true { note("ended is no instant") }
        for (name, file) in manifest.files.sorted(by: { $0.key < $1.key }) {
            if let fault = file.fault { faults.note(.known, file: name, "run.json says that it \(fault)") }
        }
        for name in [RunFiles.columns, RunFiles.gaps] where files[name] == nil { note("files doesn't name \(name)") }
    }

    // MARK: .commit

    private static func commit(_ source: borrowing RunSource, isClosed: Bool, _ faults: inout RunFaults) -> CommitRecord? {
        guard source.holds(RunFiles.commitLog) || !isClosed else { return nil }
        do {
            let log = try source.contents(RunFiles.commitLog, limit: sizeLimit)
            guard let good = CommitCoder.fold(log) else {
                faults.note(.commit, file: RunFiles.commitLog, "no commit is whole, so that nothing says what is durable")
                return nil
            }
            // What a crash leaves behind the last commit of an open run was never acknowledged, and recovery cuts it off.
            if good.isDamaged || isClosed && good.length < log.count {
                faults.note(
                    .commit, file: RunFiles.commitLog,
                    "the last \(HumanUnits.count(log.count - good.length, "byte")) are no commit that is whole")
            }
            return good.record
        } catch {
            faults.note(.commit, file: RunFiles.commitLog, "\(error)")
            return nil
        }
    }

    /// A closed run's `.commit` and run.json say the same.
    private func check(_ commit: CommitRecord, _ faults: inout RunFaults) {
        func note(_ message: String) { faults.note(.commit, file: RunFiles.commitLog, message) }
        for (name, bytes) in commit.files.sorted(by: { $0.key < $1.key }) where files[name]?.bytes != bytes {
            note("\(name) has \(bytes) bytes, and \(RunFiles.manifest) says \(files[name].map { "\($0.bytes)" } ?? "nothing")")
        }
        for (name, rows) in commit.rows.sorted(by: { $0.key < $1.key }) where files[name]?.rows != rows {
            note("\(name) has \(rows) rows, and \(RunFiles.manifest) says \(files[name].map { "\($0.rows)" } ?? "nothing")")
        }
        for node in Set(commit.ticks.keys).union(counts.keys).sorted() where commit.ticks[node]?.closed != counts[node] {
            note("of node \(node) it counts other ticks than \(RunFiles.manifest)")
        }
    }
}

extension RunLedger.Account {
    /// What run.json says of a node; `nil` when it leaves a count out.
    init?(of node: RunManifest.Node) {
        guard let expected = node.expected, let present = node.present, let missing = node.missing else { return nil }
        self.init(
            nextTick: expected.saturatingAdding(node.notRecorded ?? 0), present: present, missing: missing,
            incompleteRows: node.incompleteRows, notRecorded: node.notRecorded)
    }
}
