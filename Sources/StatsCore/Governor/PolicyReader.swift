/// Reads a policy and reports all of its faults. docs/GOVERNOR.md explains each key.
package struct PolicyReader {
    private typealias Spot = DocumentValues.Spot

    private var values = DocumentValues()

    private static let second: Int64 = 1_000_000
    private static let day: Int64 = 86_400_000_000
    private static let groupLimit = 100

    /// - Throws: `DocumentFaults` with every fault.
    package static func read(_ bytes: [UInt8]) throws(DocumentFaults) -> GovernorPolicy {
        let root: YAMLNode
        do throws(YAMLFault) {
            root = try YAMLParser.parse(bytes)
        } catch {
            throw DocumentFaults(error)
        }
        var reader = PolicyReader()
        let hash = SHA256Sum(of: bytes).hexadecimal
        let policy = reader.policy(Spot(node: root, path: ""), hash)
        guard reader.values.faults.isEmpty else { throw DocumentFaults(faults: reader.values.faults) }
        return policy
    }

    /// Uses placeholders for values that can't be read: each of them is a fault, so `read` throws instead of returning this policy.
    private mutating func policy(_ spot: Spot, _ hash: String) -> GovernorPolicy {
        let keys = ["name", "mode", "window", "max_actions_per_minute", "exempt", "groups"]
        let members = values.members(spot, keys + Self.shared)
        var policy = GovernorPolicy(name: "policy", hash: hash, mode: .dryRun, window: 0, actionsPerMinute: 10, groups: [])
        if let name = members["name"].flatMap({ values.text($0) }) { policy.name = name }
        if let mode = members["mode"].flatMap({ values.choice($0, GovernorPolicy.Mode.self) }) { policy.mode = mode }
        if let window = members["window"].flatMap({ values.duration($0, 0...600 * Self.second) }) { policy.window = window }
        if let cap = members["max_actions_per_minute"].flatMap({ values.integer($0, 1...1000) }) { policy.actionsPerMinute = cap }
        if let exempt = members["exempt"] { policy.exempt = self.exempt(exempt) }
        var group = GovernorGroup(
            name: "", match: GovernorMatch(), keep: 0, order: [GovernorOrder(metric: .memory, isAscending: false)], action: .none,
            period: 60 * Self.second, grace: 30 * Self.second, cooldown: 60 * Self.second, onlyAbove: GovernorLoad(),
            isOrchestrated: !policy.exempt.contains(.namespace))
        readShared(members, &group)
        guard let groups = members["groups"] else {
            if case .mapping = spot.node.value { values.fault(spot, "`groups` is missing; write groups: and a list of them") }
            return policy
        }
        let items = values.items(groups)
        if case .sequence(let list) = groups.node.value, list.isEmpty { values.fault(groups, "has no group; without one nothing is done") }
        if items.count > Self.groupLimit { values.fault(groups, "has \(items.count) groups; at most \(Self.groupLimit) are read") }
        for item in items.prefix(Self.groupLimit) {
            let read = self.group(item, like: group)
            checkAgainstOthers(read, policy.groups, item)
            policy.groups.append(read)
        }
        return policy
    }

    /// `[label, image]`; an empty list lets no container take itself out.
    private mutating func exempt(_ spot: Spot) -> Set<GovernorExemption> {
        let items = if case .sequence = spot.node.value { values.items(spot) } else { [spot] }
        var exempt: Set<GovernorExemption> = []
        for item in items {
            guard let exemption = values.choice(item, GovernorExemption.self) else { continue }
            if !exempt.insert(exemption).inserted { values.fault(item, "`\(exemption.rawValue)` stands twice") }
        }
        return exempt
    }

    /// Keys that may be in a group, or above the groups as the default for all of them.
    private static let shared = ["period", "grace", "cooldown", "only_above"]

    private mutating func readShared(_ members: [String: Spot], _ group: inout GovernorGroup) {
        if let period = members["period"].flatMap({ values.duration($0, Self.second...Self.day) }) { group.period = period }
        if let grace = members["grace"].flatMap({ values.duration($0, 0...Self.day) }) { group.grace = grace }
        if let cooldown = members["cooldown"].flatMap({ values.duration($0, 0...Self.day) }) { group.cooldown = cooldown }
        guard let spot = members["only_above"] else { return }
        let limits = values.members(spot, GovernorLoad.Kind.allCases.map(\.rawValue))
        if limits.isEmpty, case .mapping = spot.node.value {
            values.fault(spot, "names no load; write memory_percent: 80, or leave it out")
        }
        group.onlyAbove = GovernorLoad(
            limits: GovernorLoad.Kind.allCases.compactMap { kind in
                limits[kind.rawValue].flatMap { values.number($0, 0...100) }.map { GovernorLoad.Limit(kind: kind, percent: $0) }
            })
    }

    private mutating func group(_ spot: Spot, like others: GovernorGroup) -> GovernorGroup {
        let members = values.members(spot, ["name", "match", "keep", "order", "action", "orchestrated"] + Self.shared)
        var group = others
        guard case .mapping = spot.node.value else { return group }
        for key in ["name", "match", "action"] where members[key] == nil { values.fault(spot, "`\(key)` is missing") }
        if let name = members["name"].flatMap({ values.text($0) }) { group.name = name }
        if let match = members["match"] {
            var reader = MatchReader(values: values)
            group.match = reader.match(match)
            values = reader.values
        }
        if let action = members["action"] {
            var reader = ActionReader(values: values)
            group.action = reader.action(action)
            values = reader.values
        }
        if let keep = members["keep"] {
            if group.action == .none, values.faults.isEmpty { values.fault(keep, "has no sense with the action `none`; leave it out") }
            group.keep = values.integer(keep, 0...100_000) ?? 0
        } else if group.action != .none {
            values.fault(spot, "`keep` is missing: how many containers are left alone, the last of the ranking")
        }
        if let order = members["order"] { group.order = self.order(order) }
        if let spot = members["orchestrated"], let isOrchestrated = values.bool(spot) {
            if others.isOrchestrated, !isOrchestrated {
                values.fault(
                    spot, "can't be false: `exempt` leaves out `namespace`, so the labels that tell tasks and pods aren't believed")
            }
            group.isOrchestrated = isOrchestrated
        }
        readShared(members, &group)
        return group
    }

    /// `[memory desc, cpu]`: the highest value first, unless `asc` follows the key.
    private mutating func order(_ spot: Spot) -> [GovernorOrder] {
        var order: [GovernorOrder] = []
        let texts = values.texts(spot)
        if case .sequence(let items) = spot.node.value, items.isEmpty {
            values.fault(spot, "names no key; write [memory], or leave it out")
        }
        for (text, spot) in texts {
            let words = text.split(separator: " ")
            let known = GovernorMetric.allCases.map(\.rawValue)
            guard let metric = words.first.flatMap({ GovernorMetric(rawValue: String($0)) }) else {
                values.fault(
                    spot, "unknown key `\(DocumentValues.short(text))`; \(DocumentValues.suggestion(String(words.first ?? ""), known))")
                continue
            }
            guard words.count == 1 || (words.count == 2 && ["asc", "desc"].contains(words[1])) else {
                values.fault(
                    spot,
                    "write `\(metric.rawValue)`, `\(metric.rawValue) desc` or `\(metric.rawValue) asc`, not `\(DocumentValues.short(text))`"
                )
                continue
            }
            if order.contains(where: { $0.metric == metric }) {
                values.fault(spot, "`\(metric.rawValue)` stands twice")
            } else {
                order.append(GovernorOrder(metric: metric, isAscending: words.last == "asc"))
            }
        }
        return order
    }

    private mutating func checkAgainstOthers(_ group: GovernorGroup, _ others: [GovernorGroup], _ spot: Spot) {
        if !group.name.isEmpty, others.contains(where: { $0.name == group.name }) {
            values.fault(spot, "the name `\(DocumentValues.short(group.name))` is another group's already")
        }
        if group.match != GovernorMatch(),
            let other = others.first(where: { $0.match == group.match && ($0.isOrchestrated || !group.isOrchestrated) })
        {
            values.fault(
                spot,
                "matches the same containers as the group `\(DocumentValues.short(other.name))`, which comes first, and would get none")
        }
    }
}
