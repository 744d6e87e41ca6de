/// The values from one reading of the host's kernel files. Filled in place at every tick; a file that wasn't read leaves its values absent.
package struct HostReading: Sendable {
    package private(set) var stat = ProcStat()
    /// The share of the host's processor time that was used since the last reading, 0…100; absent in the first one.
    package private(set) var cpuPercent: Double?
    package var load = LoadAverage()
    package var uptime = Uptime()
    package var cpuPressure = Pressure()
    package var memoryPressure = Pressure()
    package var ioPressure = Pressure()
    package var memory = MemInfo()
    package var pages = VMStat()
    package var sockets = SockStat()
    package var snmp = SNMP()
    package var netstat = NetStat()
    package var files = FileNr()

    package init() {}

    /// Replaces the values of /proc/stat and derives `cpuPercent` from them and the last reading.
    package mutating func update(stat bytes: RawSpan) {
        let previous = stat.total
        stat.update(parsing: bytes)
        cpuPercent = stat.total.busyPercent(since: previous)
    }
}
