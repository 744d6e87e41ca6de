import StatsCore

/// Parts of a policy that are allowed but may not be meant.
enum PolicyWarnings {
    static func of(_ policy: GovernorPolicy) -> [String] {
        var warnings: [String] = []
        for (number, group) in policy.groups.enumerated() {
            let name = "the group `\(group.name)`"
            if number > 0,
                let all = policy.groups[..<number].first(where: { $0.match.isEverything && ($0.isOrchestrated || !group.isOrchestrated) })
            {
                warnings.append("\(name) never gets a container: `\(all.name)`, which comes first, matches all")
            }
            if let other = policy.groups[..<number].first(where: { shares($0.match, group.match) }) {
                warnings.append("\(name) and `\(other.name)` name the same pattern: a container that both match belongs to `\(other.name)`")
            }
            guard group.action != .none else { continue }
            if group.match.isEverything { warnings.append("\(name) matches every container of the host that isn't protected") }
            if let rank = group.match.rank, rank.count <= group.keep {
                warnings.append("\(name) does nothing: it keeps \(group.keep), and matches at most \(rank.count)")
            }
            if group.keep == 0 { warnings.append("\(name) keeps none") }
            if group.grace == 0 { warnings.append("\(name) has no grace: a container can go as soon as it was measured once") }
            if group.isOrchestrated, group.action.ends {
                warnings.append("\(name) takes tasks of a Swarm and pods, which their orchestrator starts again")
            }
            if case .update = group.action, group.cooldown < group.period {
                warnings.append("\(name) sets the same limits again every round; a longer cooldown spares the engine")
            }
            if case .stop(let timeout) = group.action, Int64(timeout) * 1_000_000 > group.cooldown {
                warnings.append(
                    "\(name) may ask again to stop a container that still has time to end; make the cooldown longer than the timeout")
            }
        }
        if !policy.exempt.contains(.image) {
            warnings.append(
                "`exempt` leaves out `image`: Sonde's collector, engines and parts of Kubernetes aren't spared; match them in a group with `action: none`"
            )
        }
        if policy.window == 0, policy.groups.contains(where: { !$0.match.thresholds.isEmpty || $0.match.rank != nil }) {
            warnings.append("groups are told apart by single readings; `window: 30s` compares means, which a moment's peak doesn't change")
        }
        return warnings
    }

    private static func shares(_ one: GovernorMatch, _ other: GovernorMatch) -> Bool {
        guard one.thresholds.isEmpty, other.thresholds.isEmpty, one.rank == nil, other.rank == nil, !one.isEverything else { return false }
        return one.traits.contains { trait in
            other.traits.contains { $0.attribute == trait.attribute && $0.patterns.contains { trait.patterns.contains($0) } }
        }
    }
}
