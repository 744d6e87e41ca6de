/// Who uses most CPU time of a node at one tick: of its containers and units, and the processes that have rows.
///
/// The unit or container is told, and the process in it that does most of the work, if one does.
package struct BusiestUse: Sendable, Equatable {
    package enum Kind: String, Sendable { case container, unit, process }

    package let kind: Kind
    /// As people read it: `mysqld (unit mysql.service)`, `container web`, `rustc`.
    package let name: String
    /// Of the unit or container, else of the process; 100 is one core.
    package let cpuPercent: Double

    /// Below this nobody is busy, in percent of a core.
    private static let least = 1.0

    /// - Returns: `nil` when no row says that anybody used any CPU time worth a name.
    package init?(_ rows: FrameRows) {
        let process = Self.process(rows)
        let owner = [Self.container(rows), Self.unit(rows)].compactMap { $0 }.max { $0.cpuPercent < $1.cpuPercent }
        let found: (kind: Kind, name: String, cpuPercent: Double)
        if let owner, owner.cpuPercent >= process?.cpuPercent ?? 0 || process?.owner == owner.owner {
            // One that did less than half of it stands for nothing.
            let main = Self.process(rows) { $0 == owner.owner }.flatMap { $0.cpuPercent * 2 >= owner.cpuPercent ? $0 : nil }
            found = (owner.kind, Self.text(main?.name, owner.owner, owner.name), owner.cpuPercent)
        } else if let process {
            // Its unit or container has no row.
            found = (process.kind, Self.text(process.name, process.owner, process.ownerName), process.cpuPercent)
        } else {
            return nil
        }
        guard found.cpuPercent >= Self.least else { return nil }
        (kind, name, cpuPercent) = found
    }

    /// What a process belongs to.
    private enum Owner: Equatable {
        case container(id: String)
        case unit(String)
    }

    private struct Candidate {
        var name: String
        var owner: Owner?
        /// Of the owner, as people know it.
        var ownerName: String?
        var cpuPercent: Double

        /// What it is, or is a part of.
        var kind: Kind {
            switch owner {
            case .container: .container
            case .unit: .unit
            case nil: .process
            }
        }
    }

    private static func text(_ process: String?, _ owner: Owner?, _ name: String?) -> String {
        let of: String? =
            switch owner {
            case .container(let id): "container \(name ?? String(id.prefix(12)))"
            case .unit(let unit): "unit \(unit)"
            case nil: nil
            }
        guard let process else { return of ?? "" }
        return of.map { "\(process) (\($0))" } ?? process
    }

    private static func container(_ rows: FrameRows) -> Candidate? {
        let columns = rows.columns(of: .container)
        let (cpu, id, name) = (columns?.place("cpu_percent"), columns?.place("container_id"), columns?.place("container"))
        var best: Candidate?
        rows.forEachRow(of: .container) { row in
            guard let used = row.number(at: cpu), used > best?.cpuPercent ?? 0, let id = row.text(at: id) else { return }
            best = Candidate(name: row.text(at: name) ?? String(id.prefix(12)), owner: .container(id: id), cpuPercent: used)
        }
        return best
    }

    /// Of units within each other the innermost that used at least half: a slice is only what its services are.
    private static func unit(_ rows: FrameRows) -> Candidate? {
        let columns = rows.columns(of: .unit)
        let (cpu, name, path) = (columns?.place("cpu_percent"), columns?.place("unit"), columns?.place("cgroup"))
        var best: Candidate?
        var above = ""
        // Nobody's units are deeper within each other; an agent may say anything.
        for _ in 0..<16 {
            let least = (best?.cpuPercent ?? 0) / 2
            var (next, nextPath): (Candidate?, String) = (nil, "")
            rows.forEachRow(of: .unit) { row in
                guard let used = row.number(at: cpu), used > 0, used >= least, used > next?.cpuPercent ?? 0, let name = row.text(at: name),
                    let path = row.text(at: path), best == nil || path.utf8.count > above.utf8.count && path.hasPrefix(above)
                else { return }
                next = Candidate(name: name, owner: .unit(name), cpuPercent: used)
                nextPath = path
            }
            guard let next else { return best }
            best = next
            above = nextPath.hasSuffix("/") ? nextPath : nextPath + "/"
        }
        return best
    }

    /// - Parameter isWanted: chooses by what a process belongs to.
    private static func process(_ rows: FrameRows, where isWanted: (Owner?) -> Bool = { _ in true }) -> Candidate? {
        let columns = rows.columns(of: .process)
        let (cpu, name, state) = (columns?.place("cpu_percent"), columns?.place("comm"), columns?.place("state"))
        let (id, container, unit) = (columns?.place("container_id"), columns?.place("container"), columns?.place("unit"))
        var best: Candidate?
        rows.forEachRow(of: .process) { row in
            // The last row of one that has ended is no process that is there.
            guard let used = row.number(at: cpu), used > best?.cpuPercent ?? 0, !row.holds("X", at: state) else { return }
            let owner = row.text(at: id).map { Owner.container(id: $0) } ?? row.text(at: unit).map { .unit($0) }
            guard isWanted(owner), let name = row.text(at: name) else { return }
            best = Candidate(name: name, owner: owner, ownerName: row.text(at: container), cpuPercent: used)
        }
        return best
    }
}
