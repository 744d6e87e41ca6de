/// Decides what to do to which containers. It is a pure value: its input is a snapshot of the host at each tick and the time, and the same input
/// always gives the same decisions.
///
/// A container that isn't measured, isn't running, has just started or is protected takes part in no ranking. It is never chosen, and doesn't
/// count among those that are kept.
package struct Governor: Sendable {
    package let policy: GovernorPolicy
    /// Whether the decisions are only simulated: a container that would have been stopped then counts as stopped.
    private let isSimulated: Bool
    private var clock: Int64?
    /// The governor's own time: the sum of the clock's steps forward. Steps back are ignored.
    private var time: Int64 = 0
    private var lives: [String: Life] = [:]
    /// When the next round of each group is due.
    private var rounds: [Int64]
    /// The times of the actions of the last minute.
    private var actions: [Int64] = []

    /// What is remembered of one container.
    private struct Life {
        var started: Int64?
        /// When it was first seen running; `nil` while it isn't running.
        var since: Int64?
        var seen: Int64
        var acted: Int64?
        /// The end of the time that a stopped container may take to end. Until then it still runs, but doesn't count among those that are kept.
        var leavesUntil: Int64?
        var isGone = false
        var window = GovernorWindow()

        /// Updates this from the container's state at one tick. It works in place, because the window is large.
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
    /// The governor's time ends there (µs), which is 73,000 years: differences to times before its start, and sums with periods, then fit in 64 bits.
    private static let latest = Int64.max / 4

    /// - Parameter isSimulated: true for a recorded run. A dry run of the agent is simulated in any case.
    package init(_ policy: GovernorPolicy, isSimulated: Bool = false) {
        self.policy = policy
        self.isSimulated = isSimulated || policy.mode == .dryRun
        // The first round comes after one period, so that an agent that restarts again and again doesn't act at each start.
        rounds = policy.groups.map(\.period)
    }

    /// The actions that are due now.
    /// - Parameter now: microseconds of a clock; where it goes back, no time has passed.
    package mutating func decide(_ snapshot: GovernorSnapshot, at now: Int64) -> [GovernorDecision] {
        let passed = clock.map { max(0, now.subtractingReportingOverflow($0).partialValue) } ?? 0
        time = min(time.saturatingAdding(passed), Self.latest)
        clock = now
        note(snapshot, at: now)
        let due = rounds.indices.filter { rounds[$0] <= time }
        guard !due.isEmpty else { return [] }
        forget()
        let members = assign(snapshot, at: now)
        var decisions: [GovernorDecision] = []
        for group in due {
            // Rounds that were missed, such as during a suspend, aren't made up for.
            rounds[group] = time + policy.groups[group].period
            guard policy.groups[group].action != .none, let load = load(policy.groups[group].onlyAbove, snapshot, at: now) else { continue }
            decisions += decide(policy.groups[group], members[group], load, snapshot.units.filter { snapshot.isFresh($0.sampled, at: now) })
        }
        return decisions
    }

    // MARK: What is remembered

    /// Takes over an action from before this agent was restarted, so that neither the cap nor a cooldown begins anew.
    /// - Parameter ago: how long ago the action was, in microseconds.
    package mutating func recall(actionOn id: String, ago: Int64) {
        guard ago >= 0 else { return }
        let ago = min(ago, Self.latest)
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

    /// Forgets containers that are gone, once their cooldown can't matter any more.
    private mutating func forget() {
        let patience = max(policy.groups.map(\.cooldown).max() ?? 0, 10 * Self.minute)
        lives = lives.filter { time - $0.value.seen <= patience }
        actions.removeAll { time - $0 >= Self.minute }
    }

    // MARK: Who belongs where

    private struct Member {
        let container: GovernorContainer
        /// Empty when there is no fresh measurement.
        let values: GovernorValues
        let life: Life
    }

    /// The members of each group. A container belongs to the first group that matches it.
    private func assign(_ snapshot: GovernorSnapshot, at now: Int64) -> [[Member]] {
        let hostMemory = snapshot.isFresh(snapshot.host.sampled, at: now) ? snapshot.host.memoryTotal : nil
        let hole = snapshot.interval.multipliedReportingOverflow(by: 2).partialValue
        var free: [Member] = []
        var known: Set<String> = []
        for container in snapshot.containers
        where container.state == "running" && GovernorProtection.reason(container, exempt: policy.exempt) == nil {
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

    /// Equal containers are ordered by age, the youngest first, then by id.
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

    /// The load above which the group acts, in words; `nil` when the host is below it.
    private func load(_ load: GovernorLoad, _ snapshot: GovernorSnapshot, at now: Int64) -> String? {
        if load.limits.isEmpty { return "" }
        guard snapshot.isFresh(snapshot.host.sampled, at: now) else { return nil }
        for limit in load.limits {
            guard let percent = snapshot.host.percent(limit.kind), percent > limit.percent else { continue }
            return "; \(limit.kind.rawValue) is \(Self.short(percent)), above \(Self.short(limit.percent))"
        }
        return nil
    }

    /// Those that would stand in front of a container in a group's ranking, by its first key.
    private static func inFront(of value: Double?, _ units: [GovernorUnit], by order: GovernorOrder?) -> [GovernorUnit] {
        guard let order, let value else { return [] }
        let found = units.compactMap { unit in unit.values[order.metric].map { (unit: unit, value: $0) } }
            .filter { order.isAscending ? $0.value < value : $0.value > value }
            .sorted { one, other in
                if one.value != other.value { return order.isAscending ? one.value < other.value : one.value > other.value }
                return one.unit.cgroup < other.unit.cgroup
            }
        return found.prefix(GovernorDecision.unitLimit).map(\.unit)
    }

    private mutating func decide(
        _ group: GovernorGroup, _ members: [Member], _ load: String, _ units: [GovernorUnit]
    ) -> [GovernorDecision] {
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
                    units: Self.inFront(of: group.order.first.flatMap { member.values[$0.metric] }, units, by: group.order.first),
                    why: "ranks \(place + 1) of \(ranking.count) by \(keys); the last \(group.keep) stay\(load)"))
        }
        return decisions
    }

    private mutating func noteAction(_ action: GovernorAction, on id: String, cooldown: Int64) {
        lives[id]?.acted = time
        guard isSimulated else {
            // A container that did not end, because the engine refused, takes part again after the cooldown.
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
