/// Which of several collectors an agent belongs to: a pure value that connections ask, by their collectors' places in the list.
///
/// An agent belongs to one collector at a time, which has it take part in runs. When that one is away for long, it goes to the first other that answers, and stays
/// there. It comes back for a run of an earlier collector that it is still in, and, while there is no run, to collectors that are named before.
struct CollectorChoice {
    /// What a connection is for.
    enum Purpose {
        /// The agent belongs to this collector, or is about to.
        case serve
        /// The agent belongs to another one, and only delivers what is left.
        case deliver
    }

    /// How long (ns) a collector that was given up, and is named before the present one, is left alone between two looks whether it is there.
    static let lookInterval: UInt64 = 60_000_000_000

    /// To which the agent belongs.
    private(set) var present: Int
    /// Of which the agent is in a run; `nil` when it is in none.
    var runPlace: Int?
    /// How long (ns) the present collector may be away before others are tried.
    private let patience: UInt64
    private var isConnected = false
    private var awaySince: UInt64
    /// Who has said, or is about to say, that the agent belongs to its collector: one at a time, so that no two collectors ever count on it.
    private var claimant: Int?
    private var lookAt: UInt64

    /// - Parameters:
    ///   - present: the collector of which the agent was in a run before it was restarted, or the first one.
    ///   - now: on the monotonic clock, in ns, as all instants here.
    init(present: Int = 0, patience: UInt64, now: UInt64) {
        self.present = present
        self.patience = patience
        awaySince = now
        lookAt = now &+ Self.lookInterval
    }

    /// What a connection to this collector would be for now; `nil` when there is no need for one.
    /// - Parameter hasBacklog: whether anything waits for it.
    func purpose(of place: Int, hasBacklog: Bool, now: UInt64) -> Purpose? {
        if mayServe(place, now: now) { return .serve }
        return hasBacklog ? .deliver : nil
    }

    private func mayServe(_ place: Int, now: UInt64) -> Bool {
        if place == present { return true }
        if let claimant, claimant != place { return false }
        if place == runPlace { return true }
        if !isConnected { return now >= awaySince &+ patience }
        return runPlace == nil && place < present && now >= lookAt
    }

    /// Asks whether the collector may be told that the agent belongs to it. Ends with `welcomed` or `ended`.
    mutating func claim(_ place: Int, now: UInt64) -> Bool {
        guard mayServe(place, now: now), claimant == nil || claimant == place else { return false }
        claimant = place
        return true
    }

    /// The collector has taken the agent.
    /// - Returns: which it belonged to before, if that was another one.
    mutating func welcomed(_ place: Int, now: UInt64) -> Int? {
        let former = present
        claimant = nil
        (present, isConnected) = (place, true)
        lookAt = now &+ Self.lookInterval
        return former == place ? nil : former
    }

    /// A connection has ended, or there was none.
    mutating func ended(_ place: Int, now: UInt64) {
        if claimant == place { claimant = nil }
        if place == present {
            if isConnected { awaySince = now }
            isConnected = false
        } else {
            lookAt = now &+ Self.lookInterval
        }
    }
}
