/// The tables, in the order that they have in a tick and in a run's directory.
package enum TableID: Int, CaseIterable, Sendable {
    case host, cpu, disk, filesystem, network, container, unit, process, metric, agent, event

    /// Written out, because Swift would look up a case's name by reflection and allocate at every tick.
    package var name: String {
        switch self {
        case .host: "host"
        case .cpu: "cpu"
        case .disk: "disk"
        case .filesystem: "filesystem"
        case .network: "network"
        case .container: "container"
        case .unit: "unit"
        case .process: "process"
        case .metric: "metric"
        case .agent: "agent"
        case .event: "event"
        }
    }

    package init?(name: String) {
        guard let match = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = match
    }
}

/// The rows that one source read at one tick, as JSON fragments by table. Each tick reuses the buffers, without allocating.
package struct TickRows: ~Copyable, Sendable {
    private var host = RowWriter()
    private var cpu = RowWriter()
    private var disk = RowWriter()
    private var filesystem = RowWriter()
    private var network = RowWriter()
    private var container = RowWriter()
    private var unit = RowWriter()
    private var process = RowWriter()
    private var metric = RowWriter()
    private var agent = RowWriter()
    private var event = RowWriter()

    /// What each row of the process table says of its process's use, in their order: by it `--top` chooses.
    package private(set) var processes: [ProcessUse] = []

    /// Processes that a source has read, or passed over, and that get no row because nobody wants them; `nil` when no source reads processes.
    package var processesLeftOut: UInt64?

    /// Processes that have ended and get no last row, as there were too many; `nil` when nobody tells of ends.
    package var exitsLeftOut: UInt64?

    /// Files that could not be read although what they describe still exists, and failed answers of engines and scraped targets; never reset.
    package var readErrors: UInt64 = 0

    package init() {}

    package mutating func removeAll() {
        for table in TableID.allCases { withWriter(table) { $0.removeAll() } }
        processes.removeAll(keepingCapacity: true)
        processesLeftOut = nil
        exitsLeftOut = nil
    }

    /// Appends one row: `body` visits the columns of `table` in catalogue order.
    @inline(__always) package mutating func row(_ table: TableID, _ body: (inout RowWriter) -> Void) {
        withWriter(table) { row in
            row.begin()
            body(&row)
            row.end()
        }
    }

    /// Takes over only the events of a reading that came too late: events, unlike other rows, aren't tied to their tick.
    package mutating func carryOverEvents(of late: borrowing TickRows) { event.append(rows: late.event.out.bytes) }

    /// Takes over all rows of another source.
    package mutating func append(_ other: borrowing TickRows) {
        for table in TableID.allCases {
            other.withRows(table) { rows in withWriter(table) { $0.append(rows: rows) } }
        }
        let begin = process.out.count - other.process.out.count
        for var use in other.processes {
            use.end += begin
            processes.append(use)
        }
        if let more = other.processesLeftOut { processesLeftOut = (processesLeftOut ?? 0) &+ more }
        if let more = other.exitsLeftOut { exitsLeftOut = (exitsLeftOut ?? 0) &+ more }
    }

    /// For the row of a process that was written last.
    mutating func noteProcess(_ use: ProcessUse) {
        var use = use
        use.end = process.out.count
        processes.append(use)
    }

    /// The row of a process that was written last, to be appended again at another tick.
    package func copyOfLastProcess() -> [UInt8] {
        guard let last = processes.last else { return [] }
        let begin = processes.count > 1 ? processes[processes.count - 2].end + 1 : 0
        return process.out.bytes.extracting(begin..<last.end).withUnsafeBytes { Array($0) }
    }

    /// Appends a row of the process table that stands there already.
    package mutating func append(process row: RawSpan, _ use: ProcessUse) {
        process.append(rows: row)
        noteProcess(use)
    }

    /// Keeps only the rows of those processes.
    /// - Parameter isWanted: for each of `processes`.
    package mutating func keepProcesses(where isWanted: (Int) -> Bool) {
        var kept = RowWriter()
        var uses: [ProcessUse] = []
        var begin = 0
        for (index, use) in processes.enumerated() {
            if isWanted(index) {
                kept.append(rows: process.out.bytes.extracting(begin..<use.end))
                var use = use
                use.end = kept.out.count
                uses.append(use)
            }
            begin = use.end + 1
        }
        process = kept
        processes = uses
    }

    /// Calls `body` with the rows of `table` as they are in the buffer: `[…],[…]`.
    package func withRows<Result>(_ table: TableID, _ body: (RawSpan) -> Result) -> Result {
        switch table {
        case .host: body(host.out.bytes)
        case .cpu: body(cpu.out.bytes)
        case .disk: body(disk.out.bytes)
        case .filesystem: body(filesystem.out.bytes)
        case .network: body(network.out.bytes)
        case .container: body(container.out.bytes)
        case .unit: body(unit.out.bytes)
        case .process: body(process.out.bytes)
        case .metric: body(metric.out.bytes)
        case .agent: body(agent.out.bytes)
        case .event: body(event.out.bytes)
        }
    }

    @inline(__always) private mutating func withWriter(_ table: TableID, _ body: (inout RowWriter) -> Void) {
        switch table {
        case .host: body(&host)
        case .cpu: body(&cpu)
        case .disk: body(&disk)
        case .filesystem: body(&filesystem)
        case .network: body(&network)
        case .container: body(&container)
        case .unit: body(&unit)
        case .process: body(&process)
        case .metric: body(&metric)
        case .agent: body(&agent)
        case .event: body(&event)
        }
    }
}
