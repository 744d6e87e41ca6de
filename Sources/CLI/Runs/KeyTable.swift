/// Numbers keys of a few bytes from 0, in the order in which they first come.
///
/// Ticks nearly always have the same keys in the same order: the key that came next the last time is tried before the dictionary.
struct KeyTable {
    private var numbers: [[UInt8]: Int] = [:]
    private(set) var keys: [[UInt8]] = []
    private var next: [Int] = []
    private var last = -1

    var count: Int { keys.count }

    /// Keeps these keys, numbered anew in this order, and forgets all others.
    mutating func keep(_ kept: [Int]) {
        let old = keys
        self = KeyTable()
        for number in kept { _ = self.number(of: old[number]) }
        last = -1
    }

    mutating func number(of key: [UInt8]) -> Int {
        if last >= 0, next[last] >= 0, keys[next[last]] == key {
            last = next[last]
            return last
        }
        let number = numbers[key] ?? keys.count
        if number == keys.count {
            // A copy that is no larger than it has to be. With its caller's own storage, the next key would get another, a little larger each time.
            let own = key.withUnsafeBytes { Array($0) }
            numbers[own] = number
            keys.append(own)
            next.append(-1)
        }
        if last >= 0 { next[last] = number }
        last = number
        return number
    }
}
