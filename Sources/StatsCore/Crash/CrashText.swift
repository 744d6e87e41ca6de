#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A text in memory that is there from the start. What doesn't fit is left out.
///
/// Only the thread that crashed writes it, so that nothing guards it: a lock could be one that this very thread held when it was stopped.
final class CrashText: Sendable {
    private nonisolated(unsafe) let bytes: UnsafeMutablePointer<UInt8>
    private nonisolated(unsafe) var count = 0
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = capacity
        bytes = .allocate(capacity: capacity)
    }

    func append(_ byte: UInt8) {
        // The last byte is for the end of the line.
        guard count < capacity - (byte == UInt8(ascii: "\n") ? 0 : 1) else { return }
        bytes[count] = byte
        count += 1
    }

    func append(_ text: StaticString) {
        var index = 0
        while index < text.utf8CodeUnitCount {
            append(text.utf8Start[index])
            index += 1
        }
    }

    func append(hexadecimal number: UInt) {
        append("0x")
        var shift = 60
        while shift > 0, number >> UInt(shift) == 0 { shift -= 4 }
        while shift >= 0 {
            let digit = UInt8(truncatingIfNeeded: number >> UInt(shift) & 15)
            append(digit < 10 ? UInt8(ascii: "0") &+ digit : UInt8(ascii: "a") &+ (digit &- 10))
            shift -= 4
        }
    }

    /// Writes it to standard error.
    func flush() {
        var done = 0
        while done < count {
            let written = write(STDERR_FILENO, bytes + done, count - done)
            guard written > 0 else { return }
            done += written
        }
    }
}
