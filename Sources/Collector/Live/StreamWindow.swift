import StatsCore

/// How many objects one who follows is sent at most. As many a page draws smoothly and a terminal sorts at once, and a snapshot of them has some
/// megabytes; nobody reads a longer list line by line.
struct StreamBounds: Sendable {
    var containers = 2000
    var nodes = 1000
}

/// What one group of those who follow is sent of a fleet: all of it, or as much of it as is good for anybody.
struct StreamWindow: Sendable {
    /// Seconds from one look for what is asked for to the next.
    private static let step = 5

    let query: StreamQuery
    private let nodeSearch: StreamSearch
    private let containerSearch: StreamSearch
    private let bounds: StreamBounds
    private var nodes: StreamChoice<String>
    private var containers: StreamChoice<Int>
    /// What was said last of the whole fleet.
    private var totals: [UInt8] = []

    init(_ query: StreamQuery, _ bounds: StreamBounds) {
        self.query = query
        self.bounds = bounds
        // A quarter is for what hurts, whatever is asked for.
        nodes = StreamChoice(limit: bounds.nodes, worst: bounds.nodes / 4)
        containers = StreamChoice(limit: bounds.containers, worst: bounds.containers / 4)
        (nodeSearch, containerSearch) = (.nodes(query), .containers(query))
    }

    /// What who knows nothing yet has to be told.
    /// - Parameter isShared: whether others follow already, so that the choice stays as they know it.
    mutating func everything(_ list: FleetList, isShared: Bool) -> (fleet: FleetChanges, totals: [UInt8]) {
        if !isShared {
            self = StreamWindow(query, bounds)
            choose(list, isDue: true)
        }
        var all = FleetChanges()
        all.nodes = list.nodes.filter { nodes.holds($0.name) }.sorted { $0.name < $1.name }.map { ($0.name, $0.object, nil) }
        all.containers = list.containers.filter { containers.holds($0.key) }.sorted { $0.key < $1.key }.map { ($0, nil) }
        totals = totals(list)
        return (all, totals)
    }

    /// What has changed for this group.
    /// - Parameter second: counts on by one.
    /// - Returns: `totals` only when they are others than before.
    mutating func take(_ changes: FleetChanges, _ list: FleetList, second: Int) -> (fleet: FleetChanges, totals: [UInt8]?) {
        let before = (nodes: nodes, containers: containers)
        choose(list, isDue: second % Self.step == 0)
        var told = FleetChanges()
        let toldNodes = nodes.told(
            changes.nodes.map { (($0.name, $0.new), $0.old) }, gone: changes.goneNodes, all: list.nodes, before: before.nodes, key: \.name)
        told.nodes = toldNodes.changed.map { ($0.0.name, $0.0.object, $0.1) }
        told.goneNodes = toldNodes.gone
        let toldContainers = containers.told(
            changes.containers.map { ($0.new, $0.old) }, gone: changes.goneContainers, all: list.containers, before: before.containers,
            key: \.key)
        told.containers = toldContainers.changed.map { ($0.0, $0.1) }
        told.goneContainers = toldContainers.gone
        let new = totals(list)
        defer { totals = new }
        return (told, new == totals ? nil : new)
    }

    private mutating func choose(_ list: FleetList, isDue: Bool) {
        nodes.choose(from: list.nodes, query, nodeSearch, isDue: isDue, key: \.name, object: \.object)
        containers.choose(from: list.containers, query, containerSearch, isDue: isDue, key: \.key, object: \.container.object)
    }

    private func totals(_ list: FleetList) -> [UInt8] {
        list.totals.json(
            nodes: (nodes.keys?.count ?? list.nodes.count, nodes.found),
            containers: (containers.keys?.count ?? list.containers.count, containers.found))
    }
}
