import NIOCore
import StatsCore

/// What is asked for besides the overview.
enum LiveSelection: Sendable, Equatable {
    /// By full id, the unique beginning of one, or name.
    case container(String)
    case node(String)
}

/// Everything that is known of one container or one node: the `detail` event of the stream.
extension LiveHub {
    /// Processes of a container that a detail names at most, those that use most.
    private static let processLimit = 200

    func detail(_ selection: LiveSelection, withCharts: Bool) -> ByteBuffer {
        let json: LiveJSON
        switch selection {
        case .container(let wanted):
            do {
                let found = try ContainerSearch.find(wanted, in: nodes.flatMap { $0.value.containers.entries.values })
                json = .object([("container", container(found, withCharts: withCharts))])
            } catch {
                json = .object([("container", .null), ("message", .text(error.message))])
            }
        case .node(let name):
            if let state = nodes[name], state.lostAt == nil {
                json = .object([("node", node(name, state, withCharts: withCharts))])
            } else {
                json = .object([("node", .null), ("message", .text("no node that is connected has the name `\(name)`"))])
            }
        }
        var out = ByteWriter(capacity: 64 * 1024)
        out.append("event: detail\ndata: ")
        json.write(to: &out)
        out.append("\n\n")
        return out.withUnsafeBytes { ByteBuffer(bytes: $0) }
    }

    private func container(_ entry: LiveContainers.Entry, withCharts: Bool) -> LiveJSON {
        let container = entry.container
        guard let state = nodes[container.node] else { return .null }
        var members: [(String, LiveJSON)] = [("key", .number(Double(entry.key)))]
        state.rows.forEachRow(of: .container) { row in
            if row.text("container_id") == container.id { members.append(("row", row.json)) }
        }
        let processes = processes(of: container.id, state)
        members.append(("processes", .array(processes.prefix(Self.processLimit).map(\.json))))
        members.append(("processes_left_out", .number(Double(max(0, processes.count - Self.processLimit)))))
        if withCharts, let history = histories[container.node]?[container.id] {
            members.append(("charts", LiveCharts(time: state.rows.time).of(history, at: position)))
        }
        return .object(members)
    }

    private static let processColumns = [
        "pid", "ppid", "comm", "state", "threads", "cpu_percent", "rss_bytes", "vsz_bytes", "memory_percent", "swap_bytes", "start_us",
    ]

    /// By CPU time, then memory.
    private func processes(of id: String, _ state: NodeState) -> [(cpu: Double, rss: Double, json: LiveJSON)] {
        let rate = LiveRate(elapsed: state.rows.time - state.previous.time)
        var before: [[UInt64?]: (read: UInt64?, written: UInt64?)] = [:]
        state.previous.forEachRow(of: .process) { row in
            guard row.text("container_id") == id else { return }
            before[[row.count("pid"), row.count("start_us")]] = (row.count("read_bytes"), row.count("write_bytes"))
        }
        var processes: [(cpu: Double, rss: Double, json: LiveJSON)] = []
        state.rows.forEachRow(of: .process) { row in
            guard row.text("container_id") == id else { return }
            let old = before[[row.count("pid"), row.count("start_us")]]
            var members = Self.processColumns.map { ($0, row.json($0)) }
            members.append(("read_bytes_per_s", .number(rate.perSecond(row.count("read_bytes"), old?.read)?.rounded())))
            members.append(("write_bytes_per_s", .number(rate.perSecond(row.count("write_bytes"), old?.written)?.rounded())))
            processes.append((row.number("cpu_percent") ?? -1, row.number("rss_bytes") ?? -1, .object(members)))
        }
        return processes.sorted { ($0.cpu, $0.rss) > ($1.cpu, $1.rss) }
    }

    private func node(_ name: String, _ state: NodeState, withCharts: Bool) -> LiveJSON {
        var members: [(String, LiveJSON)] = [("node", .text(name))]
        state.rows.forEachRow(of: .host) { members.append(("host", $0.json)) }
        state.rows.forEachRow(of: .agent) { members.append(("agent", $0.json)) }
        members.append(("cores", .array(cores(state))))
        members.append(("disks", .array(disks(state))))
        members.append(("filesystems", .array(filesystems(state))))
        members.append(("interfaces", .array(interfaces(state))))
        if withCharts { members.append(("charts", LiveCharts(time: state.rows.time).of(state.history, at: position))) }
        return .object(members)
    }

    private func cores(_ state: NodeState) -> [LiveJSON] {
        var before: [UInt64: (all: UInt64, idle: UInt64)] = [:]
        state.previous.forEachRow(of: .cpu) { row in
            if let cpu = row.count("cpu") { before[cpu] = Self.times(row) }
        }
        var cores: [LiveJSON] = []
        state.rows.forEachRow(of: .cpu) { row in
            guard let cpu = row.count("cpu") else { return }
            var percent: Double?
            if let new = Self.times(row), let old = before[cpu], new.all > old.all {
                let idle = Double(max(new.idle, old.idle) - old.idle) / Double(new.all - old.all)
                percent = (max(0, 1 - idle) * 100).tenths
            }
            cores.append(
                .object([("cpu", .text(String(cpu))), ("cpu_percent", .number(percent)), ("frequency_hz", row.json("frequency_hz"))]))
        }
        return cores
    }

    /// Guests are in user and nice already.
    private static let timeColumns = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"].map { "cpu_\($0)_us" }

    private static func times(_ row: LiveRow) -> (all: UInt64, idle: UInt64)? {
        guard let idle = row.count("cpu_idle_us") else { return nil }
        return (timeColumns.reduce(0) { $0 &+ (row.count($1) ?? 0) }, idle &+ (row.count("cpu_iowait_us") ?? 0))
    }

    private func disks(_ state: NodeState) -> [LiveJSON] {
        rates(of: .disk, named: "device", state, ["reads", "writes", "read_sectors", "write_sectors", "io_us"]) { row, rates in
            [
                ("reads_per_s", .number(rates[0]?.tenths)), ("writes_per_s", .number(rates[1]?.tenths)),
                ("read_bytes_per_s", .number(rates[2].map { ($0 * 512).rounded() })),
                ("write_bytes_per_s", .number(rates[3].map { ($0 * 512).rounded() })),
                ("busy_percent", .number(rates[4].map { min(100, $0 / 10_000).tenths })), ("in_flight", row.json("in_flight")),
            ]
        }
    }

    private func interfaces(_ state: NodeState) -> [LiveJSON] {
        rates(of: .network, named: "interface", state, ["rx_bytes", "tx_bytes"]) { row, rates in
            [("rx_bytes_per_s", .number(rates[0]?.rounded())), ("tx_bytes_per_s", .number(rates[1]?.rounded()))]
                + ["rx_errors", "tx_errors", "rx_dropped", "tx_dropped"].map { ($0, row.json($0)) }
        }
    }

    private func filesystems(_ state: NodeState) -> [LiveJSON] {
        var filesystems: [LiveJSON] = []
        state.rows.forEachRow(of: .filesystem) { row in
            let members = ["mount", "device", "type", "size_bytes", "available_bytes"].map { ($0, row.json($0)) }
            filesystems.append(.object(members + [("used_percent", .number(LiveNode.Readings.usedPercent(row)))]))
        }
        return filesystems
    }

    /// Each row of a table by what names it, with what `body` makes of it and of the rates per second of some of its counters.
    private func rates(
        of table: TableID, named name: String, _ state: NodeState, _ counters: [String],
        _ body: (LiveRow, [Double?]) -> [(String, LiveJSON)]
    ) -> [LiveJSON] {
        let rate = LiveRate(elapsed: state.rows.time - state.previous.time)
        var before: [String: [UInt64?]] = [:]
        state.previous.forEachRow(of: table) { row in
            if let key = row.text(name) { before[key] = counters.map { row.count($0) } }
        }
        var rows: [LiveJSON] = []
        state.rows.forEachRow(of: table) { row in
            guard let key = row.text(name) else { return }
            let rates = counters.enumerated().map { index, counter in rate.perSecond(row.count(counter), before[key]?[index]) }
            rows.append(.object([(name, .text(key))] + body(row, rates)))
        }
        return rows
    }
}
