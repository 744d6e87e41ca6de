import StatsCore

extension ReportPage {
    /// Kinds of hosts that have a column; more wouldn't be read.
    private static let mostKinds = 5
    private static let mostContainers = 100

    /// The section on the hosts: what spoiled measurements, what each kind of them is, and what the containers were started with. Nothing where no agent told it.
    static func environment(_ manifest: RunManifest, _ page: inout HTMLBuilder) {
        let kinds = kinds(manifest)
        let containers = manifest.nodes.flatMap { node in (node.containers ?? []).map { (node: node.node, container: $0) } }
        guard !kinds.isEmpty || !containers.isEmpty else { return }
        page.section("environment", "Environment") { page in
            if let warnings = manifest.warnings {
                page.raw("<ul class=\"warnings\">")
                for warning in warnings { page.element("li", warning.message) }
                page.raw("</ul>")
            }
            facts(kinds, &page)
            activity(manifest, &page)
            guard !containers.isEmpty else { return }
            page.raw("<details><summary>Containers that ran when the run began</summary>")
            page.table(
                ["Node", "Container", "Image", "Image's digest", ">CPU limit", ">Memory limit", "Restart"],
                containers.prefix(mostContainers).map { node, container in
                    [
                        node, container.name, container.image, container.imageDigest ?? container.imageID,
                        container.cpuLimit.map { HumanUnits.fixed($0, digits: 2) }, container.memoryLimitBytes.map(HumanUnits.bytes),
                        container.restartPolicy,
                    ]
                })
            if containers.count > mostContainers {
                page.element("p", "The first \(mostContainers) of \(containers.count); run.json has all.")
            }
            page.raw("</details>")
        }
    }

    /// Nodes with equal environments, in the order of their first.
    private static func kinds(_ manifest: RunManifest) -> [(nodes: [String], environment: HostEnvironment)] {
        let environments = manifest.environments
        var places: [JSONObjectKey: Int] = [:]
        var kinds: [(nodes: [String], environment: HostEnvironment)] = []
        for node in manifest.nodes.map(\.node) {
            guard let environment = environments[node] else { continue }
            let key = JSONObjectKey(environment)
            if let place = places[key] {
                kinds[place].nodes.append(node)
            } else {
                places[key] = kinds.count
                kinds.append(([node], environment))
            }
        }
        return kinds
    }

    /// An environment, to be looked up by.
    private struct JSONObjectKey: Hashable {
        let text: [String]
        init(_ environment: HostEnvironment) { text = environment.listed.map { "\($0.title)=\($0.value)" } }
    }

    private static func facts(_ kinds: [(nodes: [String], environment: HostEnvironment)], _ page: inout HTMLBuilder) {
        let shown = kinds.prefix(mostKinds)
        let listed = shown.map { $0.environment.listed }
        let values = listed.map { Dictionary($0.map { ($0.title, $0.value) }, uniquingKeysWith: { first, _ in first }) }
        var titles: [String] = []
        for title in listed.joined().map(\.title) where !titles.contains(title) { titles.append(title) }
        guard !titles.isEmpty else { return }
        page.table(["Fact"] + shown.map { names($0.nodes) }, titles.map { title in [title] + values.map { $0[title] } })
        let rest = kinds.dropFirst(mostKinds).reduce(0) { $0 + $1.nodes.count }
        if rest > 0 { page.element("p", "\(HumanUnits.count(rest, "more node")) of other kinds: run.json has them.") }
    }

    private static func names(_ nodes: [String]) -> String {
        nodes.count > 3 ? "\(nodes.prefix(3).joined(separator: ", ")) and \(nodes.count - 3) more" : nodes.joined(separator: ", ")
    }

    /// How busy the hosts were before the run began.
    private static func activity(_ manifest: RunManifest, _ page: inout HTMLBuilder) {
        let told = manifest.worstNodes.named.compactMap { node in node.activity.map { (node.node, $0) } }
        guard !told.isEmpty else { return }
        page.table(
            ["Before the run", ">CPU", ">Load", ">Stolen", ">Swap in use"],
            told.map { node, activity in
                [
                    node, activity.cpuPercent.map(HumanUnits.percent), activity.load1.map { HumanUnits.fixed($0, digits: 2) },
                    activity.stealPercent.map(HumanUnits.percent), activity.swapUsedBytes.map(HumanUnits.bytes),
                ]
            })
    }
}
