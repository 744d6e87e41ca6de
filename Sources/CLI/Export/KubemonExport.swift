import StatsCore

/// Writes a run as kubemon writes what it has collected: `OSMonitor/OSMonitor_<host>_<address>.csv` and so on, a file for each instance, whose rows say what
/// has changed since the tick before. docs/EXPORT.md says what is made of what.
struct KubemonExport: ~Copyable {
    /// Ticks of nodes whose values are in memory at once.
    private static let tickLimit: UInt64 = 500_000

    private let directory: String
    private let tables: [String: ExportedTable]
    /// By node: its host name and its address in kubemon's file names.
    private let hosts: [String: [String]]
    private var read: UInt64 = 0

    init(_ run: borrowing RunOnDisk, at directory: String) {
        self.directory = directory
        let names = KubemonColumns.os.map(\.table) + ["container", "process"]
        var tables: [String: ExportedTable] = [:]
        for name in names {
            guard let cells = run.dictionary.tables[name], run.holds(name + ".csv") || run.claims.files[name + ".csv"] != nil else {
                continue
            }
            tables[name] = ExportedTable(name, cells, constants: [], hasRates: false)
        }
        self.tables = tables
        hosts = Dictionary(
            run.manifest.nodes.map { node in
                let address = node.addresses.first ?? "0.0.0.0"
                return (node.node, [node.node, String(address.map { $0 == "." || $0 == ":" ? "_" : $0 })])
            }
        ) { first, _ in first }
    }

    /// - Throws: `CommandFailure`, `DiskError`, `SyncFailure`.
    mutating func write(_ run: borrowing RunOnDisk, to target: inout ExportDirectory) throws -> [ExportReport.File] {
        var files: [ExportReport.File] = []
        var os = KubemonFiles(try target.subdirectory("OSMonitor"))
        try writeHosts(run, &os)
        try os.finish()
        files.append(report("OSMonitor", os))
        for (monitor, table, columns) in [
            ("DockerMonitor", "container", KubemonColumns.docker), ("ProcessMonitor", "process", KubemonColumns.process),
        ] {
            var instances = KubemonFiles(try target.subdirectory(monitor))
            try writeInstances(run, monitor, table, columns, &instances)
            try instances.finish()
            files.append(report(monitor, instances))
        }
        return files
    }

    private mutating func report(_ monitor: String, _ files: borrowing KubemonFiles) -> ExportReport.File {
        defer { read = 0 }
        return ExportReport.File(
            name: "\(monitor)/ (\(HumanUnits.count(files.count, "file")))", rows: files.rows, bytes: files.bytes, read: read)
    }

    private static func header(_ columns: [KubemonColumn]) -> [UInt8] {
        var out = ByteWriter()
        out.append(csvRow: columns.map(\.name) + ["timestamp"])
        return out.withUnsafeBytes { Array($0) }
    }

    /// The end of a row: `2026-11-21 08:00:00.000000`, UTC.
    private static func append(_ instant: Int64, to row: inout [UInt8]) {
        row += Timestamp.string(instant).dropLast().replacing("T", with: " ").utf8
        row.append(CSVDialect.lineEnd)
    }

    // MARK: Containers and processes

    private struct Instance {
        var tick: UInt64
        var values: [Double]
        /// `nil` before its first row is written.
        var file: Int?
    }

    private mutating func writeInstances(
        _ run: borrowing RunOnDisk, _ monitor: String, _ name: String, _ columns: [KubemonColumn], _ files: inout KubemonFiles
    ) throws {
        guard let table = tables[name] else { return }
        let cells = KubemonCells(columns, of: table)
        let header = Self.header(columns)
        let column = { (name: String) in table.cells.firstIndex { $0.name == name } }
        guard let id = column("container_id"), let container = column("container"), let tickColumn = table.tick else { return }
        let pid = column("pid")
        let (grid, last) = (run.claims.grid, run.lastTick)
        var keys = KeyTable()
        var instances: [Instance] = []
        read += try eachRow(table, run) { batch, feedKey in
            // A process that is in no container, of which kubemon knows nothing.
            guard let tick = batch.bits(tickColumn), tick <= last, let idText = batch.text(id) else { return }
            let number = keys.number(of: feedKey)
            let values = cells.values(of: batch)
            guard number < instances.count else {
                instances.append(Instance(tick: tick, values: values))
                return
            }
            let before = instances[number]
            instances[number].tick = tick
            instances[number].values = values
            guard before.tick < tick, tick - before.tick == 1 else { return }
            let file: Int
            if let known = before.file {
                file = known
            } else {
                let node = table.node.flatMap { batch.text($0) }.map { String(decoding: $0, as: UTF8.self) } ?? ""
                let name = batch.text(container).map { String(decoding: $0, as: UTF8.self) } ?? ""
                let own = pid.flatMap { batch.bits($0) }.map { "\($0)" } ?? String(decoding: idText.prefix(12), as: UTF8.self)
                file = files.add([monitor] + (hosts[node] ?? [node]) + [name, own], header: header)
                instances[number].file = file
            }
            var row: [UInt8] = []
            cells.append(values[...], since: before.values[...], to: &row)
            Self.append(grid.instant(of: tick), to: &row)
            try files.append(to: file, row)
        }
    }

    /// Goes through the rows of a table, and calls `body` with each and with what tells its instance from others.
    /// - Returns: how many bytes its file has.
    private func eachRow(_ table: ExportedTable, _ run: borrowing RunOnDisk, _ body: (RowBatch, [UInt8]) throws -> Void) throws -> UInt64 {
        var feed = try TableFeed(table, of: run, at: directory)
        let batch = RowBatch(table.kinds, added: 0, capacity: 4096)
        while try feed.advance(into: batch) {
            try body(batch, feed.key)
            if batch.isFull {
                batch.removeAll()
                feed.forget()
            }
        }
        return feed.bytes
    }

    // MARK: Hosts

    private mutating func writeHosts(_ run: borrowing RunOnDisk, _ files: inout KubemonFiles) throws {
        let ticks = run.lastTick + 1
        let nodes = run.claims.nodes
        let atOnce = Int(max(1, Self.tickLimit / max(1, ticks)))
        for start in stride(from: 0, to: nodes.count, by: atOnce) {
            try writeHosts(run, Array(nodes[start..<min(nodes.count, start + atOnce)]), &files)
        }
    }

    /// Writes the files of some nodes: their rows of several tables are joined in memory.
    private mutating func writeHosts(_ run: borrowing RunOnDisk, _ nodes: [String], _ files: inout KubemonFiles) throws {
        var joined = nodes.map { _ in KubemonHost() }
        let places = Dictionary(nodes.enumerated().map { ($1, $0) }) { first, _ in first }
        var parts: [(cells: KubemonCells, place: Int)] = []
        for (name, columns) in KubemonColumns.os {
            let table = tables[name] ?? ExportedTable(name, [], constants: [], hasRates: false)
            parts.append((KubemonCells(columns, of: table), parts.last.map { $0.place + $0.cells.count } ?? 0))
        }
        let width = KubemonColumns.os.reduce(0) { $0 + $1.columns.count }
        let last = run.lastTick
        for (number, (name, _)) in KubemonColumns.os.enumerated() {
            guard let table = tables[name], let tickColumn = table.tick, let nodeColumn = table.node else { continue }
            let device = name == "disk" ? table.cells.firstIndex { $0.name == "device" } : nil
            let part = parts[number]
            read += try eachRow(table, run) { batch, _ in
                guard let tick = batch.bits(tickColumn), tick <= last, let text = batch.text(nodeColumn),
                    let node = places[String(decoding: text, as: UTF8.self)]
                else { return }
                if name == "disk" {
                    let disk = device.flatMap { batch.text($0) }.map { String(decoding: $0, as: UTF8.self) } ?? ""
                    guard joined[node].chooses(disk, part.place..<part.place + part.cells.count) else { return }
                }
                joined[node].add(part.cells.values(of: batch), at: part.place, of: width, tick: tick)
            }
        }
        let header = Self.header(KubemonColumns.os.flatMap(\.columns))
        for (node, host) in zip(nodes, joined) {
            var file: Int?
            for (tick, values) in host.ticks.sorted(by: { $0.key < $1.key }) {
                guard tick > 0, let before = host.ticks[tick - 1] else { continue }
                let number = file ?? files.add(["OSMonitor"] + (hosts[node] ?? [node]), header: header)
                file = number
                var row: [UInt8] = []
                for (cells, place) in parts {
                    cells.append(values[place..<place + cells.count], since: before[place..<place + cells.count], to: &row)
                }
                Self.append(run.claims.grid.instant(of: tick), to: &row)
                try files.append(to: number, row)
            }
        }
    }
}

/// One host's values by tick.
private struct KubemonHost {
    private(set) var ticks: [UInt64: [Double]] = [:]
    /// The disk that its files are about.
    private var disk: String?

    /// Sums up rows of a tick, as interfaces have one each.
    mutating func add(_ values: [Double], at place: Int, of width: Int, tick: UInt64) {
        var all = ticks[tick] ?? [Double](repeating: .nan, count: width)
        for (offset, value) in values.enumerated() where !value.isNaN {
            let before = all[place + offset]
            all[place + offset] = before.isNaN ? value : before + value
        }
        ticks[tick] = all
    }

    /// Whether a disk is the one that kubemon would be asked to look at: `sda`, as it does unless it is told another one, else the first by name that isn't made of others.
    /// When a better one comes, what was read of another one is forgotten.
    mutating func chooses(_ name: String, _ columns: Range<Int>) -> Bool {
        guard name != disk else { return true }
        guard !Devices.isStacked(name), disk != "sda", disk.map({ name == "sda" || name < $0 }) ?? true else { return false }
        if disk != nil { for tick in ticks.keys { for column in columns { ticks[tick]?[column] = .nan } } }
        disk = name
        return true
    }
}
