/// The traffic of a network namespace: the lines of `/proc/<pid>/net/dev`, summed over the interfaces that count (`NamespaceInterface`).
///
///     Inter-|   Receive                                                |  Transmit
///      face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
///         lo:     120       2    0    0    0     0          0         0      120       2    0    0    0     0       0          0
///       eth0:    1796      22    0    0    0     0          0         0      426       5    0    0    0     0       0          0
///
/// Without an interface that counts all sums are `nil`, as in the engine's answer: nothing counts the traffic. When a line is incomplete they are
/// `nil` too, since a sum over a part would be wrong. Source: proc_pid_net(5).
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

        var traffic = NamespaceTraffic()
        while !cursor.isAtEnd {
            cursor.skipBlanks()
            guard let name = cursor.field(upTo: UInt8(ascii: ":")), let line = NetDevTotals(line: &cursor) else { return }
            traffic.add(line, of: NamespaceInterface(bytes, name))
        }
        self = traffic.totals ?? NetDevTotals()
    }

    /// Reads the sixteen numbers of a line; `nil` when one is missing or the line has no end.
    private init?(line cursor: inout ByteCursor) {
        var index = 0
        while index < 16 {
            guard let value = cursor.wholeDecimal() else { return nil }
            set(value, at: index)
            index += 1
        }
        guard cursor.skip(UInt8(ascii: "\n")) else { return nil }
    }

    @inline(__always) private mutating func set(_ value: UInt64, at index: Int) {
        switch index {
        case 0: rxBytes = value
        case 1: rxPackets = value
        case 2: rxErrors = value
        case 3: rxDropped = value
        case 8: txBytes = value
        case 9: txPackets = value
        case 10: txErrors = value
        case 11: txDropped = value
        default: break
        }
    }

    /// Adds what is known of another interface.
    mutating func add(_ other: NetDevTotals) {
        Self.add(other.rxBytes, to: &rxBytes)
        Self.add(other.rxPackets, to: &rxPackets)
        Self.add(other.rxErrors, to: &rxErrors)
        Self.add(other.rxDropped, to: &rxDropped)
        Self.add(other.txBytes, to: &txBytes)
        Self.add(other.txPackets, to: &txPackets)
        Self.add(other.txErrors, to: &txErrors)
        Self.add(other.txDropped, to: &txDropped)
    }

    @inline(__always) private static func add(_ value: UInt64?, to sum: inout UInt64?) {
        if let value { sum = (sum ?? 0) &+ value }
    }
}
