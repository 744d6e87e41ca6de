/// `/proc/<pid>/stat`: a process's identity and what it has used.
///
///     11741 (cat) R 11734 11734 9835 0 -1 4194304 104 0 0 0 0 0 0 0 20 0 1 0 99195 3133440 410 18446744073709551615 …
///
/// The process sets the name in brackets; it may hold blanks, brackets and newlines, so the last `)` ends it. A kernel that hides a
/// field writes 0. Times in clock ticks are converted to microseconds. Source: proc_pid_stat(5).
package struct PidStat: Sendable, Equatable {
    package var pid: UInt64?
    /// The name's range in the parsed bytes.
    package var comm: Range<Int> = 0..<0
    /// One letter.
    package var state: UInt8?
    package var ppid: UInt64?
    /// The kernel's own (PF_KTHREAD), which has no program.
    package var isKernelThread = false
    package var minorFaults: UInt64?
    package var majorFaults: UInt64?
    package var cpuUser: UInt64?
    package var cpuSystem: UInt64?
    package var childrenUser: UInt64?
    package var childrenSystem: UInt64?
    /// From -20, which goes before others, to 19.
    package var nice: Int64?
    package var threads: UInt64?
    /// Since boot. Pid and start time together identify a process.
    package var start: UInt64?
    package var blockDelay: UInt64?

    package init() {}

    package init(parsing bytes: RawSpan) {
        var cursor = ByteCursor(bytes)
        // Without the newline at the end the last bracket may have been cut off.
        guard cursor.end > 0, cursor.byte(cursor.end - 1) == UInt8(ascii: "\n"),
            let number = cursor.wholeDecimal(), cursor.skip(UInt8(ascii: " ")), cursor.peek == UInt8(ascii: "("),
            let close = Self.lastBracket(cursor), close > cursor.offset
        else { return }
        let name = cursor.offset + 1..<close

        cursor.move(to: close + 1)
        let word = cursor.word()
        guard word.count == 1 else { return }

        var read = PidStat()
        var field = 4
        while field <= 42, let (value, isNegative) = cursor.wholeSigned() {
            read.keep(value, field)
            if field == 19 { read.nice = Int64(clamping: value) * (isNegative ? -1 : 1) }
            field += 1
        }
        // Every kernel writes more fields than this. With fewer, the bracket belonged to the name and the rest was cut off.
        guard field > 24 else { return }
        self = read
        pid = number
        comm = name
        state = cursor.byte(word.lowerBound)
    }

    private static func lastBracket(_ cursor: borrowing ByteCursor) -> Int? {
        var index = cursor.end - 1
        while index > cursor.offset {
            if cursor.byte(index) == UInt8(ascii: ")") { return index }
            index -= 1
        }
        return nil
    }

    /// Keeps the value of field `field` of proc_pid_stat(5).
    @inline(__always) private mutating func keep(_ value: UInt64, _ field: Int) {
        switch field {
        case 4: ppid = value
        case 9: isKernelThread = value & 0x0020_0000 != 0
        case 10: minorFaults = value
        case 12: majorFaults = value
        case 14: cpuUser = KernelUnits.microseconds(ticks: value)
        case 15: cpuSystem = KernelUnits.microseconds(ticks: value)
        case 16: childrenUser = KernelUnits.microseconds(ticks: value)
        case 17: childrenSystem = KernelUnits.microseconds(ticks: value)
        case 20: threads = value
        case 22: start = KernelUnits.microseconds(ticks: value)
        case 42: blockDelay = KernelUnits.microseconds(ticks: value)
        default: break
        }
    }
}

extension ByteCursor {
    /// Steps over a whole number and gives its magnitude, and whether it has a sign. Of the fields that are kept only `nice` can have one.
    @inline(__always) fileprivate mutating func wholeSigned() -> (UInt64, Bool)? {
        skipBlanks()
        let isNegative = skip(UInt8(ascii: "-"))
        return wholeDecimal().map { ($0, isNegative) }
    }
}
