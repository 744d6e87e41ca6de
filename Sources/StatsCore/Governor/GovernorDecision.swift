/// One action on one container (done or, in a dry run, only announced), and the reason for it.
package struct GovernorDecision: Sendable, Equatable {
    /// A container of a ranking.
    package struct Ranked: Sendable, Equatable {
        package var id: String
        package var name: String
        package var image: String
        package var started: Int64?
        /// The values it was ranked by.
        package var values: GovernorValues
    }

    package var policy: String
    package var hash: String
    package var mode: GovernorPolicy.Mode
    package var group: String
    package var keep: Int
    package var action: GovernorAction
    /// All ranked containers, the first to be acted on in front; the last `keep` are kept.
    package var ranking: [Ranked]
    /// The container's position in the ranking, from 0.
    package var place: Int
    /// Units that would stand in front of it by the ranking's first key, the first in front. A governor never acts on them.
    package var units: [GovernorUnit] = []
    /// One sentence that explains the decision to a person.
    package var why: String

    package var victim: Ranked { ranking[place] }

    /// How many containers of a ranking are written at most: with thousands the event's detail would get too large.
    package static let rankingLimit = 32
    /// The same of units.
    static let unitLimit = 8

    /// The event's `detail`: a JSON object. `more` may append members, each with a comma in front.
    package func detail(_ more: (inout ByteWriter) -> Void = { _ in }) -> String {
        var out = ByteWriter(capacity: 1024)
        out.append("{")
        out.member("policy", policy, isFirst: true)
        out.member("policy_sha256", hash)
        out.member("mode", mode.rawValue)
        out.member("group", group)
        out.append(action)
        out.append(",\"keep\":")
        out.append(decimal: Int64(keep))
        out.append(",\"place\":")
        out.append(decimal: Int64(place + 1))
        out.append(",\"ranked\":")
        out.append(decimal: Int64(ranking.count))
        out.member("why", why)
        out.append(",\"victim\":")
        out.append(victim)
        out.append(",\"ranking\":[")
        for (number, ranked) in ranking.prefix(Self.rankingLimit).enumerated() {
            if number > 0 { out.append(",") }
            out.append(ranked)
        }
        out.append("]")
        if !units.isEmpty {
            out.append(",\"units\":[")
            for (number, unit) in units.enumerated() {
                if number > 0 { out.append(",") }
                out.append(unit)
            }
            out.append("]")
        }
        more(&out)
        out.append("}")
        return out.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}

extension ByteWriter {
    fileprivate mutating func append(_ ranked: GovernorDecision.Ranked) {
        append("{")
        member("id", ranked.id, isFirst: true)
        member("name", ranked.name)
        member("image", ranked.image)
        if let started = ranked.started { member("started", Timestamp.string(started)) }
        number("cpu_percent", ranked.values.cpu)
        number("memory_bytes", ranked.values.memory)
        number("rss_bytes", ranked.values.rss)
        number("vsz_bytes", ranked.values.vsz)
        append("}")
    }

    fileprivate mutating func append(_ unit: GovernorUnit) {
        append("{")
        member("unit", unit.name, isFirst: true)
        member("cgroup", unit.cgroup)
        number("cpu_percent", unit.values.cpu)
        number("memory_bytes", unit.values.memory)
        append("}")
    }

    fileprivate mutating func append(_ action: GovernorAction) {
        member("action", action.name)
        switch action {
        case .none, .pause: break
        case .stop(let timeout), .restart(let timeout): number("timeout_s", Double(timeout))
        case .kill(let signal): member("signal", signal)
        case .update(let cpus, let memory):
            number("cpus", cpus)
            number("memory_limit_bytes", memory.map { Double($0) })
        }
    }

    private mutating func number(_ name: StaticString, _ value: Double?) {
        guard let value else { return }
        append(",\"")
        append(name)
        append("\":")
        append(decimal: value)
    }
}
