/// The traffic of a network namespace: the lines of `/proc/<pid>/net/dev` summed over all interfaces but the loopback.
///
///     Inter-|   Receive                                                |  Transmit
///      face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
///         lo:     120       2    0    0    0     0          0         0      120       2    0    0    0     0       0          0
///       eth0:    1796      22    0    0    0     0          0         0      426       5    0    0    0     0       0          0
///
/// A namespace with nothing but a loopback sums to zero: the kernel said that there is no traffic. When a line is incomplete
/// all sums are `nil`, since a sum over a part would be wrong. Source: proc_pid_net(5).
package struct NetDevTotals: Sendable, Equatable {
    package var rxBytes: UInt64?
    package var rxPackets: UInt64?
    package var rxErrors: UInt64?
    package var rxDropped: UInt64?
    package var txBytes: UInt64?
    package var txPackets: UInt64?
    package var txErrors: UInt64?
    package var txDropped: UInt64?

    package init() {}

    package init(parsing bytes: RawSpan) {
        var cursor = ByteCursor(bytes)
        cursor.skipLine()
        cursor.skipLine()
        // Every namespace has a loopback: if no line follows the header, the file was cut short.
        guard !cursor.isAtEnd else { return }

        var sums = Sums()
        while !cursor.isAtEnd {
            cursor.skipBlanks()
            guard let name = cursor.field(upTo: UInt8(ascii: ":")) else { return }
            let counts = !cursor.matches(name, "lo")
            guard sums.addLine(&cursor, counts: counts) else { return }
        }
        rxBytes = sums.rxBytes
        rxPackets = sums.rxPackets
        rxErrors = sums.rxErrors
        rxDropped = sums.rxDropped
        txBytes = sums.txBytes
        txPackets = sums.txPackets
        txErrors = sums.txErrors
        txDropped = sums.txDropped
    }

    private struct Sums {
        var rxBytes: UInt64 = 0
        var rxPackets: UInt64 = 0
        var rxErrors: UInt64 = 0
        var rxDropped: UInt64 = 0
        var txBytes: UInt64 = 0
        var txPackets: UInt64 = 0
        var txErrors: UInt64 = 0
        var txDropped: UInt64 = 0

        /// Reads the sixteen numbers of a line; false when one is missing or the line has no end.
        mutating func addLine(_ cursor: inout ByteCursor, counts: Bool) -> Bool {
            var index = 0
            while index < 16 {
                guard let value = cursor.wholeDecimal() else { return false }
                if counts { add(value, at: index) }
                index += 1
            }
            return cursor.skip(UInt8(ascii: "\n"))
        }

        @inline(__always) private mutating func add(_ value: UInt64, at index: Int) {
            switch index {
            case 0: rxBytes &+= value
            case 1: rxPackets &+= value
            case 2: rxErrors &+= value
            case 3: rxDropped &+= value
            case 8: txBytes &+= value
            case 9: txPackets &+= value
            case 10: txErrors &+= value
            case 11: txDropped &+= value
            default: break
            }
        }
    }
}
