import StatsCore

/// A policy in words, with warnings about parts that may not be meant.
struct PolicyText: Presentable {
    struct Group: Encodable {
        let name: String
        let sentence: String
    }

    let policy: String
    let policySha256: String
    let mode: String
    let exempt: [String]
    let groups: [Group]
    let warnings: [String]
    private let head: String

    enum CodingKeys: String, CodingKey {
        case policy, mode, exempt, groups, warnings
        case policySha256 = "policy_sha256"
    }

    init(_ policy: GovernorPolicy) {
        self.policy = policy.name
        policySha256 = policy.hash
        mode = policy.mode.rawValue
        exempt = GovernorExemption.allCases.filter(policy.exempt.contains).map(\.rawValue)
        groups = policy.groups.map { Group(name: $0.name, sentence: Self.sentence($0)) }
        warnings = PolicyWarnings.of(policy)
        let does = policy.mode == .enforce ? "It ACTS on containers (mode: enforce)" : "It only says what it would do (mode: dry-run)"
        let values = policy.window > 0 ? "means over \(Interval(microseconds: policy.window))" : "the newest reading"
        head = "\(does), at most \(policy.actionsPerMinute) times a minute, and compares \(values)."
    }

    var text: String {
        var lines = ["Policy \(VisibleText.escape(policy)), SHA-256 \(policySha256)", head]
        for group in groups { lines.append("  \(VisibleText.escape(group.name)): \(VisibleText.escape(group.sentence))") }
        let spared = [
            ("label", "what is labelled \(GovernorProtection.label)"), ("image", "images of Sonde, engines and Kubernetes"),
            ("namespace", "Kubernetes' own namespaces and sandboxes"),
        ].filter { exempt.contains($0.0) }.map { $0.1 + ", " }.joined()
        lines.append("Never touched: the agent's own container, \(spared)and what no group matches.")
        lines += warnings.map { "Warning: \(VisibleText.escape($0))" }
        return lines.joined(separator: "\n")
    }

    private static func sentence(_ group: GovernorGroup) -> String {
        let who = "containers \(match(group.match))" + (group.isOrchestrated ? ", tasks of a Swarm and pods too" : "")
        guard group.action != .none else { return "\(who): left alone." }
        var conditions = group.onlyAbove.limits.map { "\($0.kind.rawValue) is above \(HumanUnits.percent($0.percent))" }.joined(
            separator: " or ")
        if !conditions.isEmpty { conditions = ", but only while \(conditions)" }
        let order = group.order.map { "\($0.isAscending ? "lowest" : "highest") \($0.metric.rawValue)" }.joined(separator: ", then ")
        return """
            \(who): every \(time(group.period)) \(verb(group.action)) all but \(group.keep), \(order) first\(conditions); each is left alone for \
            \(time(group.grace)) after its start and for \(time(group.cooldown)) after an action.
            """
    }

    static func match(_ match: GovernorMatch) -> String {
        if match.isEverything { return "of any name" }
        let parts =
            match.traits.map { "whose \($0.attribute.rawValue) is \($0.patterns.map(\.text).joined(separator: " or "))" }
            + match.thresholds.map { "with \($0.metric.rawValue) \($0.isAbove ? "above" : "below") \(limit($0))" }
            + (match.rank.map { ["among the \($0.isTop ? "highest" : "lowest") \($0.count) by \($0.metric.rawValue)"] } ?? [])
        return parts.joined(separator: " and ")
    }

    private static func limit(_ threshold: GovernorMatch.Threshold) -> String {
        switch threshold.unit {
        case .percentOfCore: "\(HumanUnits.percent(threshold.limit)) of a core"
        case .percentOfHost: "\(HumanUnits.percent(threshold.limit)) of the host's memory"
        case .bytes: HumanUnits.bytes(UInt64(min(1e18, threshold.limit)))
        }
    }

    private static func verb(_ action: GovernorAction) -> String {
        switch action {
        case .none: "leaves"
        case .stop(let timeout): "stops (\(timeout) s to end)"
        case .kill(let signal): "sends \(signal) to"
        case .pause: "pauses"
        case .restart(let timeout): "restarts (\(timeout) s to end)"
        case .update(let cpus, let memory):
            "limits (\([cpus.map { "\($0) cores" }, memory.map { HumanUnits.bytes(UInt64($0)) }].compactMap { $0 }.joined(separator: ", ")))"
        }
    }

    private static func time(_ microseconds: Int64) -> String { microseconds == 0 ? "0s" : "\(Interval(microseconds: microseconds))" }
}
