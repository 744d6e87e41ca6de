/// Environments of many hosts, most of which are alike: one is kept whole as a base, and of those like it only what differs. Ten thousand equal servers cost one environment, and
/// for each of them the UUID of its root file system.
package struct SharedEnvironments: Sendable {
    /// An environment as it is kept.
    package struct Kept: Sendable, Equatable {
        /// All of it, or what differs from that of the base.
        package var own: HostEnvironment
        /// The name of the node whose environment is the base; `nil` for a base.
        package var base: String?

        package init(own: HostEnvironment, base: String?) {
            self.own = own
            self.base = base
        }
    }

    /// Kinds of hosts that are looked through for one that is like another.
    private static let most = 16

    private var bases: [(node: String, environment: HostEnvironment)] = []

    package init() {}

    /// - Parameter node: its name, by which later ones refer to it when it becomes a base.
    package mutating func share(_ environment: HostEnvironment, of node: String) -> Kept {
        var best: Kept?
        for base in bases {
            let own = environment.difference(from: base.environment)
            if own.values.count < best?.own.values.count ?? .max { best = Kept(own: own, base: base.node) }
            if own.isEmpty { break }
        }
        // Where half of the facts differ a base saves nothing.
        if let best, best.own.values.count * 2 <= environment.values.count { return best }
        addBase(environment, of: node)
        return Kept(own: environment, base: nil)
    }

    /// Takes a whole environment for a base.
    package mutating func addBase(_ environment: HostEnvironment, of node: String) {
        if bases.count < Self.most, !environment.isEmpty { bases.append((node, environment)) }
    }

    /// The whole environment; `nil` where its base isn't known.
    package func whole(_ kept: Kept) -> HostEnvironment? {
        guard let base = kept.base else { return kept.own }
        return bases.first { $0.node == base }?.environment.changed(by: kept.own)
    }
}
