/// Which ticks of a node go to a target: each once, none that is older than one before, and no more than its interval allows.
struct NodeTimes {
    private struct Node {
        /// Of the newest tick, of the newest one of a run, and of the newest one that went.
        var newest: Int64
        var newestOfRun: Int64
        var sent: Int64

        init(_ time: Int64, isOfRun: Bool) { (newest, newestOfRun, sent) = (time, isOfRun ? time : .min, time) }
    }

    enum Answer: Equatable {
        case send
        /// It went before, or the interval doesn't want it.
        case leave
        /// It is older than what went: no receiver takes it.
        case late
    }

    /// Where live ticks and those of a run meet, one may be a little older than the one before (microseconds).
    private static let overlap: Int64 = 10_000_000

    private var nodes: [String: Node] = [:]
    private let interval: Int64

    /// - Parameter interval: in microseconds; 0 for every tick.
    init(interval: Int64) { self.interval = interval }

    func knows(_ node: String) -> Bool { nodes[node] != nil }

    /// - Parameters:
    ///   - time: of the tick, in microseconds since 1970.
    ///   - isRepeated: whether the agent may have sent it before: a tick of a run, which it sends again until it is on the disk.
    ///   - had: of the newest tick that the target had when this process began.
    mutating func take(_ node: String, _ time: Int64, isRepeated: Bool, had: Int64? = nil) -> Answer {
        // Receivers know milliseconds, and take one sample of each: where a run and live ticks meet, two can be closer than that.
        let time = time / 1000 * 1000
        // Nobody knows whether what the target had was of a run: the agent may send it again.
        guard var known = nodes[node] ?? had.map({ Node($0, isOfRun: true) }) else {
            nodes[node] = Node(time, isOfRun: isRepeated)
            return .send
        }
        // An agent sends a run's ticks in their order, so only an older one was here before. Another one was overtaken by live ones: the run ended
        // while its agent was away, and what waits comes behind the newest.
        let isAgain = isRepeated && time <= known.newestOfRun
        if isRepeated { known.newestOfRun = max(known.newestOfRun, time) }
        defer { nodes[node] = known }
        guard time > known.newest else { return isAgain || known.newest - time < Self.overlap ? .leave : .late }
        known.newest = time
        // By whole intervals since 1970, so that all nodes send the same ticks.
        guard interval == 0 || time / interval != known.sent / interval else { return .leave }
        known.sent = time
        return .send
    }
}
