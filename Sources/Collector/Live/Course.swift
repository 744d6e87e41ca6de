import StatsCore

/// The fields of a kind whose last minutes are kept, for charts and sparklines.
struct CourseFields: Sendable {
    let names: [String]
    fileprivate let places: [Int?]

    private init<Source>(_ kind: LiveKind<Source>, _ names: [String]) {
        self.names = names
        places = names.map { kind.place($0) }
    }

    static let container = CourseFields(
        .container,
        [
            "cpu_percent", "memory_percent", "memory_usage_bytes", "rx_bytes_per_s", "tx_bytes_per_s", "io_read_bytes_per_s",
            "io_write_bytes_per_s",
        ])
    static let node = CourseFields(
        .node,
        [
            "cpu_percent", "memory_percent", "psi_cpu_percent", "psi_memory_percent", "psi_io_percent", "rx_bytes_per_s", "tx_bytes_per_s",
            "disk_read_bytes_per_s", "disk_write_bytes_per_s",
        ])
}

/// The last minutes of one container or one node, at a fixed step.
///
/// Positions are counted since the collector's start, so that all courses stand side by side; what was not known is not a number. Memory is in proportion to
/// what was noted: while nobody looks that is little (`LookPace`).
struct Course: Sendable {
    /// Seconds from one point to the next.
    static let step = 2
    /// Points that are kept: five minutes.
    static let capacity = 150
    /// So many noted positions may be too old before their memory is used again.
    private static let slack = 16

    private let fields: CourseFields
    /// Where something was noted, ascending.
    private var noted: [Int32] = []
    /// A point of each field for each of these.
    private var points: [Float] = []
    private(set) var last: Int

    /// - Parameter position: of the first point.
    init(_ fields: CourseFields, at position: Int) {
        self.fields = fields
        last = position - 1
    }

    /// Sets the point at `position`, which lies behind the last; what lies between them was not known.
    mutating func append(_ object: LiveObject, at position: Int) {
        guard position > last else { return }
        last = position
        let old = noted.prefix { Int($0) <= position - Self.capacity }.count
        if old == noted.count || old >= Self.slack {
            noted.removeFirst(old)
            points.removeFirst(old * fields.names.count)
        }
        let width = fields.names.count
        if points.count + width > points.capacity {
            let room = min(max(8, 2 * noted.count), Self.capacity + Self.slack)
            points.reserveCapacity(room * width)
            noted.reserveCapacity(room)
        }
        noted.append(Int32(truncatingIfNeeded: position))
        for place in fields.places { points.append(place.flatMap { object.values[$0].number }.map { Float($0) } ?? .nan) }
    }

    /// The newest `count` points of a field up to `position`, oldest first.
    func points(of field: String, upTo position: Int, count: Int = Self.capacity) -> [Double?] {
        let first = max(0, position - count + 1)
        var values = [Double?](repeating: nil, count: max(0, position) - first + 1)
        guard let series = fields.names.firstIndex(of: field) else { return values }
        for (row, place) in noted.enumerated().reversed() {
            let place = Int(place)
            if place < first || place <= last - Self.capacity { break }
            let value = points[row * fields.names.count + series]
            if place <= position, !value.isNaN { values[place - first] = Double(value) }
        }
        return values
    }
}

/// The courses of all nodes and containers, also of containers that may come back.
struct Courses: Sendable {
    private var nodes: [String: Course] = [:]
    /// By node and id.
    private var containers: [String: [String: Course]] = [:]
    private static let goneLimit = 2000
    /// Where they stand.
    private(set) var position = 0

    func node(_ name: String) -> Course? { nodes[name] }
    func container(_ container: LiveContainer) -> Course? { containers[container.node]?[container.id] }

    /// Seconds go by; nothing is noted of them.
    mutating func advance(to second: Int) { position = second / Course.step }

    /// Notes the present values of all that are connected.
    mutating func append(_ fleet: Fleet) {
        // Before those that are new take as much.
        forgetGone(fleet)
        for (name, node) in fleet.nodes where !node.isLost {
            nodes[name, default: Course(.node, at: position)].append(node.object, at: position)
            var kept = containers.removeValue(forKey: name) ?? [:]
            for (id, entry) in node.containers.entries {
                kept[id, default: Course(.container, at: position)].append(entry.container.object, at: position)
            }
            containers[name] = kept.filter { position - $0.value.last < Course.capacity }
        }
    }

    /// Of containers that are gone, which may come back, no more than so many are kept: the nodes with most of them lose the oldest.
    private mutating func forgetGone(_ fleet: Fleet) {
        func isGone(_ id: String, _ node: String) -> Bool { fleet.nodes[node]?.containers.entries[id] == nil }
        let gone = containers.map { node, courses in (node: node, ids: courses.keys.filter { isGone($0, node) }) }
        let level = WaterLevel.of(gone.lazy.map(\.ids.count), limit: Self.goneLimit)
        for (node, ids) in gone where ids.count > level {
            let oldest = ids.sorted { (containers[node]?[$0]?.last ?? 0, $0) < (containers[node]?[$1]?.last ?? 0, $1) }
            for id in oldest.prefix(ids.count - level) { containers[node]?[id] = nil }
        }
    }

    /// Nodes that are no longer listed.
    mutating func forget(_ names: [String]) {
        for name in names { (nodes[name], containers[name]) = (nil, nil) }
    }
}
