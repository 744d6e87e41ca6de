import StatsCore

/// What differs from one look to the next.
struct FleetChanges: Sendable {
    /// Each with what it was; `nil` for a new one.
    var nodes: [(name: String, new: LiveObject, old: LiveObject?)] = []
    var goneNodes: [String] = []
    var containers: [(new: NodeContainers.Entry, old: LiveObject?)] = []
    var goneContainers: [Int] = []
}

/// All nodes and containers at present. A node whose agent is lost stays listed for a while, without values.
struct Fleet: Sendable {
    struct Node: Sendable {
        fileprivate(set) var object: LiveObject
        /// The newest rows, and those before, which rates are made of.
        fileprivate(set) var rows = FrameRows()
        fileprivate(set) var previous = FrameRows()
        fileprivate(set) var containers = NodeContainers()
        fileprivate(set) var commandLines = CommandLines()
        fileprivate var facts: NodeFacts
        fileprivate var reading = NodeReading()
        /// When its agent was lost, on the steady clock.
        fileprivate var lostAt: Int64?

        var isLost: Bool { lostAt != nil }
        /// The time between its two newest rows.
        var rates: Rates { Rates(microseconds: rows.time - previous.time) }

        fileprivate init(_ facts: NodeFacts) {
            self.facts = facts
            object = NodeReader.object(facts, NodeReading(), interval: nil)
        }
    }

    /// A node that was lost is listed that long (µs).
    private static let lostTime: Int64 = 600_000_000
    /// How many lost nodes are listed besides those of the run in progress.
    private static let lostLimit = 1000
    /// Of so many nodes it is told at any time who uses most of their cores; of more only while those are warm (80 %).
    private static let namedNodes = 100
    private static let warmPercent = 80.0
    /// How many containers are remembered of all nodes to which something has happened.
    private static let livesLimit = 2000

    private(set) var nodes: [String: Node] = [:]
    /// By node. It outlives a lost connection.
    private var pasts: [String: ContainerPast] = [:]
    private var lastKey = 0

    /// Takes over what happened, before the ticks that it came with.
    mutating func take(_ events: [EventBacklog.Events]) {
        for event in events {
            event.rows.forEachRow(of: .event) { row in pasts[event.node, default: ContainerPast()].take(row, at: event.instant) }
        }
        // Nobody may look at the ticks for a minute.
        if !events.isEmpty { forgetPasts() }
    }

    /// Takes over what is known now.
    /// - Parameters:
    ///   - reports: the nodes that the recorder knows.
    ///   - newest: the newest tick of each node that is connected.
    ///   - interval: of the run in progress, in milliseconds.
    ///   - now: on the steady clock, whatever the wall clock is set to meanwhile.
    mutating func take(_ reports: [NodeReport], _ newest: [String: LiveNode], interval: Double?, at now: Int64) -> FleetChanges {
        var changes = FleetChanges()
        for report in reports {
            if report.isConnected {
                refresh(report, newest[report.node], interval: interval, &changes)
            } else {
                lose(report, at: now, &changes)
            }
        }
        let listed = Set(reports.map(\.node))
        let lost = nodes.filter { !listed.contains($0.key) }.map { (name: $0.key, node: $0.value, at: $0.value.lostAt ?? now) }
        // Beyond the limit, those that were lost first are forgotten.
        for (index, (name, node, lostAt)) in lost.sorted(by: { ($1.at, $0.name) < ($0.at, $1.name) }).enumerated() {
            if index < Self.lostLimit && now - lostAt <= Self.lostTime {
                lose(node.facts.report, at: now, &changes)
            } else {
                nodes[name] = nil
                changes.goneNodes.append(name)
                changes.goneContainers += node.containers.entries.values.map(\.key)
            }
        }
        if pasts.count > nodes.count { pasts = pasts.filter { nodes[$0.key] != nil } }
        forgetPasts()
        return changes
    }

    /// Where too many containers are remembered, the nodes with most of them forget some.
    private mutating func forgetPasts() {
        let level = WaterLevel.of(pasts.values.lazy.map(\.lives.count), limit: Self.livesLimit)
        guard level != .max else { return }
        for name in pasts.keys { pasts[name]?.forget(downTo: level) }
    }

    /// What somebody who knows nothing yet has to be told.
    var everything: FleetChanges {
        var all = FleetChanges()
        all.nodes = nodes.sorted { $0.key < $1.key }.map { ($0.key, $0.value.object, nil) }
        all.containers = nodes.values.flatMap { $0.containers.entries.values }.sorted { $0.key < $1.key }.map { ($0, nil) }
        return all
    }

    private mutating func refresh(_ report: NodeReport, _ newest: LiveNode?, interval: Double?, _ changes: inout FleetChanges) {
        let old = nodes[report.node]
        let facts = NodeFacts(report)
        var node = old.flatMap { $0.isLost ? nil : $0 } ?? Node(facts)
        node.facts = facts
        node.commandLines = newest?.commandLines ?? CommandLines()
        let rows = newest?.rows ?? FrameRows()
        if rows.time != node.rows.time {
            takeRows(rows, at: newest?.instant ?? 0, into: &node, &changes)
        } else if rows.cost < node.rows.cost {
            let before = node.containers.entries
            node.rows = rows
            node.containers.cut(to: rows)
            changes.goneContainers += before.filter { node.containers.entries[$0.key] == nil }.map(\.value.key)
        }
        node.object = NodeReader.object(facts, node.reading, interval: interval ?? newest?.interval.map { Double($0) / 1000 })
        nodes[report.node] = node
        changes.nodes.append((report.node, node.object, old?.object))
    }

    private mutating func takeRows(_ rows: FrameRows, at instant: Int64, into node: inout Node, _ changes: inout FleetChanges) {
        let name = node.facts.report.node
        node.previous = node.rows
        node.rows = rows
        node.reading = NodeReader.read(
            rows, node: name, since: node.previous.time == 0 ? nil : (node.reading, node.rates),
            busyFrom: nodes.count > Self.namedNodes ? Self.warmPercent : 0)
        let before = node.containers.entries
        let reader = LiveContainerReader(rows, node: name, cores: node.reading.cores)
        node.containers.update(reader, at: instant, past: &pasts[name, default: ContainerPast()]) {
            lastKey += 1
            return lastKey
        }
        for (id, entry) in node.containers.entries { changes.containers.append((entry, before[id]?.container.object)) }
        for (id, entry) in before where node.containers.entries[id] == nil { changes.goneContainers.append(entry.key) }
    }

    /// A node whose agent is not connected keeps its name; what it said is no longer true.
    private mutating func lose(_ report: NodeReport, at now: Int64, _ changes: inout FleetChanges) {
        let old = nodes[report.node]
        changes.goneContainers += old?.containers.entries.values.map(\.key) ?? []
        var report = report
        (report.isConnected, report.containers, report.processes) = (false, 0, 0)
        let since = old?.lostAt ?? now
        var node = Node(NodeFacts(report, lostFor: max(0, now - since)))
        node.lostAt = since
        nodes[report.node] = node
        changes.nodes.append((report.node, node.object, old?.object))
    }
}
