/// `/proc/net/sockstat` and `/proc/net/sockstat6`: sockets in use in the network namespace (proc_pid_net(5)).
///
///     sockets: used 24
///     TCP: inuse 1 orphan 0 tw 0 alloc 1 mem 199
///     UDP: inuse 0 mem 0
///
///     TCP6: inuse 3
///     UDP6: inuse 1
///
/// `inuse` counts sockets by the family in which they were made (`sk_prot`): a server that listens on `::` and all that it accepts are `TCP6`, also where the peer
/// speaks IPv4 (an IPv4-mapped address). The other numbers of `TCP` are of both families; `mem` is in pages.
package struct SockStat: Sendable, Equatable {
    package private(set) var used: UInt64?
    package private(set) var tcpInUse: UInt64?
    package private(set) var tcpOrphans: UInt64?
    package private(set) var tcpTimeWait: UInt64?
    package private(set) var tcpAllocated: UInt64?
    package private(set) var tcpMemoryPages: UInt64?
    package private(set) var udpInUse: UInt64?
    package private(set) var tcp6InUse: UInt64?
    package private(set) var udp6InUse: UInt64?

    package init() {}

    /// Replaces what `sockstat` says.
    package mutating func update(parsing bytes: RawSpan) {
        let (tcp6, udp6) = (tcp6InUse, udp6InUse)
        self = SockStat()
        (tcp6InUse, udp6InUse) = (tcp6, udp6)
        var cursor = ByteCursor(bytes.completeLines)
        while !cursor.isAtEnd {
            let section = cursor.word()
            if cursor.matches(section, "sockets:") {
                while let (name, value) = Self.pair(&cursor) { if cursor.matches(name, "used") { used = value } }
            } else if cursor.matches(section, "TCP:") {
                while let (name, value) = Self.pair(&cursor) { setTCP(cursor, name, value) }
            } else if cursor.matches(section, "UDP:") {
                while let (name, value) = Self.pair(&cursor) { if cursor.matches(name, "inuse") { udpInUse = value } }
            }
            cursor.skipLine()
        }
    }

    /// Replaces what `sockstat6` says; a kernel without IPv6 has no such file.
    package mutating func update(parsing6 bytes: RawSpan) {
        (tcp6InUse, udp6InUse) = (nil, nil)
        var cursor = ByteCursor(bytes.completeLines)
        while !cursor.isAtEnd {
            let section = cursor.word()
            let (isTCP, isUDP) = (cursor.matches(section, "TCP6:"), cursor.matches(section, "UDP6:"))
            while isTCP || isUDP, let (name, value) = Self.pair(&cursor) {
                guard cursor.matches(name, "inuse") else { continue }
                if isTCP { tcp6InUse = value } else { udp6InUse = value }
            }
            cursor.skipLine()
        }
    }

    private mutating func setTCP(_ line: borrowing ByteCursor, _ name: Range<Int>, _ value: UInt64) {
        if line.matches(name, "inuse") {
            tcpInUse = value
        } else if line.matches(name, "orphan") {
            tcpOrphans = value
        } else if line.matches(name, "tw") {
            tcpTimeWait = value
        } else if line.matches(name, "alloc") {
            tcpAllocated = value
        } else if line.matches(name, "mem") {
            tcpMemoryPages = value
        }
    }

    private static func pair(_ line: inout ByteCursor) -> (name: Range<Int>, value: UInt64)? {
        let name = line.word()
        guard !name.isEmpty, let value = line.wholeDecimal() else { return nil }
        return (name, value)
    }
}
