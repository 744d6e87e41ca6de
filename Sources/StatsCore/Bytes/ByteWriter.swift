/// A growing buffer of bytes that is reused: written, passed on, cleared and written again.
///
/// It grows by doubling and never shrinks, so that after the first ticks a tick allocates nothing.
package struct ByteWriter: ~Copyable, Sendable {
    private var storage: [UInt8]
    package private(set) var count = 0

    package init(capacity: Int = 4096) {
        storage = [UInt8](repeating: 0, count: max(capacity, 64))
    }

    package var isEmpty: Bool { count == 0 }

    /// The bytes written so far.
    package var bytes: RawSpan {
        @_lifetime(borrow self)
        borrowing get { storage.span.bytes.extracting(0..<count) }
    }

    package func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        storage.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[0..<count])) }
    }

    /// Forgets what was written and keeps the room.
    package mutating func removeAll() { count = 0 }

    /// Forgets what was written, and gives room beyond so many bytes back when less than a quarter of it was used.
    package mutating func removeAll(keeping room: Int) {
        if storage.count > room, count < storage.count / 4 { storage = [UInt8](repeating: 0, count: room) }
        count = 0
    }

    /// Cuts the bytes back to an earlier count. This undoes a half-written row.
    package mutating func truncate(to count: Int) { self.count = min(count, self.count) }

    /// Sets one of the bytes that were written.
    package mutating func replace(at index: Int, with byte: UInt8) { storage[index] = byte }

    package mutating func append(_ byte: UInt8) {
        reserve(1)
        storage[count] = byte
        count += 1
    }

    package mutating func append(_ text: StaticString) {
        let length = text.utf8CodeUnitCount
        reserve(length)
        storage.withUnsafeMutableBytes { room in
            UnsafeMutableRawBufferPointer(rebasing: room[count...])
                .copyMemory(from: UnsafeRawBufferPointer(start: text.utf8Start, count: length))
        }
        count += length
    }

    package mutating func append(_ bytes: [UInt8]) { append(bytes.span.bytes) }

    package mutating func append(_ bytes: RawSpan) {
        let length = bytes.byteCount
        reserve(length)
        storage.withUnsafeMutableBytes { room in
            bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: room[count...]).copyMemory(from: $0) }
        }
        count += length
    }

    /// Has `body` write into the room behind the bytes written so far, of which `keep` then counts some as written.
    mutating func withRoom<Result>(for more: Int, _ body: (UnsafeMutableRawBufferPointer) -> Result) -> Result {
        reserve(more)
        return storage.withUnsafeMutableBytes { body(UnsafeMutableRawBufferPointer(rebasing: $0[count...])) }
    }

    /// The next `more` bytes were written into the room.
    mutating func keep(_ more: Int) { count = min(count + more, storage.count) }

    /// Appends `value` in decimal digits.
    package mutating func append(decimal value: UInt64) {
        if value < 10 { return append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value)) }
        let digits = Self.digitCount(value)
        reserve(digits)
        var rest = value
        storage.withUnsafeMutableBufferPointer { room in
            var index = count + digits
            while index > count {
                index -= 1
                let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10)
                room[index] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: remainder)
                rest = quotient
            }
        }
        count += digits
    }

    package mutating func append(decimal value: Int64) {
        if value < 0 { append(UInt8(ascii: "-")) }
        append(decimal: value.magnitude)
    }

    /// Appends `value` with at most three decimals and no trailing zeros; nothing finite is written in exponent form.
    /// A value that is not finite has no JSON form and is written as `null`.
    package mutating func append(decimal value: Double) {
        guard value.isFinite, abs(value) < 1e15 else { return append("null") }
        let thousandths = (abs(value) * 1000).rounded()
        if value < 0, thousandths > 0 { append(UInt8(ascii: "-")) }
        let (whole, rest) = UInt64(thousandths).quotientAndRemainder(dividingBy: 1000)
        append(decimal: whole)
        guard rest > 0 else { return }
        append(UInt8(ascii: "."))
        var remaining = rest
        var place: UInt64 = 100
        while remaining > 0 {
            append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: remaining / place))
            remaining %= place
            place /= 10
        }
    }

    @inline(__always) private mutating func reserve(_ more: Int) {
        if storage.count - count < more { grow(more) }
    }

    private mutating func grow(_ more: Int) {
        let room = max(storage.count * 2, count + more)
        storage.append(contentsOf: repeatElement(0, count: room - storage.count))
    }

    private static func digitCount(_ value: UInt64) -> Int {
        var digits = 1
        var limit: UInt64 = 10
        while value >= limit {
            digits += 1
            if digits == 20 { return 20 }
            limit *= 10
        }
        return digits
    }
}
