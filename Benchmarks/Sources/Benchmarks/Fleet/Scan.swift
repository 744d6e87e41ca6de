/// Finds members of the collector's short messages by their bytes: thousands of acknowledgements a second are too many for a JSON decoder.
///
/// The collector writes no blanks between members, and none of the names that are looked for appears inside of a text here.
struct Scan {
    let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// What follows the first place of a name with its colon, such as `"seq":`.
    private func rest(after name: StaticString) -> UnsafeRawBufferPointer? {
        let wanted = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        guard let quote = wanted.first, bytes.count >= wanted.count else { return nil }
        for start in 0...bytes.count - wanted.count where bytes[start] == quote {
            var length = 1
            while length < wanted.count, bytes[start + length] == wanted[length] { length += 1 }
            if length == wanted.count { return UnsafeRawBufferPointer(rebasing: bytes[(start + length)...]) }
        }
        return nil
    }

    func has(_ name: StaticString) -> Bool { rest(after: name) != nil }

    func number(after name: StaticString) -> Int64? {
        guard let rest = rest(after: name) else { return nil }
        var value: Int64 = 0
        var count = 0
        while count < rest.count, count < 18, case let digit = rest[count] &- UInt8(ascii: "0"), digit < 10 {
            value = value * 10 + Int64(digit)
            count += 1
        }
        return count > 0 ? value : nil
    }

    /// A text without escapes.
    func text(after name: StaticString) -> String? {
        guard let rest = rest(after: name), rest.first == UInt8(ascii: "\"") else { return nil }
        return String(decoding: rest.dropFirst().prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
    }

    var run: Message.Run? {
        guard let id = text(after: #""id":"#), let t0 = number(after: #""t0":"#), let interval = number(after: #""interval_us":"#) else {
            return nil
        }
        return Message.Run(id: id, t0: t0, interval: interval, ticks: number(after: #""ticks":"#).map { UInt64($0) })
    }
}
