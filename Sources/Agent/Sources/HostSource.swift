import StatsCore

/// The operating system of the node: reads the host's kernel files at every tick and writes the rows of `host`, `cpu`, `disk` and
/// `network`. The files stay open; one that this kernel lacks leaves its columns empty and is no error.
struct HostSource: ~Copyable {
    private let filter: HostFilter
    private var buffer = ReadBuffer()
    private var reading: HostReading
    private var disks = DiskStats()
    private var network = NetDev()
    /// Errors at the start, until the first tick takes them over.
    private var startErrors: UInt64 = 0

    private var stat: HostFile
    private var loadavg: HostFile
    private var uptime: HostFile
    private var cpuPressure: HostFile
    private var memoryPressure: HostFile
    private var ioPressure: HostFile
    private var meminfo: HostFile
    private var vmstat: HostFile
    private var sockstat: HostFile
    private var snmp: HostFile
    private var netstat: HostFile
    private var fileNr: HostFile
    private var diskstats: HostFile
    private var netDev: HostFile
    private var coreFrequencies: CoreFrequencies

    init(roots: KernelRoots, options: HostOptions = HostOptions()) {
        let (proc, net) = (roots.proc, roots.net)
        var errors: UInt64 = 0
        filter = HostFilter(sys: roots.sys, options: options)
        stat = HostFile("\(proc)/stat", errors: &errors)
        loadavg = HostFile("\(proc)/loadavg", errors: &errors)
        uptime = HostFile("\(proc)/uptime", errors: &errors)
        cpuPressure = HostFile("\(proc)/pressure/cpu", errors: &errors)
        memoryPressure = HostFile("\(proc)/pressure/memory", errors: &errors)
        ioPressure = HostFile("\(proc)/pressure/io", errors: &errors)
        meminfo = HostFile("\(proc)/meminfo", errors: &errors)
        vmstat = HostFile("\(proc)/vmstat", shape: .records, errors: &errors)
        sockstat = HostFile("\(net)/sockstat", errors: &errors)
        snmp = HostFile("\(net)/snmp", errors: &errors)
        netstat = HostFile("\(net)/netstat", errors: &errors)
        fileNr = HostFile("\(proc)/sys/fs/file-nr", errors: &errors)
        diskstats = HostFile("\(proc)/diskstats", shape: .records, errors: &errors)
        netDev = HostFile("\(net)/dev", shape: .records, errors: &errors)

        // The first reading says which cores there are, and `cpu_percent` has something to start from at the first tick.
        var first = HostReading()
        stat.read(into: &buffer, errors: &errors) { first.update(stat: $0) }
        reading = first
        let coreCount = Int(clamping: (first.stat.cores.map(\.number).max() ?? 0) &+ 1)
        coreFrequencies = CoreFrequencies(sys: roots.sys, coreCount: min(coreCount, 8192), errors: &errors)
        startErrors = errors
    }

    /// Reads every file once and appends the rows. Failures are added to the rows' `readErrors`.
    mutating func read(into rows: inout TickRows) {
        var errors = startErrors
        startErrors = 0
        readProcessors(&errors)
        readMemory(&errors)
        readSockets(&errors)
        fileNr.read(into: &buffer, errors: &errors) { reading.files = FileNr(parsing: $0) }
        diskstats.read(into: &buffer, errors: &errors) { disks.update(parsing: $0, isWanted: { filter.wants(device: $0) }) }
        netDev.read(into: &buffer, errors: &errors) { network.update(parsing: $0, isWanted: { filter.wants(interface: $0) }) }
        rows.append(host: reading)
        rows.append(cores: reading.stat, frequencies: coreFrequencies.frequencies)
        rows.append(disks: disks)
        rows.append(interfaces: network)
        rows.readErrors += errors
    }

    private mutating func readProcessors(_ errors: inout UInt64) {
        stat.read(into: &buffer, errors: &errors) { reading.update(stat: $0) }
        loadavg.read(into: &buffer, errors: &errors) { reading.load = LoadAverage(parsing: $0) }
        uptime.read(into: &buffer, errors: &errors) { reading.uptime = Uptime(parsing: $0) }
        coreFrequencies.read(into: &buffer, errors: &errors)
    }

    private mutating func readMemory(_ errors: inout UInt64) {
        cpuPressure.read(into: &buffer, errors: &errors) { reading.cpuPressure = Pressure(parsing: $0) }
        memoryPressure.read(into: &buffer, errors: &errors) { reading.memoryPressure = Pressure(parsing: $0) }
        ioPressure.read(into: &buffer, errors: &errors) { reading.ioPressure = Pressure(parsing: $0) }
        meminfo.read(into: &buffer, errors: &errors) { reading.memory.update(parsing: $0) }
        vmstat.read(into: &buffer, errors: &errors) { reading.pages.update(parsing: $0) }
    }

    private mutating func readSockets(_ errors: inout UInt64) {
        sockstat.read(into: &buffer, errors: &errors) { reading.sockets = SockStat(parsing: $0) }
        snmp.read(into: &buffer, errors: &errors) { reading.snmp.update(parsing: $0) }
        netstat.read(into: &buffer, errors: &errors) { reading.netstat.update(parsing: $0) }
    }
}

extension HostSource: Source {
    mutating func read(_ tick: TickContext, into rows: inout TickRows) { read(into: &rows) }
}
