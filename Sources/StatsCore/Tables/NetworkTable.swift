/// The table `network`: a row per interface of the host's network namespace.
package enum NetworkTable {
    package static func visit<V: ColumnVisitor & ~Copyable>(_ interface: borrowing NetDev.Interface, _ v: inout V) {
        v.identity("interface", interface.name, "/proc/net/dev face", "The interface's name")
        v.counter("rx_bytes", interface.rxBytes, "/proc/net/dev Receive bytes", "Bytes received")
        v.counter("rx_packets", interface.rxPackets, "/proc/net/dev Receive packets", "Packets received")
        v.counter("rx_errors", interface.rxErrors, "/proc/net/dev Receive errs", "Packets not received because of errors")
        v.counter("rx_dropped", interface.rxDropped, "/proc/net/dev Receive drop", "Packets dropped though they arrived whole")
        v.counter("rx_fifo", interface.rxFIFO, "/proc/net/dev Receive fifo", "Overruns of the device's buffer")
        v.counter("tx_bytes", interface.txBytes, "/proc/net/dev Transmit bytes", "Bytes sent")
        v.counter("tx_packets", interface.txPackets, "/proc/net/dev Transmit packets", "Packets sent")
        v.counter("tx_errors", interface.txErrors, "/proc/net/dev Transmit errs", "Packets not sent because of errors")
        v.counter("tx_dropped", interface.txDropped, "/proc/net/dev Transmit drop", "Packets dropped for lack of room")
        v.counter("tx_fifo", interface.txFIFO, "/proc/net/dev Transmit fifo", "Underruns of the device's buffer")
        v.counter("rx_frame", interface.rxFrame, "/proc/net/dev Receive frame", "Frames with a wrong length, checksum or alignment")
        v.counter("rx_multicast", interface.rxMulticast, "/proc/net/dev Receive multicast", "Multicast packets received")
        v.counter("tx_collisions", interface.txCollisions, "/proc/net/dev Transmit colls", "Collisions")
        v.counter("tx_carrier", interface.txCarrier, "/proc/net/dev Transmit carrier", "Losses of the carrier and other line errors")
        v.counter("rx_compressed", interface.rxCompressed, "/proc/net/dev Receive compressed", "Compressed packets received")
        v.counter("tx_compressed", interface.txCompressed, "/proc/net/dev Transmit compressed", "Compressed packets sent")
        v.gauge(
            "state", interface.link.state, "/sys/class/net/<interface>/operstate",
            "up, down, lowerlayerdown, dormant, testing, notpresent or unknown, which devices say that have no carrier to know of, such as lo"
        )
        v.gauge(
            "speed_bytes_per_second", interface.link.speed, unit: "bytes per second", "/sys/class/net/<interface>/speed",
            "What the link carries at most in each direction, at most ten seconds old; empty where nobody knows, as of one that is down")
    }
}

extension TickRows {
    /// Appends a row of `network` for each interface that is wanted.
    package mutating func append(interfaces stats: borrowing NetDev) {
        for interface in stats.interfaces where interface.isWanted {
            row(.network) { NetworkTable.visit(interface, &$0) }
        }
    }
}
