/// Numbers values of 64 bits from 0 in the order in which they first come, as long as there are few.
struct NumberDictionary: ~Copyable {
    private static let slots = 1 << 17
    /// More distinct values than that are worth no dictionary.
    static let limit = 1 << 15

    private let keys: UnsafeMutablePointer<UInt64>
    /// One more than the number of the key in the same slot; 0 where there is none.
    private let numbers: UnsafeMutablePointer<UInt32>
    /// By number.
    private(set) var values: UnsafeMutablePointer<UInt64>
    private(set) var count = 0
    /// The slots that are taken, by number.
    private let taken: UnsafeMutablePointer<UInt32>

    init() {
        keys = .allocate(capacity: Self.slots)
        numbers = .allocate(capacity: Self.slots)
        numbers.initialize(repeating: 0, count: Self.slots)
        values = .allocate(capacity: Self.limit)
        taken = .allocate(capacity: Self.limit)
    }

    deinit {
        keys.deallocate()
        numbers.deallocate()
        values.deallocate()
        taken.deallocate()
    }

    /// Writes the number of each value into `indices`.
    /// - Returns: false when the values have so many distinct ones that a dictionary doesn't pay.
    mutating func index(_ all: UnsafePointer<UInt64>, _ total: Int, into indices: UnsafeMutablePointer<UInt64>) -> Bool {
        removeAll()
        var last: UInt64 = 0
        var number: UInt64 = 0
        for place in 0..<total {
            let value = all[place]
            if place == 0 || value != last {
                guard let found = find(value) else { return false }
                // Not until some have come, of which the first are all distinct.
                if count > 256 + place / 3 { return false }
                number = UInt64(found)
                last = value
            }
            indices[place] = number
        }
        return true
    }

    @inline(__always) private mutating func find(_ value: UInt64) -> Int? {
        var slot = Int(truncatingIfNeeded: ((value ^ value &>> 32) &* 0x9e37_79b9_7f4a_7c15) &>> 47)
        while numbers[slot] != 0 {
            if keys[slot] == value { return Int(numbers[slot]) - 1 }
            slot = (slot + 1) & (Self.slots - 1)
        }
        guard count < Self.limit else { return nil }
        keys[slot] = value
        numbers[slot] = UInt32(count + 1)
        values[count] = value
        taken[count] = UInt32(slot)
        count += 1
        return count - 1
    }

    private mutating func removeAll() {
        for number in 0..<count { numbers[Int(taken[number])] = 0 }
        count = 0
    }
}
