/// From when on a value is warm, and from when on hot. docs/LIVE.md has each with its reason.
package enum LiveLimits: Sendable {
    /// What a value is held against.
    package enum Whole: Sendable {
        case value(Double)
        /// Another value of the same object.
        case field(String)
        /// The cores that a container may use: its limit (the field of that name), else its node's. 100 is one core.
        case cores(limit: String)
        /// The time from tick to tick of the node, in milliseconds, at least this.
        case interval(least: Double)
    }

    /// From these shares of the whole on. Without a whole the value is not judged.
    case from(warm: Double, hot: Double, of: Whole)
    /// Below this.
    case below(hot: Double)
    /// More than so many.
    case above(Double, LiveLevel)
    /// A text; those that aren't named have the level `others`.
    case words([String: LiveLevel], others: LiveLevel)
}

/// What surrounds an object and decides with it how its values are judged.
package struct LiveSurroundings: Sendable, Equatable {
    /// Of the node.
    package var cores: Double?
    /// From tick to tick, in milliseconds.
    package var interval: Double?

    package init(cores: Double? = nil, interval: Double? = nil) { (self.cores, self.interval) = (cores, interval) }
}

/// What is wrong with an object when one of its values is out of its limits.
package struct LiveTrouble: Sendable {
    /// Stable, for scripts.
    package let name: String
    /// Above a list of objects that have it.
    package let title: String
    /// One sentence about the object, without numbers: the field has them.
    package let text: String
    /// From which level on the value is a trouble.
    package let since: LiveLevel
    /// Troubles of one level stand in the order of their ranks, the lowest first.
    package let rank: Int

    package init(_ name: String, rank: Int, _ title: String, _ text: String, since: LiveLevel = .warm) {
        (self.name, self.rank, self.title, self.text, self.since) = (name, rank, title, text, since)
    }
}
