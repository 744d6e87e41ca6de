/// What comes once, such as a process's command line, comes once in each run, and once for each who begins to look at live ticks.
struct Telling {
    private var run: String?
    private var audience: UInt64 = 0

    /// Takes a tick.
    /// - Returns: whether everything has to be told anew, and whether the tick before was of another run, or of none.
    mutating func follow(_ tick: TickContext) -> (isAnew: Bool, isOtherRun: Bool) {
        let isOtherRun = tick.run != run
        run = tick.run
        if tick.run != nil { return (isOtherRun, isOtherRun) }
        defer { audience = tick.audience }
        return (tick.audience != audience, isOtherRun)
    }
}
