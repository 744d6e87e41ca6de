/// What a run keeps of its hosts' environments, within bounds: run.json has to be read and written whole.
package struct RunEnvironments: Sendable {
    /// Of the environments of all nodes, as they are kept, in bytes.
    private static let mostBytes = 8 << 20

    private var shared = SharedEnvironments()
    private var bytes = 0
    private var containers = 0
    /// The newest environments of those nodes that have another one than when the run began.
    private var changed: [String: HostEnvironment] = [:]

    package init() {}

    /// Goes on with what a run keeps already.
    package init(_ nodes: [RunManifest.Node]) {
        for node in nodes {
            bytes += node.environment?.size ?? 0
            containers += node.containers?.count ?? 0
            if node.environmentOf == nil, let environment = node.environment { shared.addBase(environment, of: node.node) }
        }
    }

    /// Writes into a node's entry what its host is.
    package mutating func describe(_ node: inout RunManifest.Node, _ told: NodeEnvironment) {
        let room = min(max(ContainerSettings.mostOfRun - containers, 0), told.containers.count)
        containers += room
        node.activity = told.activity
        node.containers = room > 0 ? Array(told.containers.prefix(room)) : nil
        let leftOut = told.containersLeftOut.saturatingAdding(told.containers.count - room)
        node.containersLeftOut = leftOut > 0 ? leftOut : nil
        guard !told.host.isEmpty, bytes < Self.mostBytes else { return }
        let kept = shared.share(told.host, of: node.node)
        bytes += kept.own.size
        (node.environment, node.environmentOf) = (kept.own, kept.base)
    }

    /// What has changed at a node's host since it was last told; nothing for one of which nothing was known.
    package mutating func changes(of node: RunManifest.Node, to now: HostEnvironment) -> [EnvironmentDifference] {
        guard !now.isEmpty, let own = node.environment else { return [] }
        let began = shared.whole(SharedEnvironments.Kept(own: own, base: node.environmentOf))
        guard let before = changed[node.node] ?? began else { return [] }
        let differences = now.differences(since: before)
        if !differences.isEmpty { changed[node.node] = now }
        return differences
    }
}
