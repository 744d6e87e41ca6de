import StatsCore

/// All nodes and containers of a fleet in two lists.
struct FleetList: Sendable {
    typealias Node = (name: String, object: LiveObject)

    let nodes: [Node]
    let containers: [NodeContainers.Entry]
    let totals: FleetTotals

    init(_ fleet: Fleet) {
        nodes = fleet.nodes.map { ($0.key, $0.value.object) }
        containers = fleet.nodes.values.flatMap { $0.containers.entries.values }
        totals = FleetTotals(nodes: nodes, containers: containers)
    }
}
