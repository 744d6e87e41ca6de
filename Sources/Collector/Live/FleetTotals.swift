import StatsCore

/// Counts and sums over all nodes and containers, whoever of them is sent: `totals` in the stream.
struct FleetTotals: Sendable {
    /// How many there are, and how they are judged.
    private struct Kind: Sendable {
        var count = 0
        var hot = 0
        var warm = 0
        var ok = 0

        mutating func add(_ object: LiveObject) {
            count += 1
            switch object.levels.worst {
            case .hot: hot += 1
            case .warm: warm += 1
            case .ok: ok += 1
            case nil: break
            }
        }

        func members(shown: Int, found: Int?) -> [(String, JSONTree)] {
            func number(_ count: Int) -> JSONTree { .number(Double(count)) }
            return [("count", number(count)), ("shown", number(shown))] + (found.map { [("found", number($0))] } ?? [])
                + [("hot", number(hot)), ("warm", number(warm)), ("ok", number(ok))]
        }
    }

    /// Fields of a node whose numbers are added up, of those that are connected.
    private static let summed = [
        "containers", "processes", "cores", "memory_total_bytes", "memory_available_bytes", "rx_bytes_per_s", "tx_bytes_per_s",
        "disk_read_bytes_per_s", "disk_write_bytes_per_s",
    ]
    /// Fields of which those that run and don't know them are counted: nobody can say that they are well.
    private static let judged = LiveKind.container.fields.filter { $0.limits != nil || $0.trouble != nil }.map(\.name)

    private var nodes = Kind()
    private var connected = 0
    private var sums = [Double?](repeating: nil, count: summed.count)
    /// Cores in use, in hundredths.
    private var busy: Double?
    private var leftOut: [String: UInt64] = [:]
    /// Nodes that take part in the run in progress, those of them that are connected, and their ticks.
    private var recorded = (nodes: 0, connected: 0, ticks: 0.0)
    private var missing: [String: UInt64] = [:]
    private var containers = Kind()
    private var ended = 0
    private var unknown = [Int](repeating: 0, count: judged.count)

    init(nodes: [FleetList.Node], containers: [NodeContainers.Entry]) {
        let kind = LiveKind<NodeSource>.node
        let places = Places(kind, Self.summed.map { kind.place($0) })
        for node in nodes { add(node.object, places) }
        let judged = Self.judged.map { LiveKind.container.place($0) }
        for entry in containers { add(entry, judged) }
    }

    /// Where a node's values stand.
    private struct Places {
        let summed: [Int?]
        let connected, cores, cpu, leftOut, ticks, missing: Int?

        init(_ kind: LiveKind<NodeSource>, _ summed: [Int?]) {
            self.summed = summed
            (connected, cores, cpu) = (kind.place("connected"), kind.place("cores"), kind.place("cpu_percent"))
            (leftOut, ticks, missing) = (kind.place("left_out"), kind.place("ticks"), kind.place("missing"))
        }
    }

    private mutating func add(_ node: LiveObject, _ places: Places) {
        func value(_ place: Int?) -> LiveValue { place.map { node.values[$0] } ?? .unknown }
        nodes.add(node)
        let isConnected = value(places.connected) == .flag(true)
        if let ticks = value(places.ticks).number {
            recorded = (recorded.nodes + 1, recorded.connected + (isConnected ? 1 : 0), recorded.ticks + ticks)
            if case .counts(let counts) = value(places.missing) { missing.addCounts(of: counts) }
        }
        guard isConnected else { return }
        connected += 1
        for (index, place) in places.summed.enumerated() {
            if let number = value(place).number { sums[index] = (sums[index] ?? 0) + number }
        }
        if let cores = value(places.cores).number, let percent = value(places.cpu).number { busy = (busy ?? 0) + cores * percent }
        if case .counts(let counts) = value(places.leftOut) { leftOut.addCounts(of: counts) }
    }

    private mutating func add(_ entry: NodeContainers.Entry, _ judged: [Int?]) {
        let object = entry.container.object
        containers.add(object)
        guard entry.isPresent else { return ended += 1 }
        for (index, place) in judged.enumerated() {
            if let place, object.values[place] == .unknown { unknown[index] += 1 }
        }
    }

    /// - Parameters:
    ///   - nodes: how many are sent, and how many fit a query.
    ///   - containers: the same.
    func json(nodes shown: (shown: Int, found: Int?), containers: (shown: Int, found: Int?)) -> [UInt8] {
        var members = nodes.members(shown: shown.shown, found: shown.found) + [("connected", .number(Double(connected)))]
        for (name, sum) in zip(Self.summed, sums) {
            members.append((name, Self.number(sum)))
        }
        let cores = Self.summed.firstIndex(of: "cores").flatMap { sums[$0] } ?? 0
        members.append(("cpu_percent", .number(busy.map { LiveRounding.tenths($0 / cores) })))
        members.append(("left_out", Self.tree(leftOut)))
        members.append(("recorded", .number(Double(recorded.nodes))))
        members.append(("recorded_connected", .number(Double(recorded.connected))))
        members.append(("ticks", Self.number(recorded.ticks)))
        members.append(("missing", Self.tree(missing)))
        var those = self.containers.members(shown: containers.shown, found: containers.found) + [("ended", .number(Double(ended)))]
        let known = zip(Self.judged, unknown).filter { $0.1 > 0 }
        those.append(("unknown", .object(known.map { ($0.0, .number(Double($0.1))) })))
        var out = ByteWriter(capacity: 2048)
        JSONTree.object([("nodes", .object(members)), ("containers", .object(those))]).write(to: &out)
        return out.withUnsafeBytes { Array($0) }
    }

    /// Bytes of a large fleet have more digits than a live value.
    private static func number(_ sum: Double?) -> JSONTree {
        guard let sum, sum >= 0, let whole = UInt64(exactly: sum.rounded()) else { return .null }
        return .raw(Array("\(whole)".utf8))
    }

    private static func tree(_ counts: [String: UInt64]) -> JSONTree {
        .object(counts.sorted { $0.key < $1.key }.map { ($0.key, .number(Double($0.value))) })
    }
}
