import NIOCore
import StatsCore

/// What is asked for besides the overview.
enum StreamSelection: Sendable, Equatable {
    /// By full id, the unique beginning of one, or name.
    case container(String)
    case node(String)
}

/// Everything that is known of one container or one node: the `detail` event of the stream.
struct StreamDetail {
    let fleet: Fleet
    /// `nil` when no charts are wanted.
    let courses: Courses?
    let showsCommandLines: Bool

    /// How many of each kind a detail names at most: the processes and units that use most, and the first of a node's parts.
    private static let processLimit = 200
    private static let unitLimit = 500
    private static let partLimit = 1000

    /// - Returns: the event in pieces.
    func event(_ selection: StreamSelection) -> [ByteBuffer] {
        var out = ByteWriter(capacity: 64 * 1024)
        out.append("event: detail\ndata: ")
        json(selection).write(to: &out)
        out.append("\n\n")
        return StreamEvent.cut(out)
    }

    private func json(_ selection: StreamSelection) -> JSONTree {
        switch selection {
        case .container(let wanted):
            do throws(ControlFailure) {
                if let entry = exact(wanted) { return .object([("container", container(entry))]) }
                let all = fleet.nodes.flatMap { $0.value.containers.entries.values }
                // One that has ended is meant when none that is there fits: a new one may have its name by now.
                let present = try? ContainerSearch.find(wanted, in: all.filter(\.isPresent))
                let found = if let present { present } else { try ContainerSearch.find(wanted, in: all) }
                return .object([("container", container(found))])
            } catch {
                return .object([("container", .null), ("message", .text(error.message))])
            }
        case .node(let name):
            if let node = fleet.nodes[name], !node.isLost { return .object([("node", self.node(name, node))]) }
            return .object([("node", .null), ("message", .text("no node that is connected has the name `\(name)`"))])
        }
    }

    /// The container that runs and has this id: what a page and `sonde top` ask for each second.
    private func exact(_ id: String) -> NodeContainers.Entry? {
        for node in fleet.nodes.values {
            if let entry = node.containers.entries[id], entry.isPresent { return entry }
        }
        return nil
    }

    private func container(_ entry: NodeContainers.Entry) -> JSONTree {
        let container = entry.container
        guard let node = fleet.nodes[container.node] else { return .null }
        var members: [(String, JSONTree)] = [("key", .number(Double(entry.key)))]
        node.rows.forEachRow(of: .container) { row in
            if row.text("container_id") == container.id { members.append(("row", row.json)) }
        }
        members += processes(node, name: container.node) { $0.text("container_id") == container.id }
        if let courses, let course = courses.container(container) {
            members.append(("charts", CourseCharts(course, courses.position, time: node.rows.time).ofContainer))
        }
        return .object(members)
    }

    /// Those that use most, and how many others there are.
    private func processes(
        _ node: Fleet.Node, name: String, where isWanted: (borrowing FrameRow) -> Bool = { _ in true }
    ) -> [(String, JSONTree)] {
        let rows = DetailRows(
            .process, of: .process, by: ["pid", "start_us"], node, name: name, limit: Self.processLimit,
            // The last row of one that has ended is no process that is there.
            where: { $0.text("state") != "X" && isWanted($0) }
        ) {
            ($0.number("cpu_percent") ?? -1, $0.number("rss_bytes") ?? -1)
        }
        let sorted = rows.objects.sorted { Self.use($0) > Self.use($1) }
        let told = showsCommandLines ? sorted.map { Self.tell($0, node.commandLines) } : sorted
        return [
            ("processes", .array(told.map { .live($0, .process) })), ("processes_left_out", .number(Double(rows.leftOut))),
        ]
    }

    /// Those that use most, and how many others there are.
    private func units(_ node: Fleet.Node, name: String) -> [(String, JSONTree)] {
        let rows = DetailRows(
            .unit, of: .unit, by: ["cgroup"], node, name: name, limit: Self.unitLimit,
            use: {
                ($0.number("cpu_percent") ?? -1, $0.number("memory_usage_bytes") ?? -1)
            })
        return [("units", .array(rows.objects.map { .live($0, .unit) })), ("units_left_out", .number(Double(rows.leftOut)))]
    }

    private static func tell(_ process: LiveObject, _ commandLines: CommandLines) -> LiveObject {
        guard let place = LiveKind.process.place("command_line"), let pid = LiveKind.process.place("pid"),
            let number = process.values[pid].number, let text = UInt64(exactly: number).flatMap({ commandLines[$0] })
        else { return process }
        var values = process.values
        values[place] = .text(text)
        return LiveObject(values, .process)
    }

    /// By CPU time, then memory.
    private static func use(_ process: LiveObject) -> (Double, Double) {
        func number(_ name: String) -> Double { LiveKind.process.place(name).flatMap { process.values[$0].number } ?? -1 }
        return (number("cpu_percent"), number("rss_bytes"))
    }

    private func node(_ name: String, _ node: Fleet.Node) -> JSONTree {
        var members: [(String, JSONTree)] = [("node", .text(name))]
        node.rows.forEachRow(of: .host) { members.append(("host", $0.json)) }
        node.rows.forEachRow(of: .agent) { members.append(("agent", $0.json)) }
        let parts: [(String, LiveKind<RowSource>, TableID, String)] = [
            ("cores", .core, .cpu, "cpu"), ("disks", .disk, .disk, "device"), ("filesystems", .filesystem, .filesystem, "mount"),
            ("interfaces", .interface, .network, "interface"),
        ]
        for (member, kind, table, key) in parts {
            let rows = DetailRows(kind, of: table, by: [key], node, name: name, limit: Self.partLimit)
            members.append((member, .array(rows.objects.map { .live($0, kind) })))
        }
        members += units(node, name: name)
        members += processes(node, name: name)
        if let courses, let course = courses.node(name) {
            members.append(("charts", CourseCharts(course, courses.position, time: node.rows.time).ofNode))
        }
        return .object(members)
    }
}

/// Some rows of one table of a node as live objects, with rates since the rows before.
private struct DetailRows {
    let objects: [LiveObject]
    /// How many rows are beyond the limit.
    let leftOut: Int

    /// - Parameters:
    ///   - key: the columns by which a row is found among the rows before; rows without a value in one of those are passed over.
    ///   - limit: how many objects are made at most, of the rows that use most, or of the first.
    init(
        _ kind: LiveKind<RowSource>, of table: TableID, by key: [String], _ node: Fleet.Node, name: String, limit: Int,
        where isWanted: (borrowing FrameRow) -> Bool = { _ in true }, use: (borrowing FrameRow) -> (Double, Double) = { _ in (0, 0) }
    ) {
        var found: [(use: (Double, Double, Int), key: [String])] = []
        var count = 0
        node.rows.forEachRow(of: table) { row in
            guard isWanted(row), let key = Self.key(row, key) else { return }
            let (first, second) = use(row)
            found.append(((first, second, -count), key))
            count += 1
            if found.count >= 2 * limit { found = Array(found.sorted { $0.use > $1.use }.prefix(limit)) }
        }
        let chosen = Set(found.sorted { $0.use > $1.use }.prefix(limit).map(\.key))
        leftOut = max(0, count - limit)

        let sources = kind.fields.map(\.source)
        let old = RowReader(sources, columns: node.previous.columns(of: table))
        var before: [[String]: RowReading] = [:]
        node.previous.forEachRow(of: table) { row in
            if isWanted(row), let key = Self.key(row, key), chosen.contains(key) { before[key] = old.read(row, node: name) }
        }
        let reader = RowReader(sources, columns: node.rows.columns(of: table))
        var objects: [LiveObject] = []
        node.rows.forEachRow(of: table) { row in
            guard objects.count < limit, isWanted(row), let key = Self.key(row, key), chosen.contains(key) else { return }
            var reading = reader.read(row, node: name)
            if let old = before[key] { reader.derive(&reading, since: old, node.rates) }
            objects.append(LiveObject(reading.values, kind))
        }
        self.objects = objects
    }

    private static func key(_ row: borrowing FrameRow, _ columns: [String]) -> [String]? {
        var key: [String] = []
        for column in columns {
            guard let text = row.text(column) ?? row.count(column).map({ String($0) }) else { return nil }
            key.append(text)
        }
        return key
    }
}
