import StatsCore

extension DataDirectory {
    /// Makes the directory of a new run and fills it. The last component must be new; its parents may exist. If anything
    /// fails, everything that this call has made is removed again.
    ///
    /// - Parameter announce: called when the name is known to be free, before anything is made, so that after a crash the unfinished run is found.
    /// - Throws: `ControlFailure` (`run_exists`, `bad_name`, `unwritable`), or `SyncFailure`.
    func createRun<Made>(_ run: RunPath, announce: () throws -> Void, fill: (consuming Descriptor) throws -> Made) throws -> Made {
        guard !holds(run) else { throw Self.exists(run, in: path) }
        var made: [Int] = []
        do {
            try announce()
            try makeDirectories(of: run, made: &made)
            let filled = try fill(open(run))
            try syncParents(of: run)
            return filled
        } catch {
            undo(run, made: made)
            switch error {
            case let error as DiskError: throw explain(error, run)
            default: throw error
            }
        }
    }

    /// - Parameter made: the depths of the directories that were made.
    private func makeDirectories(of run: RunPath, made: inout [Int]) throws {
        var parent = try descriptor.directory(".")
        for (index, component) in run.components.enumerated() {
            let isLast = index == run.components.count - 1
            if isLast || !parent.holds(component) {
                try parent.makeDirectory(component)
                made.append(index + 1)
            }
            parent = try parent.directory(component)
            if !isLast, parent.holds(RunFiles.manifest) {
                throw ControlFailure(
                    code: "bad_name",
                    message: "`\(run.components[...index].joined(separator: "/"))` is a run; a run can't lie within another")
            }
        }
    }

    private func syncParents(of run: RunPath) throws {
        var parent = try descriptor.directory(".")
        for component in run.components {
            try parent.sync()
            parent = try parent.directory(component)
        }
    }

    /// Removes a run that was only partly made because the collector ended; no agent knows it.
    /// - Returns: false, without removing anything, if the run was complete: it has a commit log, which is made last, or has begun. One that waited for other collectors,
    ///   or that one of them couldn't begin, is to leave nothing.
    func removeUnfinished(_ run: RunPath) throws -> Bool {
        guard holds(run) else { return true }
        let directory = try open(run)
        if directory.holds(RunFiles.commitLog) {
            guard (try? RunManifest(decoding: directory.file(RunFiles.manifest).contents()))?.isHeld == true else { return false }
        } else if directory.holds(RunFiles.manifest) {
            let manifest = try RunManifest(decoding: directory.file(RunFiles.manifest).contents())
            guard manifest.state == .armed || manifest.isHeld == true else { return false }
        }
        undo(run, made: [run.components.count])
        return true
    }

    /// Removes a run that has not begun, or is not to have, and parents of it that are empty then.
    func discard(_ run: RunPath) { undo(run, made: Array(1...run.components.count)) }

    /// Removes the directories that a failed start has made; `made` has their depths.
    private func undo(_ run: RunPath, made: [Int]) {
        for depth in made.reversed() {
            if depth == run.components.count, let directory = try? open(run) {
                // First the commit log, also after a power cut: without it and with run.json, or with neither, the rest is known to be unfinished.
                if directory.holds(RunFiles.commitLog) {
                    try? directory.remove(RunFiles.commitLog)
                    try? directory.sync()
                }
                for file in RunFiles.all where directory.holds(file) { try? directory.remove(file) }
            }
            guard let parent = try? open(run.components.prefix(depth - 1)) else { return }
            try? parent.removeDirectory(run.components[depth - 1])
        }
    }

    private func explain(_ error: DiskError, _ run: RunPath) -> ControlFailure {
        if error.exists { return Self.exists(run, in: path) }
        if error.isInTheWay {
            return ControlFailure(
                code: "bad_name", message: "the name `\(run)` can't be used: \(error.path) is a symbolic link or no directory")
        }
        return ControlFailure(code: "unwritable", message: "the run `\(run)` can't be made: \(error)")
    }

    private static func exists(_ run: RunPath, in path: String) -> ControlFailure {
        ControlFailure(
            code: "run_exists", message: "`\(run)` exists already in \(path); nothing is ever overwritten: give the run another name")
    }

    /// Whether this name exists, as a directory or anything else.
    private func holds(_ run: RunPath) -> Bool {
        guard let name = run.components.last, let parent = try? open(run.components.dropLast()) else { return false }
        return parent.holds(name)
    }
}
