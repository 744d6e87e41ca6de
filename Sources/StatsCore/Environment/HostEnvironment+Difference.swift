/// A fact that differs between two environments.
package struct EnvironmentDifference: Sendable, Hashable {
    /// The fact's title; of one of several, such as a mitigation, with its name: `Mitigations spectre_v2`.
    package var fact: String
    /// As a person reads them; `nil` where it isn't known.
    package var before: String?
    package var after: String?

    /// `Governor was performance, is powersave`
    package var text: String {
        func short(_ value: String?) -> String { value.map { $0.count > 160 ? "\($0.prefix(160))…" : $0 } ?? "not known" }
        return "\(fact) was \(short(before)), is \(short(after))"
    }
}

extension HostEnvironment {
    /// What this environment has instead of that one: facts with other values, and `null` for those that it lacks.
    package func difference(from other: HostEnvironment) -> HostEnvironment {
        var difference = HostEnvironment()
        difference.values = values.filter { other.values[$0.key] != $0.value }
        for name in other.values.keys where values[name] == nil { difference.values[name] = .null }
        return difference
    }

    /// The environment that differs from this one by that; the reverse of `difference`.
    package func changed(by difference: HostEnvironment) -> HostEnvironment {
        var whole = self
        for (name, value) in difference.values { whole.values[name] = value == .null ? nil : value }
        return whole
    }

    /// All that is known but some facts, as a person reads it, in the order of their names; of one with several parts, such as mitigations, each part with its name.
    package func told(without left: Set<EnvironmentFact> = []) -> [(fact: String, text: String)] {
        values.sorted { $0.key < $1.key }.flatMap { name, value -> [(fact: String, text: String)] in
            let fact = EnvironmentFact(rawValue: name)
            if let fact, left.contains(fact) { return [] }
            let title = fact?.title ?? name
            if let parts = value.members {
                return parts.sorted { $0.key < $1.key }.compactMap { part, value in value.text.map { ("\(title) \(part)", $0) } }
            }
            return (fact?.text(value) ?? value.text).map { [(title, $0)] } ?? []
        }
    }

    /// What is other here than it was there, in the order of the facts.
    package func differences(since earlier: HostEnvironment) -> [EnvironmentDifference] {
        guard self != earlier else { return [] }
        let known = EnvironmentFact.allCases.map(\.rawValue)
        // What is recorded besides makes no other host.
        let names = known.filter { $0 != EnvironmentFact.scrapeTargets.rawValue }
        let others = Set(values.keys).union(earlier.values.keys).subtracting(known).sorted()
        return (names + others).flatMap { name -> [EnvironmentDifference] in
            let (before, after) = (earlier.values[name], values[name])
            guard before != after else { return [] }
            let fact = EnvironmentFact(rawValue: name)
            if let old = before?.members, let new = after?.members {
                return Set(old.keys).union(new.keys).sorted().filter { old[$0] != new[$0] }.map {
                    EnvironmentDifference(fact: "\(fact?.title ?? name) \($0)", before: old[$0]?.text, after: new[$0]?.text)
                }
            }
            func text(_ value: JSONValue?) -> String? { value.flatMap { fact?.text($0) ?? $0.text } }
            return [EnvironmentDifference(fact: fact?.title ?? name, before: text(before), after: text(after))]
        }
    }
}
