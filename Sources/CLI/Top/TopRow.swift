import StatsCore

/// One node, container or process as the collector shows it, member by member under the names of docs/LIVE.md. What isn't known is absent.
struct TopRow: Equatable, Sendable {
    private(set) var members: JSONObject

    init(_ members: JSONObject) {
        self.members = [:]
        merge(members)
    }

    init?(_ value: JSONValue?) {
        guard case .object(let members) = value else { return nil }
        self.init(members)
    }

    subscript(name: String) -> JSONValue? { members[name] }

    func number(_ name: String) -> Double? { members[name]?.number }
    func text(_ name: String) -> String? { members[name]?.text }
    func isTrue(_ name: String) -> Bool? { if case .bool(let value) = members[name] { value } else { nil } }

    func rows(_ name: String) -> [TopRow] {
        if case .array(let values) = members[name] { values.compactMap { TopRow($0) } } else { [] }
    }

    /// The sum of those members that are known; `nil` when none is.
    func sum(_ names: String...) -> Double? {
        let known = names.compactMap { number($0) }
        return known.isEmpty ? nil : known.reduce(0, +)
    }

    /// Takes over what an update carries. `null` says that a member isn't known any more.
    mutating func merge(_ change: JSONObject) {
        // Updates don't carry the history on, so that it would soon be the past's.
        for (name, value) in change where name != "history" { members[name] = value == .null ? nil : value }
    }
}
