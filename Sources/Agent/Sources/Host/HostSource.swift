import StatsCore

/// The node's operating system: reads the host's kernel files at every tick and writes the rows of `host`, `cpu`, `disk` and
/// `network`. The files stay open; a file that this kernel lacks leaves its columns empty and is no error.
struct HostSource: ~Copyable {
    private let filter: HostFilter
    private var buffer = ReadBuffer()
    private var reading: HostReading
    private var disks = DiskStats()
    private var network = NetDev()
    /// Errors at the start, which the first tick reports.
    private var startTally = ReadTally()

    private var stat: OptionalFile
    private var loadavg: OptionalFile
    private var uptime: OptionalFile
    private var cpuPressure: OptionalFile
    private var memoryPressure: OptionalFile
    private var ioPressure: OptionalFile
    private var meminfo: OptionalFile
    private var vmstat: OptionalFile
    private var sockstat: OptionalFile
    private var sockstat6: OptionalFile
    private var snmp: OptionalFile
    private var netstat: OptionalFile
    private var fileNr: OptionalFile
    private var diskstats: OptionalFile
    private var netDev: OptionalFile
    private var coreFrequencies: CoreFrequencies
    private var links: InterfaceLinks

    init(roots: KernelRoots, options: HostOptions = HostOptions()) {
        let (proc, net) = (roots.proc, roots.net)
        var tally = ReadTally()
        filter = HostFilter(sys: roots.sys, options: options)
        stat = OptionalFile(proc, "stat", &tally)
        loadavg = OptionalFile(proc, "loadavg", &tally)
        uptime = OptionalFile(proc, "uptime", &tally)
        cpuPressure = OptionalFile(proc, "pressure/cpu", &tally)
        memoryPressure = OptionalFile(proc, "pressure/memory", &tally)
        ioPressure = OptionalFile(proc, "pressure/io", &tally)
        meminfo = OptionalFile(proc, "meminfo", &tally)
        vmstat = OptionalFile(proc, "vmstat", shape: .records, &tally)
        sockstat = OptionalFile(net, "sockstat", &tally)
        sockstat6 = OptionalFile(net, "sockstat6", &tally)
        snmp = OptionalFile(net, "snmp", &tally)
        netstat = OptionalFile(net, "netstat", &tally)
        fileNr = OptionalFile(proc, "sys/fs/file-nr", &tally)
        diskstats = OptionalFile(proc, "diskstats", shape: .records, &tally)
        netDev = OptionalFile(net, "dev", shape: .records, &tally)
        links = InterfaceLinks(sys: roots.sys)

        // The first reading shows which cores there are, and is the base of `cpu_percent` for the first tick.
        var first = HostReading()
        stat.read(into: &buffer, &tally) { first.update(stat: $0) }
        reading = first
        let coreCount = Int(clamping: (first.stat.cores.map(\.number).max() ?? 0) &+ 1)
        coreFrequencies = CoreFrequencies(sys: roots.sys, coreCount: min(coreCount, 8192), &tally)
        startTally = tally
    }

    /// Reads every file once and appends the rows. Failures are added to the rows' `readErrors`.
    mutating func read(into rows: inout TickRows) {
        var tally = startTally
        startTally = ReadTally()
        readProcessors(&tally)
        readMemory(&tally)
        readSockets(&tally)
        fileNr.read(into: &buffer, &tally) { reading.files = FileNr(parsing: $0) }
        diskstats.read(into: &buffer, &tally) { disks.update(parsing: $0, isWanted: { filter.wants(device: $0) }) }
        netDev.read(into: &buffer, &tally) { network.update(parsing: $0, isWanted: { filter.wants(interface: $0) }) }
        links.read(into: &network, at: Clocks.monotonic(), &buffer, &tally)
        rows.append(host: reading)
        rows.append(cores: reading.stat, frequencies: coreFrequencies.frequencies)
        rows.append(disks: disks)
        rows.append(interfaces: network)
        rows.readErrors += tally.errors
    }

    private mutating func readProcessors(_ tally: inout ReadTally) {
        stat.read(into: &buffer, &tally) { reading.update(stat: $0) }
        loadavg.read(into: &buffer, &tally) { reading.load = LoadAverage(parsing: $0) }
        uptime.read(into: &buffer, &tally) { reading.uptime = Uptime(parsing: $0) }
        coreFrequencies.read(into: &buffer, &tally)
    }

    private mutating func readMemory(_ tally: inout ReadTally) {
        cpuPressure.read(into: &buffer, &tally) { reading.cpuPressure = Pressure(parsing: $0) }
        memoryPressure.read(into: &buffer, &tally) { reading.memoryPressure = Pressure(parsing: $0) }
        ioPressure.read(into: &buffer, &tally) { reading.ioPressure = Pressure(parsing: $0) }
        meminfo.read(into: &buffer, &tally) { reading.memory.update(parsing: $0) }
        vmstat.read(into: &buffer, &tally) { reading.pages.update(parsing: $0) }
    }

    private mutating func readSockets(_ tally: inout ReadTally) {
        sockstat.read(into: &buffer, &tally) { reading.sockets.update(parsing: $0) }
        sockstat6.read(into: &buffer, &tally) { reading.sockets.update(parsing6: $0) }
        snmp.read(into: &buffer, &tally) { reading.snmp.update(parsing: $0) }
        netstat.read(into: &buffer, &tally) { reading.netstat.update(parsing: $0) }
    }
}

extension HostSource: Source {
    mutating func read(_ tick: TickContext, into rows: inout TickRows) { read(into: &rows) }
}
