extension EnvironmentComparison {
    /// Compares the hosts and containers of two runs, node by node and container by container, by their names.
    ///
    /// - Returns: `nil` when nothing differs, or one of them is of a version that knew of no environments.
    package init?(from earlier: RunManifest, to later: RunManifest) {
        let (old, new) = (earlier.environments, later.environments)
        guard !old.isEmpty, !new.isEmpty else { return nil }
        var found = Findings()
        for node in later.nodes.map(\.node) {
            guard let before = old[node], let after = new[node] else { continue }
            for difference in after.differences(since: before) { found.add(difference.text, at: node) }
        }
        let (oldNodes, newNodes) = (Set(earlier.nodes.map(\.node)), Set(later.nodes.map(\.node)))
        for node in newNodes.subtracting(oldNodes).sorted() { found.add("Nodes that weren't there", at: node) }
        for node in oldNodes.subtracting(newNodes).sorted() { found.add("Nodes that aren't there any more", at: node) }
        Self.compareContainers(earlier, later, &found)
        guard !found.order.isEmpty else { return nil }
        self.init(run: earlier.name, all: found.sentences)
    }

    private static func compareContainers(_ earlier: RunManifest, _ later: RunManifest, _ found: inout Findings) {
        var before: [String: [String: ContainerSettings]] = [:]
        for node in earlier.nodes {
            before[node.node] = Dictionary((node.containers ?? []).map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        }
        for node in later.nodes {
            guard let known = before[node.node] else { continue }
            for container in node.containers ?? [] {
                guard let earlier = known[container.name] else { continue }
                for (old, new) in zip(earlier.compared, container.compared) where old.value != new.value {
                    let difference = EnvironmentDifference(
                        fact: "Container \(container.name)'s \(new.title)", before: old.value ?? "none", after: new.value ?? "none")
                    found.add(difference.text, at: node.node)
                }
            }
        }
    }

    /// What was found, in the order in which it was, each with the nodes of which it is true.
    private struct Findings {
        private(set) var order: [String] = []
        private var nodes: [String: [String]] = [:]

        mutating func add(_ finding: String, at node: String) {
            if nodes[finding] == nil { order.append(finding) }
            nodes[finding, default: []].append(node)
        }

        var sentences: [String] {
            order.map { finding in
                let named = nodes[finding] ?? []
                let rest = named.count > 5 ? " and \(named.count - 5) more" : ""
                return "\(finding) (\(named.prefix(5).joined(separator: ", "))\(rest))"
            }
        }
    }
}
