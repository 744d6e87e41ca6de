/// `/proc/net/snmp`: the protocol counters of RFC 1213 and others (proc_pid_net(5), Documentation/networking/snmp_counter.rst).
///
///     Tcp: RtoAlgorithm RtoMin RtoMax MaxConn … RetransSegs InErrs OutRsts InCsumErrors
///     Tcp: 1 200 120000 -1 … 0 0 0 0
package struct SNMP: Sendable {
    private var lines = ProtocolLines([("Tcp:", "RetransSegs"), ("Tcp:", "InErrs"), ("Udp:", "InErrors")])

    package init() {}

    package mutating func update(parsing bytes: RawSpan) { lines.update(parsing: bytes) }

    package var tcpRetransmits: UInt64? { lines[0] }
    package var tcpInErrors: UInt64? { lines[1] }
    package var udpInErrors: UInt64? { lines[2] }
}

/// `/proc/net/netstat`: Linux's own protocol counters, laid out as in `snmp` (Documentation/networking/snmp_counter.rst).
///
///     TcpExt: SyncookiesSent SyncookiesRecv … ListenOverflows ListenDrops …
///     TcpExt: 0 0 … 0 0 …
package struct NetStat: Sendable {
    private var lines = ProtocolLines([("TcpExt:", "ListenDrops")])

    package init() {}

    package mutating func update(parsing bytes: RawSpan) { lines.update(parsing: bytes) }

    /// Connection requests that listening sockets dropped for any reason.
    package var tcpListenDrops: UInt64? { lines[0] }
}
