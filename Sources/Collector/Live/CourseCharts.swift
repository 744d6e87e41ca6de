import StatsCore

/// The last minutes of one container or node as charts, for its place on the page.
struct CourseCharts {
    private static let width = 560
    private static let panelHeight = 110

    private let course: Course
    private let position: Int
    private let time: Int64

    /// - Parameter time: the instant of the newest point, in microseconds since 1970.
    init(_ course: Course, _ position: Int, time: Int64) { (self.course, self.position, self.time) = (course, position, time) }

    /// JSON of a chart: `{"id": …, "title": …, "svg": …}`.
    /// - Parameter lines: what each is called, and the field that it is the course of.
    private func chart(_ id: String, _ title: String, _ unit: ChartUnit, _ lines: [(name: String, field: String)]) -> JSONTree {
        let step = Int64(Course.step) * 1_000_000
        let points = lines.map { course.points(of: $0.field, upTo: position) }
        let count = points.map(\.count).max() ?? 0
        let span = time - Int64(max(count - 1, 1)) * step...time
        let drawn = points.map { points in
            var drawn = ChartLine(span: span, columns: Self.width)
            var isJoined = false
            for (index, point) in points.enumerated() {
                if let point { drawn.add(point, at: time - Int64(points.count - 1 - index) * step, joined: isJoined) }
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

    var ofContainer: JSONTree {
        .array([
            chart("live-cpu", "CPU (100 % is one core)", .percent, [("CPU", "cpu_percent")]),
            chart("live-memory", "Memory", .bytes, [("in use", "memory_usage_bytes")]),
            chart("live-network", "Network", .bytesPerSecond, [("received", "rx_bytes_per_s"), ("sent", "tx_bytes_per_s")]),
            chart("live-io", "Block I/O", .bytesPerSecond, [("read", "io_read_bytes_per_s"), ("written", "io_write_bytes_per_s")]),
        ])
    }

    var ofNode: JSONTree {
        .array([
            chart("live-cpu", "CPU (of all cores)", .percent, [("CPU", "cpu_percent")]),
            chart("live-memory", "Memory not available", .percent, [("memory", "memory_percent")]),
            chart(
                "live-pressure", "Pressure: time in which a task had to wait", .percent,
                [("for a core", "psi_cpu_percent"), ("for memory", "psi_memory_percent"), ("for I/O", "psi_io_percent")]),
            chart("live-network", "Network", .bytesPerSecond, [("received", "rx_bytes_per_s"), ("sent", "tx_bytes_per_s")]),
            chart("live-io", "Disks", .bytesPerSecond, [("read", "disk_read_bytes_per_s"), ("written", "disk_write_bytes_per_s")]),
        ])
    }
}
