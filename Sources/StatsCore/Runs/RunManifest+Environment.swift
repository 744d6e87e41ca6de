extension RunManifest {
    /// The whole environment of each node of which one is known, by its name.
    package var environments: [String: HostEnvironment] {
        var whole: [String: HostEnvironment] = [:]
        for node in nodes where node.environmentOf == nil { whole[node.node] = node.environment }
        for node in nodes {
            guard let base = node.environmentOf, let own = node.environment else { continue }
            whole[node.node] = (whole[base] ?? HostEnvironment()).changed(by: own)
        }
        return whole
    }

    /// Appends a change; of many, the first are kept.
    package mutating func note(_ change: EnvironmentChange) {
        var changes = environmentChanges ?? []
        guard changes.count < EnvironmentChange.most else { return }
        changes.append(change)
        environmentChanges = changes
    }

    /// Of `remarks`, those of hosts.
    var environmentRemarks: [String] {
        let changes = environmentChanges ?? []
        let rest = changes.count > 5 ? ["The hosts changed \(changes.count - 5) more times: environment_changes in run.json."] : []
        return changes.prefix(5).map(\.text) + rest + (environmentComparison?.sentences ?? [])
    }
}

extension RunManifest.Node {
    /// Whether it says what its host is.
    package var isDescribed: Bool { environment != nil || activity != nil || containers != nil }

    /// Takes over what was known of the host when the run began, which is what counts.
    mutating func keepEnvironment(of earlier: Self) {
        (environment, environmentOf, activity) = (earlier.environment, earlier.environmentOf, earlier.activity)
        (containers, containersLeftOut) = (earlier.containers, earlier.containersLeftOut)
    }
}
