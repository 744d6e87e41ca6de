import StatsCore

/// The charts of a report for one table; columns that the table lacks are left out.
struct ReportCharts {
    /// A figure of one table.
    struct Wish {
        let id: String
        let title: String
        let summary: String
        let panels: [(title: String, value: SeriesQuery.Value)]

        init(_ id: String, _ title: String, _ summary: String, _ panels: [(String, String)]) {
            self.init(id, title, summary, values: panels.map { ($0.0, SeriesQuery.Value(column: $0.1)) })
        }

        init(_ id: String, _ title: String, _ summary: String, values: [(String, SeriesQuery.Value)]) {
            (self.id, self.title, self.summary) = (id, title, summary)
            panels = values.map { ($0.0, $0.1) }
        }
    }

    static let container = [
        Wish("cpu", "CPU of containers", "100 % is one core.", [("CPU", "cpu_percent")]),
        Wish("memory", "Memory of containers", "As charged to their cgroups, file pages included.", [("Memory", "memory_usage_bytes")]),
        Wish(
            "network", "Network of containers", "By their own interfaces; containers of a pod each have the pod's.",
            [("Received", "rx_bytes"), ("Sent", "tx_bytes")]),
        Wish("io", "Block I/O of containers", "What reached block devices.", [("Read", "io_read_bytes"), ("Written", "io_write_bytes")]),
        Wish(
            "container-pressure", "Pressure on containers", "Share of the time in which a task of the container had to wait.",
            [("for a core", "psi_cpu_some_us"), ("for memory", "psi_memory_some_us"), ("for I/O", "psi_io_some_us")]),
    ]

    static let unit = [
        Wish("unit-cpu", "CPU of units", "100 % is one core.", [("CPU", "cpu_percent")]),
        Wish("unit-memory", "Memory of units", "As charged to their cgroups, file pages included.", [("Memory", "memory_usage_bytes")]),
        Wish("unit-io", "Block I/O of units", "What reached block devices.", [("Read", "io_read_bytes"), ("Written", "io_write_bytes")]),
    ]

    static let host = [
        Wish(
            "host", "Hosts", "CPU of all cores; memory that is not to be had without swapping.",
            values: [
                ("CPU", SeriesQuery.Value(column: "cpu_percent")),
                ("Memory in use", SeriesQuery.Value(column: "memory_total_bytes", minus: "memory_available_bytes")),
            ]),
        Wish(
            "pressure", "Pressure on hosts", "Share of the time in which a task had to wait.",
            [("for a core", "psi_cpu_some_us"), ("for memory", "psi_memory_some_us"), ("for I/O", "psi_io_some_us")]),
    ]

    static let disk = [
        Wish("disks", "Disks of hosts", "What reached each device.", [("Read", "read_sectors"), ("Written", "write_sectors")])
    ]

    static let network = [
        Wish("interfaces", "Interfaces of hosts", "What each carried.", [("Received", "rx_bytes"), ("Sent", "tx_bytes")])
    ]

    static let agent = [
        Wish(
            "observer", "What observing cost", "The agents' own use of the hosts, and how late each tick was.",
            [("CPU, of one core", "cpu_us"), ("Resident memory", "rss_bytes"), ("Reading took", "read_us"), ("Late by", "lateness_us")])
    ]

    static let process = [
        Wish("process-cpu", "Processes with most CPU", "100 % is one core.", [("CPU", "cpu_percent")]),
        Wish("process-memory", "Processes with most memory", "Resident.", [("Resident memory", "rss_bytes")]),
        Wish("sizes", "", "", [("Virtual size", "vsz_bytes")]),
    ]

    let tables: TableCharts
    /// By the id of the wish.
    let figures: [String: Figure]
    /// The index of each column's value.
    let values: [String: Int]

    /// - Returns: `nil` when the table is missing or has none of the columns.
    static func draw(_ table: String, _ wishes: [Wish], _ run: borrowing RunOnDisk, on paper: TableCharts.Paper) throws -> ReportCharts? {
        guard let columns = run.dictionary.names(of: table) else { return nil }
        var query = SeriesQuery(table: table, values: [])
        var requests: [TableCharts.Request] = []
        for wish in wishes {
            let there = wish.panels.filter { columns.contains($0.value.column) && ($0.value.minus.map(columns.contains) ?? true) }
            guard !there.isEmpty else { continue }
            let first = query.values.count
            query.values += there.map(\.value)
            requests.append(
                TableCharts.Request(
                    id: wish.id, title: wish.title, summary: wish.summary, values: Array(first..<query.values.count),
                    panels: there.map(\.title)))
        }
        guard !requests.isEmpty else { return nil }
        var paper = paper
        paper.panelHeight = 150
        do {
            let charts = try TableCharts(query, requests, run, on: paper)
            return ReportCharts(
                tables: charts, figures: Dictionary(zip(requests.map(\.id), charts.figures)) { first, _ in first },
                values: Dictionary(query.values.enumerated().map { ($1.column, $0) }) { first, _ in first })
        } catch let error as DiskError where error.isAbsent {
            return nil
        }
    }

    /// The highest virtual size of each process over its highest resident size, by container.
    func sizes(_ paper: TableCharts.Paper) -> ScatterFigure? {
        guard let vsz = values["vsz_bytes"], let rss = values["rss_bytes"] else { return nil }
        let processes = tables.ranking.byPeak(of: rss)
        let container = { (group: Int) in tables.names[group].dropFirst().first ?? "" }
        var groups: [String] = []
        for process in processes where !groups.contains(container(process)) && groups.count < 7 { groups.append(container(process)) }
        let others = processes.contains { !groups.contains(container($0)) }
        var figure = ScatterFigure(
            title: "Virtual and resident size of processes", summary: "The highest of each process, on logarithmic axes, by container.",
            x: "Virtual size", y: "Resident size", unit: .bytes,
            groups: groups.map { $0.isEmpty ? "in none with a name" : $0 } + (others ? ["other containers"] : []))
        for process in processes {
            guard let x = tables.ranking.summary(of: vsz, group: process)?.highest,
                let y = tables.ranking.summary(of: rss, group: process)?.highest
            else { continue }
            figure.add(
                x: x, y: y, group: groups.firstIndex(of: container(process)) ?? groups.count,
                label: tables.names[process].joined(separator: " · "))
        }
        figure.id = "sizes"
        figure.width = paper.width
        return figure.isEmpty ? nil : figure
    }
}
