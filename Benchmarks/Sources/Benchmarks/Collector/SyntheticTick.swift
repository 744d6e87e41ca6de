/// The rows of a tick of a host, made once and sent again and again.
struct SyntheticTick {
    /// How much a host has of everything.
    struct Shape {
        var cpus = 8
        var disks = 2
        var filesystems = 4
        var interfaces = 3
        /// Of seven processes each.
        var containers = 30
        /// Those that are in no container.
        var processes = 0

        /// A small host: 241 values with the columns of November 2026.
        static let small = Shape(cpus: 1, disks: 2, filesystems: 2, interfaces: 2, containers: 0, processes: 1)
        /// A host that is full of containers: 9,991 values with the columns of November 2026.
        static let full = Shape(cpus: 16, disks: 8, filesystems: 8, interfaces: 2, containers: 24)
    }

    /// `{"host":[[…]],…}`.
    let rows: String
    let cells: Int
    /// The number of rows by table.
    let counts: [String: Int]

    private static let processesPerContainer = 7

    /// - Parameters:
    ///   - tables: the columns in the agent's `hello`.
    ///   - second: the time for which counters have counted and gauges have moved.
    init(tables: [String: [String]], seed: UInt64, shape: Shape = Shape(), second: Int = 0) {
        let contained = shape.containers * Self.processesPerContainer
        let rowsPerTick: KeyValuePairs = [
            "host": 1, "cpu": shape.cpus, "disk": shape.disks, "filesystem": shape.filesystems, "network": shape.interfaces,
            "container": shape.containers, "process": contained + shape.processes, "agent": 1,
        ]
        var random = Random(state: seed)
        var counts: [String: Int] = [:]
        var cells = 0
        var parts: [String] = []
        for (table, count) in rowsPerTick {
            guard let columns = tables[table], count > 0 else { continue }
            counts[table] = count
            cells += count * columns.count
            let rows = (0..<count).map { row in
                let isContained = table != "process" || row < contained
                return "[" + columns.map { Self.cell(table, $0, row, isContained, second, &random) }.joined(separator: ",") + "]"
            }
            parts.append("\"\(table)\":[\(rows.joined(separator: ","))]")
        }
        self.counts = counts
        self.cells = cells
        rows = "{\(parts.joined(separator: ","))}"
    }

    private static func cell(
        _ table: String, _ column: String, _ row: Int, _ isContained: Bool, _ second: Int, _ random: inout Random
    ) -> String {
        let container = table == "process" ? row / processesPerContainer : row
        switch column {
        case "container_id" where !isContained, "container" where !isContained: return "null"
        case "container_id":
            let number = String(container, radix: 16)
            return "\"\(String(repeating: "7c", count: 31))\(String(repeating: "0", count: 2 - number.count))\(number)\""
        case "container": return "\"load\(container)\""
        case "image": return "\"registry.example/load:1.0\""
        case "source": return "\"cgroup\""
        case "network": return "\"own\""
        case "state": return table == "process" ? "\"S\"" : table == "network" ? "\"up\"" : "\"running\""
        case "unit": return isContained ? "null" : "\"web.service\""
        case "user": return "\"web\""
        case "exit_code", "exit_signal": return "null"
        case "health": return "null"
        // All sources are in time.
        case _ where column.hasSuffix("_late"): return "0"
        case "names": return "\"engine\""
        // Names of a deployment, which most containers don't have.
        case _ where ["compose_", "swarm_", "kubernetes_"].contains { column.hasPrefix($0) }: return "null"
        case "comm": return "\"worker\""
        case "device": return "\"vd\(row)\""
        case "interface": return "\"eth\(row)\""
        case "mount": return "\"/mnt/\(row)\""
        case "type": return "\"ext4\""
        case _ where column.hasSuffix("_percent") || column.hasPrefix("load"):
            return decimal(random.next(below: 99) + Double(second % 9) / 10)
        case _ where column.hasSuffix("_limit"): return "null"
        // Values as long as the kernel's: small gauges, counters of a day, bytes.
        case _ where column.hasSuffix("_bytes"): return (random.next(below: 4e9) + Double(second) * 50_000).text(0)
        case _ where column.hasSuffix("_us"): return (random.next(below: 1e9) + Double(second) * 3000).text(0)
        default: return (random.next(below: 1e5) + Double(second)).text(0)
        }
    }
}

extension SyntheticTick {
    /// As the wire has decimals: at most three digits behind the point, the last of them no zero.
    private static func decimal(_ number: Double) -> String {
        let text = number.text(3)[...]
        let short = text.reversed().drop { $0 == "0" }
        return String(String(short.first == "." ? short.dropFirst().reversed() : short.reversed()))
    }
}

/// Pseudo-random numbers that are the same in each run (Knuth's MMIX congruence).
private struct Random {
    var state: UInt64

    mutating func next(below limit: Double) -> Double {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Double(state >> 11) / Double(1 << 53) * limit
    }
}
