import StatsCore

/// Finds the units of a host by walking its cgroup hierarchies, down to containers and not into them.
///
/// A cgroup of version 1 may stand in some hierarchies only, so all are walked; version 2 has one.
struct UnitTree {
    private let roots: [String]
    private let choice: UnitChoice

    init(_ mount: CgroupMount, _ choice: UnitChoice) {
        roots = Set([mount.unified].compactMap(\.self) + mount.controllers.values).sorted()
        self.choice = choice
    }

    /// What a walk finds.
    struct Found {
        /// Ordered by path, each once.
        var units: [UnitPath] = []
        /// Whether a directory couldn't be read although it is there.
        var isIncomplete = false
    }

    /// - Parameter visit: called with each directory before it is listed: what is made or removed in it may be a unit.
    func walk(_ visit: (String) -> Void = { _ in }) -> Found {
        var found = Found()
        var nodes: [String: Node] = [:]
        for root in roots { walk(root, "", depth: 0, &nodes, &found, visit) }
        // Deepest first, so that a cgroup knows what is in it before it is judged itself.
        for path in nodes.keys.sorted(by: { $0.utf8.count > $1.utf8.count }) {
            let isChosen = isChosen(path, nodes[path]!)
            if isChosen { found.units.append(UnitPath(path)) }
            guard isChosen || nodes[path]!.holdsOthers, let slash = path.lastIndex(of: "/") else { continue }
            nodes[String(path[..<slash])]?.holdsOthers = true
        }
        found.units.sort { $0.path < $1.path }
        return found
    }

    private struct Node {
        var isContainer: Bool
        /// Whether recorded units or containers are below it.
        var holdsOthers = false
    }

    /// Of nested units the innermost are recorded, so that nothing counts twice, and one around them where it is asked for.
    private func isChosen(_ path: String, _ node: Node) -> Bool {
        if node.isContainer { return false }
        let unit = UnitPath(path)
        return node.holdsOthers ? choice.names(unit) : choice.matches(unit)
    }

    /// Deep enough for every service manager; it ends the walk should a mount lead back into itself.
    private static let maximumDepth = 16

    private func walk(
        _ root: String, _ path: String, depth: Int, _ nodes: inout [String: Node], _ found: inout Found, _ visit: (String) -> Void
    ) {
        guard depth < Self.maximumDepth else { return }
        visit(root + path)
        guard let names = DirectoryList.knownSubdirectories(of: root + path) else {
            found.isIncomplete = true
            return
        }
        for name in names {
            let child = "\(path)/\(name)"
            let isContainer = isContainer(child)
            if isContainer { nodes[path]?.holdsOthers = true }
            if nodes[child] == nil { nodes[child] = Node(isContainer: isContainer) }
            if !isContainer { walk(root, child, depth: depth + 1, &nodes, &found, visit) }
        }
    }

    private func isContainer(_ path: String) -> Bool {
        guard let container = CgroupPath(path) else { return false }
        return !(container.isNamed && choice.takesNamedContainers)
    }
}
