/// Ticks of a run for which there was no room. They wait until they can be named in a gap.
struct LostTicks {
    private var run = ""
    private var ticks: ClosedRange<UInt64>?

    /// Nothing is lost.
    var isEmpty: Bool { ticks == nil }

    /// Counts the ticks up to `tick` of this run as lost, from the first that was, if one was.
    mutating func add(through tick: UInt64, run: String) {
        let first = ticks?.lowerBound ?? tick
        self.run = run
        ticks = first...max(first, tick)
    }

    /// What was lost of an earlier run, which was left without its end, nobody asks for any more; and its ticks have other numbers.
    mutating func forget(exceptOf run: String) {
        if self.run != run { ticks = nil }
    }

    /// Hands out what is to be named now.
    mutating func take() -> (run: String, ticks: ClosedRange<UInt64>)? {
        defer { ticks = nil }
        return ticks.map { (run, $0) }
    }
}
