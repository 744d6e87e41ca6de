import StatsCore

extension DataDirectory {
    /// Makes the directory of a new run and fills it. The last component must be new; parents may exist. When anything
    /// fails, all that this call made is removed again.
    ///
    /// - Parameter note: called when the name is free, before anything is made: whatever a crash leaves half made is then found again.
    /// - Throws: `ControlFailure` (`run_exists`, `bad_name`, `unwritable`), or `SyncFailure`.
    func createRun<Made>(_ run: RunPath, note: () throws -> Void, fill: (consuming Descriptor) throws -> Made) throws -> Made {
        guard !holds(run) else { throw Self.exists(run, in: path) }
        var made: [Int] = []
        do {
            try note()
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

    /// - Parameter made: how deep the directories lie that were made.
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

    /// Removes a run that a start began to make and no agent has heard of, because the collector ended meanwhile.
    /// - Returns: false, and nothing is removed, when the run was made: its commit log, which is made last, is there, or it has begun.
    func removeUnfinished(_ run: RunPath) throws -> Bool {
        guard holds(run) else { return true }
        let directory = try open(run)
        guard !directory.holds(RunFiles.commitLog) else { return false }
        if directory.holds(RunFiles.manifest) {
            guard try RunManifest(decoding: directory.file(RunFiles.manifest).contents()).state == .armed else { return false }
        }
        undo(run, made: [run.components.count])
        return true
    }

    /// Removes what a failed start made: directories of the run, as deep as `made` says.
    private func undo(_ run: RunPath, made: [Int]) {
        for depth in made.reversed() {
            if depth == run.components.count, let directory = try? open(run) {
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

    /// Whether there is anything of this name, also what is no directory.
    private func holds(_ run: RunPath) -> Bool {
        guard let name = run.components.last, let parent = try? open(run.components.dropLast()) else { return false }
        return parent.holds(name)
    }
}
