import ArgumentParser

/// What nodes, containers and processes are sorted by: the most first, names from A on.
enum TopSort: String, CaseIterable, ExpressibleByArgument, Sendable {
    case cpu, memory, network, io, pids, name

    /// The key that chooses it.
    init?(key: Unicode.Scalar) {
        switch key {
        case "c": self = .cpu
        case "m": self = .memory
        case "t": self = .network
        case "i": self = .io
        case "p": self = .pids
        case "a": self = .name
        default: return nil
        }
    }

    /// The number that a row is sorted by; `nil` when it isn't known, which comes last.
    func value(_ row: TopRow) -> Double? {
        switch self {
        case .cpu: row.number("cpu_percent")
        case .memory: row.sum("memory_usage_bytes") ?? row.sum("rss_bytes") ?? row.number("memory_percent")
        case .network: row.sum("rx_bytes_per_s", "tx_bytes_per_s")
        case .io:
            row.sum("io_read_bytes_per_s", "io_write_bytes_per_s") ?? row.sum("disk_read_bytes_per_s", "disk_write_bytes_per_s")
                ?? row.sum("read_bytes_per_s", "write_bytes_per_s")
        case .pids: row.number("pids") ?? row.number("processes") ?? row.number("threads")
        case .name: nil
        }
    }

    /// The same order of containers for the collector.
    func order(isReversed: Bool) -> String {
        let fields =
            switch self {
            case .cpu: "cpu_percent"
            case .memory: "memory_usage_bytes"
            case .network: "rx_bytes_per_s,tx_bytes_per_s"
            case .io: "io_read_bytes_per_s,io_write_bytes_per_s"
            case .pids: "pids"
            case .name: "name"
            }
        return ((self == .name) == isReversed ? "-" : "") + fields
    }

    func sorted(_ rows: some Sequence<TopRow>, isReversed: Bool) -> [TopRow] {
        let keyed = rows.map { (value: value($0) ?? -1, name: $0.displayName, row: $0) }
        return keyed.sorted { first, second in
            let (first, second) = isReversed ? (second, first) : (first, second)
            // Equal ones keep their order from second to second: by name, then by what nobody shares.
            if first.value != second.value { return first.value > second.value }
            if first.name != second.name { return first.name < second.name }
            return first.row.identity < second.row.identity
        }.map(\.row)
    }
}

/// What containers are put together by; `g` goes from one to the next.
enum TopGrouping: String, CaseIterable, Sendable {
    case none, project, service, namespace, pod, node

    var next: TopGrouping { Self.allCases[((Self.allCases.firstIndex(of: self) ?? 0) + 1) % Self.allCases.count] }

    /// A container's group; in Kubernetes a namespace is what a project is, and a pod what a service is.
    func name(_ row: TopRow) -> String? {
        switch self {
        case .none: nil
        case .project: row.text("project") ?? row.text("namespace")
        case .service:
            row.text("service").map { service in row.text("project").map { "\($0)/\(service)" } ?? service } ?? row.text("pod")
        case .namespace: row.text("namespace")
        // A namespace may have a pod of the name that another has.
        case .pod: row.text("pod").map { pod in row.text("namespace").map { "\($0)/\(pod)" } ?? pod }
        case .node: row.text("node")
        }
    }
}

extension TopRow {
    /// A container that nobody tells of has no name. One of a pod has a name that others have, too, unless a kubelet gave it to Docker.
    var displayName: String {
        if let pod = text("pod"), text("namespace") != nil, let name = text("name"), !name.hasPrefix("k8s_") { return "\(pod)/\(name)" }
        return text("name") ?? text("comm") ?? text("id").map { String($0.prefix(12)) } ?? text("node") ?? "-"
    }

    /// What tells it from all others, also on another connection.
    var identity: String { text("pid") ?? text("id").map { "\($0) \(text("node") ?? "")" } ?? text("node") ?? "" }
}
