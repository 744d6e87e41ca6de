import StatsCore

/// Sums of all nodes, in a line of the screen's head: as the collector counts them, else of those that are here.
struct TopTotals {
    private let connected, lost: Int
    private let containers: Int
    private let leftOut: Double
    private let cores, busy, memory, available, received, sent: Double?

    static func line(_ model: TopModel, _ order: TopOrder, _ state: TopState, columns: Int) -> ScreenLine {
        let told = state.onlyNode == nil ? TopTotals(told: model) : nil
        var line = (told ?? TopTotals(order)).line(columns)
        if let shown = shown(model, order, state) { line.append(shown, .warm) }
        return line
    }

    /// - Returns: `nil` with a collector of an earlier version.
    private init?(told model: TopModel) {
        guard let nodes = TopRow(model.totals["nodes"]), let all = TopRow(model.totals["containers"]) else { return nil }
        connected = Int(clamping: Int64(clampingFinite: nodes.number("connected") ?? 0))
        lost = Int(clamping: Int64(clampingFinite: (nodes.number("count") ?? 0) - (nodes.number("connected") ?? 0)))
        containers = Int(clamping: Int64(clampingFinite: (all.number("count") ?? 0) - (all.number("ended") ?? 0)))
        leftOut = nodes["left_out"]?["container"]?.number ?? 0
        (cores, busy) = (nodes.number("cores"), nodes.number("cpu_percent"))
        (memory, available) = (nodes.number("memory_total_bytes"), nodes.number("memory_available_bytes"))
        (received, sent) = (nodes.number("rx_bytes_per_s"), nodes.number("tx_bytes_per_s"))
    }

    private init(_ order: TopOrder) {
        let nodes = order.nodes
        func sum(_ name: String) -> Double? {
            let known = nodes.compactMap { $0.number(name) }
            return known.isEmpty ? nil : known.reduce(0, +)
        }
        lost = nodes.count(where: \.isLost)
        connected = nodes.count - lost
        containers = order.running
        leftOut = nodes.reduce(0.0) { $0 + ($1["left_out"]?["container"]?.number ?? 0) }
        let cores = sum("cores")
        let used = nodes.compactMap { node in node.number("cpu_percent").map { $0 * (node.number("cores") ?? 0) } }
        (self.cores, busy) = (cores, used.isEmpty ? nil : used.reduce(0, +) / max(cores ?? 0, 1))
        (memory, available) = (sum("memory_total_bytes"), sum("memory_available_bytes"))
        (received, sent) = (sum("rx_bytes_per_s"), sum("tx_bytes_per_s"))
    }

    private func line(_ columns: Int) -> ScreenLine {
        var line = ScreenLine("\(HumanUnits.count(connected, "node"))")
        if lost > 0 { line.append(", \(lost) lost", .hot) }
        line.append(", \(HumanUnits.count(containers, "container"))")
        if leftOut > 0 { line.append(", \(HumanUnits.fixed(leftOut, digits: 0)) more aren't shown", .warm) }
        if let cores, cores > 0 {
            line.append("  CPU \(busy.map(CompactUnits.percent) ?? "-")%")
            line.append(" of \(HumanUnits.count(Int64(clampingFinite: cores), "core"))")
        }
        if let memory, let available, memory > 0 {
            line.append("  MEM \(CompactUnits.percent((memory - available) / memory * 100))% of \(CompactUnits.bytes(memory))")
        }
        if let received, let sent {
            let traffic = "  RX \(CompactUnits.bytes(received))/s TX \(CompactUnits.bytes(sent))/s"
            if line.width + traffic.count <= columns { line.append(traffic) }
        }
        return line
    }

    /// How much of a fleet is here that is too large to be sent whole; `nil` when all of it is.
    private static func shown(_ model: TopModel, _ order: TopOrder, _ state: TopState) -> String? {
        guard !model.isWhole("containers") else { return nil }
        let here = order.groups.reduce(0) { $0 + $1.containers.count }
        if let found = model.total("containers", "found") {
            return Double(here) < found ? "  \(here) of \(HumanUnits.fixed(found, digits: 0)) found are shown" : nil
        }
        return "  \(here) are shown: / finds others"
    }
}
