/// Decides what is to be done to which containers: a pure value. It is shown the host tick by tick and told the time; it asks nothing, does nothing, and
/// comes to the same decisions for the same input.
///
/// What isn't measured, isn't running, has just started or is protected takes part in no ranking: it is never a victim, and takes nobody's place
/// among those that are kept.
package struct Governor: Sendable {
    package let policy: GovernorPolicy
    /// Whether what is decided isn't done, so that a container that would have been stopped counts as gone from then on.
    private let isSimulated: Bool
    private var clock: Int64?
    /// The governor's own time: what has passed by the clock that it is told, without its steps back.
    private var time: Int64 = 0
    private var lives: [String: Life] = [:]
    /// When the next round of each group is due.
    private var rounds: [Int64]
    /// When something was done in the last minute.
    private var actions: [Int64] = []

    /// What is remembered of a container.
    private struct Life {
        var started: Int64?
        /// Since when it runs, as far as was seen; `nil` while it doesn't.
        var since: Int64?
        var seen: Int64
        var acted: Int64?
        /// Until when it may still obey what ends it: it runs, and is no longer one of those that stay.
        var leavesUntil: Int64?
        var isGone = false
        var window = GovernorWindow()

        /// Takes notice of the container at one tick; in place, as the window is the larger part of what is remembered.
        mutating func note(_ container: GovernorContainer, at time: Int64, hole: Int64) {
            let isAnother = started != container.started && container.started != nil
            if container.state != "running" || isAnother || time - seen > max(hole, 1_000_000) {
                since = nil
                isGone = false
                window = GovernorWindow()
            }
            if container.state != "running" || isAnother { leavesUntil = nil }
            if container.state == "running" { since = since ?? time }
            started = container.started ?? started
            seen = time
        }
    }

    private static let minute: Int64 = 60_000_000

    /// - Parameter isSimulated: of a recorded run; otherwise a dry run is and nothing else.
    package init(_ policy: GovernorPolicy, isSimulated: Bool = false) {
        self.policy = policy
        self.isSimulated = isSimulated || policy.mode == .dryRun
        // The first round comes after a period: an agent that is started again and again doesn't act each time.
        rounds = policy.groups.map(\.period)
    }

    /// What is to be done now.
    /// - Parameter now: microseconds of a clock that only goes forward; where it goes back nevertheless, no time has passed.
    package mutating func decide(_ snapshot: GovernorSnapshot, at now: Int64) -> [GovernorDecision] {
        let passed = clock.map { max(0, now.subtractingReportingOverflow($0).partialValue) } ?? 0
        time = time.addingReportingOverflow(passed).overflow ? time : time + passed
        clock = now
        note(snapshot, at: now)
        let due = rounds.indices.filter { rounds[$0] <= time }
        guard !due.isEmpty else { return [] }
        forget()
        let members = assign(snapshot, at: now)
        var decisions: [GovernorDecision] = []
        for group in due {
            // Rounds that were slept through aren't caught up.
            rounds[group] = time + policy.groups[group].period
            guard policy.groups[group].action != .none, let load = load(policy.groups[group].onlyAbove, snapshot, at: now) else { continue }
            decisions += decide(policy.groups[group], members[group], load)
        }
        return decisions
    }

    // MARK: What is remembered

    /// Takes over what an earlier life of this agent did, so that neither the cap nor a cooldown begins anew with it.
    /// - Parameter ago: how long that has been, in microseconds.
    package mutating func recall(actionOn id: String, ago: Int64) {
        guard ago >= 0 else { return }
        if ago < Self.minute { actions.append(time - ago) }
        lives[id] = Life(started: nil, since: nil, seen: time, acted: time - ago)
    }

    private mutating func note(_ snapshot: GovernorSnapshot, at now: Int64) {
        let hole = snapshot.interval.multipliedReportingOverflow(by: 2).partialValue
        for container in snapshot.containers {
            lives[container.id, default: Life(started: container.started, since: nil, seen: time)].note(container, at: time, hole: hole)
            if policy.window > 0, let sampled = container.sampled, snapshot.isFresh(sampled, at: now) {
                lives[container.id]?.window.add(container.values, sampled: sampled, window: policy.window, hole: hole)
            }
        }
    }

    /// Containers that are gone are remembered for as long as their cooldown may last.
    private mutating func forget() {
        let patience = max(policy.groups.map(\.cooldown).max() ?? 0, 10 * Self.minute)
        lives = lives.filter { time - $0.value.seen <= patience }
        actions.removeAll { time - $0 >= Self.minute }
    }

    // MARK: Who belongs where

    private struct Member {
        let container: GovernorContainer
        /// Empty when nothing was measured of late.
        let values: GovernorValues
        let life: Life
    }

    /// The members of each group. A container belongs to the first that matches it.
    private func assign(_ snapshot: GovernorSnapshot, at now: Int64) -> [[Member]] {
        let hostMemory = snapshot.isFresh(snapshot.host.sampled, at: now) ? snapshot.host.memoryTotal : nil
        let hole = snapshot.interval.multipliedReportingOverflow(by: 2).partialValue
        var free: [Member] = []
        var known: Set<String> = []
        for container in snapshot.containers where container.state == "running" && GovernorProtection.reason(container) == nil {
            guard let life = lives[container.id], !life.isGone, known.insert(container.id).inserted else { continue }
            var values = GovernorValues()
            if snapshot.isFresh(container.sampled, at: now) {
                values = policy.window > 0 ? life.window.means(window: policy.window, hole: hole) : container.values.plausible
            }
            free.append(Member(container: container, values: values, life: life))
        }
        var members: [[Member]] = []
        for group in policy.groups {
            func fits(_ member: Member) -> Bool {
                let facts = member.container.facts
                return (group.isOrchestrated || !facts.isOrchestrated) && group.match.fits(facts)
                    && group.match.holds(member.values, hostMemory: hostMemory)
            }
            var own = free.filter(fits)
            if let rank = group.match.rank { own = ranked(own, rank) }
            if !own.isEmpty {
                let taken = Set(own.map(\.container.id))
                free.removeAll { taken.contains($0.container.id) }
            }
            members.append(own)
        }
        return members
    }

    private func ranked(_ members: [Member], _ rank: GovernorMatch.Rank) -> [Member] {
        let order = [GovernorOrder(metric: rank.metric, isAscending: !rank.isTop)]
        return Array(sorted(members.filter { $0.values[rank.metric] != nil }, by: order).prefix(rank.count))
    }

    /// Ties go by age, the youngest first, then by id.
    private func sorted(_ members: [Member], by order: [GovernorOrder]) -> [Member] {
        members.sorted { left, right in
            for key in order {
                guard let one = left.values[key.metric], let other = right.values[key.metric], one != other else { continue }
                return key.isAscending ? one < other : one > other
            }
            let (one, other) = (left.container.started ?? .min, right.container.started ?? .min)
            return one != other ? one > other : left.container.id < right.container.id
        }
    }

    // MARK: A round of one group

    /// The load that the group waits for, in words; `nil` when there is none.
    private func load(_ load: GovernorLoad, _ snapshot: GovernorSnapshot, at now: Int64) -> String? {
        if load.limits.isEmpty { return "" }
        guard snapshot.isFresh(snapshot.host.sampled, at: now) else { return nil }
        for limit in load.limits {
            guard let percent = snapshot.host.percent(limit.kind), percent > limit.percent else { continue }
            return "; \(limit.kind.rawValue) is \(Self.short(percent)), above \(Self.short(limit.percent))"
        }
        return nil
    }

    private mutating func decide(_ group: GovernorGroup, _ members: [Member], _ load: String) -> [GovernorDecision] {
        let ranking = sorted(
            members.filter { member in
                guard let since = member.life.since, time - since >= group.grace, time >= member.life.leavesUntil ?? .min else {
                    return false
                }
                return group.order.allSatisfy { member.values[$0.metric] != nil }
            }, by: group.order)
        let ranked = ranking.map { member in
            GovernorDecision.Ranked(
                id: member.container.id, name: member.container.facts.name ?? "", image: member.container.facts.image ?? "",
                started: member.container.started, values: member.values)
        }
        var decisions: [GovernorDecision] = []
        let keys = group.order.map { "\($0.metric.rawValue)\($0.isAscending ? " asc" : "")" }.joined(separator: ", ")
        for (place, member) in ranking.dropLast(group.keep).enumerated() {
            if let acted = member.life.acted, time - acted < group.cooldown { continue }
            guard actions.count < policy.actionsPerMinute else { break }
            actions.append(time)
            noteAction(group.action, on: member.container.id, cooldown: group.cooldown)
            decisions.append(
                GovernorDecision(
                    policy: policy.name, hash: policy.hash, mode: policy.mode, group: group.name, keep: group.keep, action: group.action,
                    ranking: ranked, place: place,
                    why: "ranks \(place + 1) of \(ranking.count) by \(keys); the last \(group.keep) stay\(load)"))
        }
        return decisions
    }

    private mutating func noteAction(_ action: GovernorAction, on id: String, cooldown: Int64) {
        lives[id]?.acted = time
        guard isSimulated else {
            // One that did not end, because the engine refused, takes part again with the cooldown's end.
            if action.ends { lives[id]?.leavesUntil = time + max(cooldown, action.patience) }
            return
        }
        if action.ends { lives[id]?.isGone = true }
        if case .restart = action {
            lives[id]?.since = time
            lives[id]?.window = GovernorWindow()
        }
    }

    /// With one decimal.
    private static func short(_ percent: Double) -> String {
        let tenths = Int64(max(-1e15, min(1e15, (percent * 10).rounded())))
        return tenths % 10 == 0 ? "\(tenths / 10) %" : "\(tenths / 10).\((tenths % 10).magnitude) %"
    }
}
