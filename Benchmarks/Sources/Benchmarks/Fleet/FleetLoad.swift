/// What the agents of a fleet send: the rows of hosts, made once and shared by all of them. Counters go on for some ticks, and then from their beginning.
struct FleetLoad {
    let tables: [String: [String]]
    /// The values of a tick.
    let cells: Int
    private let rows: [[UInt8]]

    private static let variants = 8
    private static let ticks = 20

    init(tables: [String: [String]], shape: SyntheticTick.Shape) {
        self.tables = tables
        var cells = 0
        rows = (0..<Self.variants).flatMap { variant in
            (0..<Self.ticks).map { second in
                let tick = SyntheticTick(tables: tables, seed: UInt64(variant + 1), shape: shape, second: second)
                cells = tick.cells
                return Array(tick.rows.utf8)
            }
        }
        self.cells = cells
    }

    func rows(agent: Int, tick: UInt64) -> [UInt8] { rows[agent % Self.variants * Self.ticks + Int(tick % UInt64(Self.ticks))] }

    /// The beginning of a `hello`; only the numbers of the frames are missing behind it.
    func hello(agent: Int, prefix: String) -> String {
        let named = tables.sorted { $0.key < $1.key }.map { "\"\($0.key)\":[\($0.value.map { "\"\($0)\"" }.joined(separator: ","))]" }
        let number = "\(agent + 1)"
        // Fleets that connect to the same collector are different agents.
        let family = String(prefix.utf8.reduce(0x1000) { ($0 * 31 + Int($1)) % 0xf000 + 0x1000 }, radix: 16)
        let id = "00000000-\(family)-4000-8000-" + String(repeating: "0", count: 12 - number.count) + number
        return """
            {"type":"hello","protocol":1,"agent":"\(id)","epoch":1,"epoch_id":"\(id)","node":"\(prefix)\(number)",\
            "monitor":"OSMonitor_127_0_0_1_\(prefix)\(number)","addresses":["127.0.0.1"],"version":"benchmark","kernel":"6.1.0",\
            "cgroup":"v2","cpus":2,"memory_bytes":4294967296,"privileged":true,"takes":["prepare"],\
            "tables":{\(named.joined(separator: ","))},
            """
    }
}
