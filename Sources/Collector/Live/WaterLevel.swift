/// Divides what there is among nodes as water fills vessels: who wants less than the level gets it all, and the others get as much as the level, so
/// that the largest lose first.
enum WaterLevel {
    /// - Parameter demands: what each node wants, none of them negative.
    /// - Returns: the highest level at which all of them get no more than `limit` together; the highest number when each gets what it wants.
    static func of(_ demands: some Sequence<Int>, limit: Int) -> Int {
        var left = limit
        let sorted = demands.sorted()
        for (index, demand) in sorted.enumerated() {
            let share = left / (sorted.count - index)
            if demand > share { return share }
            left -= demand
        }
        return .max
    }
}
