/// Numbers of records that are lost, each counted once, however often it is found missing.
struct LostNumbers {
    private var known = RangeSet<UInt64>()
    private(set) var count: UInt64 = 0

    /// - Returns: whether one of them was not known.
    @discardableResult
    mutating func insert(_ numbers: RangeSet<UInt64>) -> Bool {
        let new = numbers.subtracting(known)
        for range in new.ranges {
            known.insert(contentsOf: range)
            count = count.saturatingAdding(range.upperBound - range.lowerBound)
        }
        return !new.isEmpty
    }
}
