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
    /// By place, of those that were looked for.
    private var lookAt: [Int: UInt64] = [:]
    private var firstLook: UInt64

    /// - Parameters:
    ///   - present: the collector of which the agent was in a run before it was restarted, or the first one.
    ///   - now: on the monotonic clock, in ns, as all instants here.
    init(present: Int = 0, patience: UInt64, now: UInt64) {
        self.present = present
        self.patience = patience
        awaySince = now
        firstLook = now &+ Self.lookInterval
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
        return runPlace == nil && place < present && now >= max(firstLook, lookAt[place] ?? 0)
    }

    /// Asks whether the collector may be told that the agent belongs to it. Ends with `welcomed` or `ended`.
    mutating func claim(_ place: Int, now: UInt64) -> Bool {
        guard mayServe(place, now: now), claimant == nil || claimant == place else { return false }
        claimant = place
        return true
    }

    /// The collector has taken the agent, which had claimed to belong to it.
    /// - Returns: to which the agent belonged before; `nil` when it doesn't belong to this one, as it has joined a run of another one meanwhile.
    mutating func welcomed(_ place: Int, now: UInt64) -> Int? {
        guard claimant == place else { return nil }
        let former = present
        belong(to: place, now: now)
        return former
    }

    /// The agent joins a run of this collector. So it belongs to it, whoever is about to take it.
    mutating func joined(_ place: Int, now: UInt64) { belong(to: place, now: now) }

    private mutating func belong(to place: Int, now: UInt64) {
        claimant = nil
        (present, isConnected) = (place, true)
        firstLook = now &+ Self.lookInterval
    }

    /// A connection has ended, or there was none.
    mutating func ended(_ place: Int, now: UInt64) {
        if claimant == place { claimant = nil }
        if place == present {
            if isConnected { awaySince = now }
            isConnected = false
        } else {
            lookAt[place] = now &+ Self.lookInterval
        }
    }
}
