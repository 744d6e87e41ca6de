extension PageBytes {
    /// How many bytes `put(hybrid:…)` may need.
    static func hybridLimit(count: Int, width: Int) -> Int { (count / 8 + 2) * (width + 16) }

    /// Numbers of `width` bits in the format's hybrid of run lengths and packed bits (`RLE`): what repeats eight times or more is a run, and what lies between is packed in
    /// groups of eight.
    mutating func put(hybrid values: UnsafePointer<UInt64>, count: Int, width: Int) {
        var index = 0
        /// Where the numbers begin that are to be packed.
        var packed = 0
        while index < count {
            let value = values[index]
            var end = index + 1
            while end < count, values[end] == value { end += 1 }
            // A group that has begun is filled up first.
            let fill = (8 - (index - packed) % 8) % 8
            if end - index >= fill + 8 {
                index += fill
                put(groups: values + packed, count: index - packed, width: width)
                put(varint: UInt64(end - index) << 1)
                put(word: value, bytes: (width + 7) / 8)
                packed = end
            }
            index = end
        }
        put(groups: values + packed, count: count - packed, width: width)
    }

    /// Packs numbers in groups of eight; the last group may be filled up with zeros.
    private mutating func put(groups values: UnsafePointer<UInt64>, count: Int, width: Int) {
        guard count > 0 else { return }
        put(varint: UInt64((count + 7) / 8) << 1 | 1)
        let begin = self.count
        put(packed: values, count: count, width: width)
        let end = begin + (count + 7) / 8 * width
        while self.count < end { put(0) }
    }
}
