/// Which collector is behind each name of the list, by its own id: a pure value. Two names may lead to one collector, which would take what it gets by both of them for the same frames.
///
/// The name by which a collector was first greeted keeps it, since what waits for it is in that name's room. A name that leads to another collector now is asked anew.
struct CollectorIDs {
    /// By place, of collectors that have greeted this agent, now or before it was restarted.
    private var proven: [String?]
    /// By place, what the collector of the present connection says.
    private var said: [String?]

    /// - Parameter known: by place, from before the agent was restarted.
    init(_ known: [String?]) {
        proven = []
        for id in known { proven.append(proven.contains(id) ? nil : id) }
        said = known.map { _ in nil }
    }

    /// A collector says who it is, before this agent does.
    /// - Parameter id: `nil` from a collector of an earlier version.
    /// - Returns: the place by whose name alone the agent goes to this collector; `nil` when that is this one.
    mutating func meet(_ id: String?, at place: Int) -> Int? {
        said[place] = id
        if proven[place] == id { return nil }
        proven[place] = nil
        return id.flatMap { proven.firstIndex(of: $0) }
    }

    /// The collector has greeted this agent, and has proven a secret if there is one.
    /// - Returns: its id.
    mutating func prove(_ place: Int) -> String? {
        proven[place] = said[place]
        return said[place]
    }
}
