import StatsCore

/// `GET /containers`: live values, with whatever columns the collector's catalogue has.
struct ContainerList: Presentable {
    /// By full id.
    let containers: [String: JSONValue]

    func encode(to encoder: any Encoder) throws { try containers.encode(to: encoder) }

    var text: String {
        guard !containers.isEmpty else { return "No containers." }
        var table = TextTable(Self.titles)
        for row in rows { table.append(row) }
        return table.text()
    }
}

extension ContainerList {
    static let titles = ["CONTAINER", "ID", "NODE", "IMAGE", "STATE", ">CPU", ">MEMORY", ">LIMIT", ">MEMORY %", ">PIDS"]

    /// In the order of their names.
    var rows: [[String?]] {
        containers.sorted { ($0.value.name ?? $0.key, $0.key) < ($1.value.name ?? $1.key, $1.key) }.map { id, container in
            [
                container.name, String(id.prefix(12)), container["node"]?.text, container["image"]?.text, container["state"]?.text,
                container["cpu_percent"]?.number.map(HumanUnits.percent), container.bytes("memory_usage_bytes"),
                container.bytes("memory_limit_bytes"), container["memory_percent"]?.number.map(HumanUnits.percent),
                container["pids"]?.text,
            ]
        }
    }
}

/// `GET /containers?id=`: every value of one container.
struct ContainerValues: Presentable {
    let container: JSONValue

    func encode(to encoder: any Encoder) throws { try container.encode(to: encoder) }

    var text: String {
        guard case .object(let values) = container else { return VisibleText.escape(container.text ?? "-") }
        var table = TextTable("COLUMN", "VALUE")
        for (column, value) in values.sorted(by: { $0.key < $1.key }) where value != .null {
            let readable = column.hasSuffix("_bytes") ? container.bytes(column) : nil
            table.append(column, [value.text, readable.map { "(\($0))" }].compactMap { $0 }.joined(separator: " "))
        }
        return table.text()
    }
}

extension JSONValue {
    /// Without an engine a container has no name.
    fileprivate var name: String? { ["name", "container"].lazy.compactMap { self[$0]?.string }.first { !$0.isEmpty } }

    fileprivate func bytes(_ key: String) -> String? {
        // With 2^63 and above the kernel means "no limit".
        self[key]?.number.flatMap { $0 >= 0 && $0 < 9.2e18 ? HumanUnits.bytes(UInt64($0)) : nil }
    }
}
