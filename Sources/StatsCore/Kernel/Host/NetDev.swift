/// `/proc/net/dev`: what every network interface of a namespace did since it appeared (proc_pid_net(5)).
///
///     Inter-|   Receive                                                |  Transmit
///      face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
///         lo:    3193      29    0    0    0     0          0         0     3193      29    0    0    0     0       0          0
///       eth0:76076771    1427    0    0    0     0          0         0    51787     717    0    0    0     0       0          0
///
/// Old kernels write a long number right behind the colon, and a name may contain colons: the last colon of a line ends the name.
package struct NetDev: Sendable {
    package struct Interface: Sendable, Equatable {
        package internal(set) var name: EncodedText?
        package internal(set) var rxBytes: UInt64?
        package internal(set) var rxPackets: UInt64?
        package internal(set) var rxErrors: UInt64?
        package internal(set) var rxDropped: UInt64?
        package internal(set) var rxFIFO: UInt64?
        package internal(set) var rxFrame: UInt64?
        package internal(set) var rxCompressed: UInt64?
        package internal(set) var rxMulticast: UInt64?
        package internal(set) var txBytes: UInt64?
        package internal(set) var txPackets: UInt64?
        package internal(set) var txErrors: UInt64?
        package internal(set) var txDropped: UInt64?
        package internal(set) var txFIFO: UInt64?
        package internal(set) var txCollisions: UInt64?
        package internal(set) var txCarrier: UInt64?
        package internal(set) var txCompressed: UInt64?
        /// What sysfs says of it; the caller reads that.
        package internal(set) var link = InterfaceLink()
        /// Whether the caller wants this interface; its values are absent if not.
        package internal(set) var isWanted = true

        package init() {}
    }

    /// In the file's order, with the unwanted ones.
    package private(set) var interfaces: [Interface] = []

    package init() {}

    /// Replaces the reading. `isWanted` is asked once for each interface that wasn't at this place of the list at the last reading.
    package mutating func update(parsing bytes: RawSpan, isWanted: (String) -> Bool = { _ in true }) {
        var cursor = ByteCursor(bytes.completeLines)
        var count = 0
        while !cursor.isAtEnd {
            cursor.skipBlanks()
            let start = cursor.offset
            var end = start
            // The two lines of headings have no colon.
            while cursor.field(upTo: UInt8(ascii: ":")) != nil { end = cursor.offset - 1 }
            if end > start {
                if count == interfaces.count { interfaces.append(Interface()) }
                if interfaces[count].name.adopt(cursor.bytes.extracting(start..<end)) {
                    interfaces[count].isWanted = isWanted(cursor.string(start..<end))
                    interfaces[count].read(ByteCursor(RawSpan()))
                    interfaces[count].link = InterfaceLink()
                }
                if interfaces[count].isWanted { interfaces[count].read(cursor) }
                count += 1
            }
            cursor.skipLine()
        }
        interfaces.removeLast(interfaces.count - count)
    }

    package mutating func setLink(_ link: InterfaceLink, at place: Int) { interfaces[place].link = link }
}

extension NetDev.Interface {
    fileprivate mutating func read(_ cursor: consuming ByteCursor) {
        rxBytes = cursor.wholeDecimal()
        rxPackets = cursor.wholeDecimal()
        rxErrors = cursor.wholeDecimal()
        rxDropped = cursor.wholeDecimal()
        rxFIFO = cursor.wholeDecimal()
        rxFrame = cursor.wholeDecimal()
        rxCompressed = cursor.wholeDecimal()
        rxMulticast = cursor.wholeDecimal()
        txBytes = cursor.wholeDecimal()
        txPackets = cursor.wholeDecimal()
        txErrors = cursor.wholeDecimal()
        txDropped = cursor.wholeDecimal()
        txFIFO = cursor.wholeDecimal()
        txCollisions = cursor.wholeDecimal()
        txCarrier = cursor.wholeDecimal()
        txCompressed = cursor.wholeDecimal()
    }
}
