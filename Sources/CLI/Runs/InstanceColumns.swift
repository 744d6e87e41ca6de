import StatsCore

/// The columns that tell the instances of a table from each other within a node, each of whose counters have their own rates.
enum InstanceColumns {
    private static let known: [String: (identity: [String], label: [String])] = [
        "host": ([], []), "agent": ([], []), "event": ([], []), RunFiles.table(of: RunFiles.gaps): ([], []),
        "cpu": (["cpu"], ["cpu"]), "disk": (["device"], ["device"]), "filesystem": (["mount"], ["mount"]),
        "network": (["interface"], ["interface"]), "container": (["container_id"], ["container"]),
        "unit": (["cgroup"], ["unit"]),
        "metric": (["target", "name", "labels"], ["target", "name", "labels"]),
        "process": (["container_id", "pid", "start_us"], ["container", "comm", "pid"]),
    ]

    /// Those that identify an instance, and those that name it for people; none where a node has one instance, or nothing is known of the table.
    static func of(_ table: String) -> (identity: [String], label: [String]) { known[table] ?? ([], []) }

    /// The same for a table that this version may not know: there it is whatever says which instance a row is about.
    static func identity(of table: String, _ columns: [ColumnDictionary.Entry]) -> [String] {
        if let known = known[table] { return known.identity }
        let aside = RunFiles.leading.map(\.name) + TableColumns.ofMarks
        return columns.filter { $0.kind == .identity && !aside.contains($0.name) }.map(\.name)
    }
}
