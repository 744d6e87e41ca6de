import StatsCore

/// The last minutes of one container or node as charts, for its place on the page.
struct LiveCharts {
    private static let width = 560
    private static let panelHeight = 110

    /// The instant of the newest point, in microseconds since 1970.
    let time: Int64

    /// JSON of a chart: `{"id": …, "title": …, "svg": …}`.
    private func chart(_ id: String, _ title: String, _ unit: ChartUnit, _ lines: [(name: String, points: [Double?])]) -> LiveJSON {
        let step = Int64(LiveHistory<NodeSeries>.step) * 1_000_000
        let count = lines.map(\.points.count).max() ?? 0
        let span = time - Int64(max(count - 1, 1)) * step...time
        let drawn = lines.map { line in
            var drawn = ChartLine(span: span, columns: Self.width)
            var isJoined = false
            for (index, point) in line.points.enumerated() {
                if let point { drawn.add(point, at: time - Int64(line.points.count - 1 - index) * step, joined: isJoined) }
                isJoined = point != nil
            }
            return drawn
        }
        var figure = Figure(
            title: title, summary: "", axis: TimeAxis(span: span, origin: time), names: lines.map(\.name),
            panels: [Figure.Panel(title: "", unit: unit, lines: drawn)])
        figure.id = id
        figure.width = Self.width
        figure.panelHeight = Self.panelHeight
        return .object([("id", .text(id)), ("title", .text(title)), ("svg", .text(figure.svg(styled: false)))])
    }

    func of(_ history: LiveHistory<ContainerSeries>, at position: Int) -> LiveJSON {
        func points(_ series: ContainerSeries) -> [Double?] { history.points(of: series, upTo: position) }
        return .array([
            chart("live-cpu", "CPU (100 % is one core)", .percent, [("CPU", points(.cpuPercent))]),
            chart("live-memory", "Memory", .bytes, [("in use", points(.memory))]),
            chart("live-network", "Network", .bytesPerSecond, [("received", points(.received)), ("sent", points(.sent))]),
            chart("live-io", "Block I/O", .bytesPerSecond, [("read", points(.read)), ("written", points(.written))]),
        ])
    }

    func of(_ history: LiveHistory<NodeSeries>, at position: Int) -> LiveJSON {
        func points(_ series: NodeSeries) -> [Double?] { history.points(of: series, upTo: position) }
        return .array([
            chart("live-cpu", "CPU (of all cores)", .percent, [("CPU", points(.cpuPercent))]),
            chart("live-memory", "Memory not available", .percent, [("memory", points(.memoryPercent))]),
            chart(
                "live-pressure", "Pressure: time in which a task had to wait", .percent,
                [("for a core", points(.cpuPressure)), ("for memory", points(.memoryPressure)), ("for I/O", points(.ioPressure))]),
            chart("live-network", "Network", .bytesPerSecond, [("received", points(.received)), ("sent", points(.sent))]),
            chart("live-io", "Disks", .bytesPerSecond, [("read", points(.read)), ("written", points(.written))]),
        ])
    }
}
