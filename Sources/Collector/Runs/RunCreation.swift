import StatsCore

extension DataDirectory {
    /// Makes the directory of a new run and fills it. The last component must be new; parents may exist. When anything
    /// fails, all that this call made is removed again.
    /// - Throws: `ControlFailure` (`run_exists`, `bad_name`, `unwritable`), or `SyncFailure`.
    func createRun<Made>(_ run: RunPath, fill: (consuming Descriptor) throws -> Made) throws -> Made {
        var made = 0
        do {
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

    private func makeDirectories(of run: RunPath, made: inout Int) throws {
        var parent = try descriptor.directory(".")
        for (index, component) in run.components.enumerated() {
            let isLast = index == run.components.count - 1
            if isLast || !parent.holds(component) {
                try parent.makeDirectory(component)
                made += 1
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

    /// Removes what a failed start made: the `made` innermost directories of the run.
    private func undo(_ run: RunPath, made: Int) {
        for depth in 0..<made {
            let components = run.components.dropLast(depth)
            guard let name = components.last else { return }
            if depth == 0, let directory = try? open(run) {
                for file in RunFiles.all where directory.holds(file) { try? directory.remove(file) }
            }
            var parent = try? descriptor.directory(".")
            for component in components.dropLast() { parent = try? parent?.directory(component) }
            try? parent?.removeDirectory(name)
        }
    }

    private func explain(_ error: DiskError, _ run: RunPath) -> ControlFailure {
        if error.exists {
            return ControlFailure(
                code: "run_exists", message: "`\(run)` exists already in \(path); nothing is ever overwritten: give the run another name")
        }
        if error.isInTheWay {
            return ControlFailure(
                code: "bad_name", message: "the name `\(run)` can't be used: \(error.path) is a symbolic link or no directory")
        }
        return ControlFailure(code: "unwritable", message: "the run `\(run)` can't be made: \(error)")
    }
}
