import StatsCore

/// One event of the collector's stream.
struct ReceivedEvent: Equatable, Sendable {
    let name: String
    let members: JSONObject
}

/// All that the collector shows at present: a snapshot, and the updates since. Pure; `StreamFeed` brings the events.
struct TopModel: Sendable {
    /// What one container or one node shows besides its row.
    struct Detail: Equatable, Sendable {
        var row: TopRow?
        /// Why there is none.
        var message: String?
    }

    private(set) var time = ""
    private(set) var collector = TopRow([:])
    private(set) var run: TopRow?
    private(set) var nodes: [String: TopRow] = [:]
    /// By the key that the collector gave them on this connection.
    private(set) var containers: [Int64: TopRow] = [:]
    private(set) var detail: Detail?
    /// Counts and sums of all nodes and containers, also of those that aren't here; empty with a collector of an earlier version.
    private(set) var totals = TopRow([:])
    /// The last events, oldest first, without their `detail`.
    private(set) var events: [TopRow] = []
    private static let eventLimit = 100

    /// Takes one event over; one whose name means nothing here changes nothing.
    mutating func apply(_ event: ReceivedEvent) {
        let members = event.members
        switch event.name {
        case "snapshot": replace(members)
        case "update": update(members)
        case "detail":
            // Either of the two was asked for.
            detail = Detail(row: TopRow(members["container"]) ?? TopRow(members["node"]), message: members["message"]?.string)
        default: break
        }
    }

    /// What was asked for is not asked for any more.
    mutating func forgetDetail() { detail = nil }

    private mutating func replace(_ event: JSONObject) {
        let detail = detail
        self = TopModel()
        self.detail = detail
        update(event)
    }

    /// Whether all nodes and containers are here. Of a large fleet the collector sends those that hurt, and those that are asked for.
    var isWhole: Bool { isWhole("nodes") && isWhole("containers") }

    func isWhole(_ kind: String) -> Bool { total(kind, "shown") == total(kind, "count") }

    /// How many there are besides those that are here.
    func away(_ kind: String) -> Int {
        max(0, Int(clamping: Int64(clampingFinite: (total(kind, "count") ?? 0) - (total(kind, "shown") ?? 0))))
    }

    /// - Parameter kind: `nodes` or `containers`.
    func total(_ kind: String, _ name: String) -> Double? { totals[kind]?[name]?.number }

    private static func event(_ value: JSONValue) -> TopRow? {
        guard case .object(var event) = value else { return nil }
        event["detail"] = nil
        return TopRow(event)
    }

    private mutating func update(_ event: JSONObject) {
        if let time = event["time"]?.string { self.time = time }
        if let row = TopRow(event["collector"]) { collector = row }
        if let run = event["run"] { self.run = TopRow(run) }
        if let row = TopRow(event["totals"]) { totals = row }
        for name in event.elements("gone_nodes") { nodes[name.string ?? ""] = nil }
        for key in event.elements("gone_containers") { containers[key.integer ?? -1] = nil }
        for case .object(let change) in event.elements("nodes") {
            guard let name = change["node"]?.string else { continue }
            nodes[name, default: TopRow([:])].merge(change)
        }
        for case .object(let change) in event.elements("containers") {
            guard let key = change["key"]?.integer else { continue }
            containers[key, default: TopRow([:])].merge(change)
        }
        events = (events + event.elements("events").compactMap(Self.event)).suffix(Self.eventLimit)
    }
}

extension JSONObject {
    fileprivate func elements(_ name: String) -> [JSONValue] {
        self[name]?.elements ?? []
    }
}
