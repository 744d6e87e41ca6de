import StatsCore

/// A run as one self-contained HTML file: without scripts, network or other files.
struct ReportPage {
    let html: String
    let remarks: [String]

    /// - Throws: `CommandFailure`.
    init(_ directory: String) throws {
        (html, remarks) = try RunOnDisk.naming(directory) {
            let run = try RunOnDisk(directory)
            var remarks = run.remarks
            return (try Self.page(run, &remarks), remarks)
        }
    }

    private static func page(_ run: borrowing RunOnDisk, _ remarks: inout [String]) throws -> String {
        let span = try RunMarks.span(run)
        let axis = TimeAxis(span: span, origin: run.claims.grid.t0)
        var timeline = TimelineFigure(title: "What happened when", summary: "A lane for each kind of event.", axis: axis)
        var decisions = ReportDecisions()
        let marks = try RunMarks(run) {
            timeline.add(kind: $0.kind, time: $0.time, label: $0.text)
            decisions.add($0)
        }
        var paper = TableCharts.Paper(axis: axis, bands: try RunPlot.bands(run, span, columns: 960), marks: marks.marks)
        paper.top = 8
        timeline.bands = paper.bands
        let containers = try ReportCharts.draw("container", ReportCharts.container, run, on: paper)
        let units = try ReportCharts.draw("unit", ReportCharts.unit, run, on: paper)
        let hosts = try ReportCharts.draw("host", ReportCharts.host, run, on: paper)
        let disks = try ReportCharts.draw("disk", ReportCharts.disk, run, on: paper)
        let networks = try ReportCharts.draw("network", ReportCharts.network, run, on: paper)
        let processes = try ReportCharts.draw("process", ReportCharts.process, run, on: paper)
        let agents = try ReportCharts.draw("agent", ReportCharts.agent, run, on: paper)
        remarks += [containers, units, hosts, disks, networks, processes, agents].flatMap { $0?.tables.remarks ?? [] }

        var wish = RunSummary.Wish()
        wish.most = ReportSummary.most
        wish.countsSeries = true
        let summary = try RunSummary.all(run, "", [.whole(run)], wish)
        for remark in summary.flatMap(\.remarks) where !remarks.contains(remark) { remarks.append(remark) }

        var page = HTMLBuilder()
        head(run, remarks, hasDecisions: !decisions.isEmpty, &page)
        environment(run.manifest, &page)
        page.section("timeline", "Timeline") { page in
            if timeline.isEmpty { page.element("p", "No event was recorded.") } else { page.raw(timeline.svg(styled: false)) }
            events(marks, run, &page)
        }
        page.section("summary", "Summary") { page in for run in summary { ReportSummary.write(run, &page) } }
        page.section("containers", "Containers") { page in
            draw(["cpu", "memory", "network", "io", "container-pressure"], containers, "No container was recorded.", &page)
        }
        page.section("removed", "RAM, and the containers that were removed") { page in
            page.raw(removal(hosts, marks, decisions))
        }
        if let units, units.figures.values.contains(where: { !$0.names.isEmpty }) {
            page.section("units", "Units") { draw(["unit-cpu", "unit-memory", "unit-io"], units, "No unit was recorded.", &$0) }
        }
        if !decisions.isEmpty {
            page.section("decisions", "Decisions") { decisions.write(axis, width: paper.width, &$0) }
        }
        page.section("hosts", "Hosts") { page in
            draw(["host", "pressure"], hosts, "No row of a host was recorded.", &page)
            draw(["disks"], disks, "No disk was recorded.", &page)
            draw(["interfaces"], networks, "No network interface was recorded.", &page)
        }
        page.section("processes", "Processes") { page in
            draw(["process-cpu", "process-memory"], processes, "No process was recorded.", &page)
            if let sizes = processes?.sizes(paper) { page.raw(sizes.svg(styled: false)) }
        }
        page.section("observer", "The observer") { draw(["observer"], agents, "No row of an agent was recorded.", &$0) }
        page.raw("</main></body></html>")
        return page.text
    }

    private static func draw(_ ids: [String], _ charts: ReportCharts?, _ nothing: String, _ page: inout HTMLBuilder) {
        let figures = ids.compactMap { charts?.figures[$0] }.filter { !$0.names.isEmpty }
        if figures.isEmpty { page.element("p", nothing) }
        for figure in figures { page.raw(figure.svg(styled: false)) }
    }

    /// A chart of the hosts' memory in use, with a labelled mark where each container ended.
    private static func removal(_ hosts: ReportCharts?, _ marks: RunMarks, _ decisions: ReportDecisions) -> String {
        let labels = decisions.marks(marks.events.filter { $0.kind == "container die" })
        guard var figure = hosts?.figures["host"], let memory = figure.panels.last, !labels.isEmpty else {
            return "<p>No container ended during the run.</p>"
        }
        figure.id = "removed-chart"
        figure.title = "RAM while containers end"
        figure.summary = "Memory in use on the hosts. Each label is a container that ended there, by a policy where a governor removed it."
        figure.panels = [memory]
        figure.marks = labels
        figure.panelHeight = 240
        return figure.svg(styled: false)
    }

    private static func events(_ marks: RunMarks, _ run: borrowing RunOnDisk, _ page: inout HTMLBuilder) {
        let axis = TimeAxis(span: run.span, origin: run.claims.grid.t0)
        guard !marks.events.isEmpty else { return }
        page.raw("<details><summary>\(HumanUnits.count(marks.count, "event"))</summary>")
        page.table(
            [">Time", "Node", "Event", "What"],
            marks.events.map { [axis.label($0.time), $0.node.isEmpty ? nil : $0.node, $0.kind, Markup.shorten($0.text, to: 300)] })
        if marks.count > UInt64(marks.events.count) {
            page.element("p", "The first \(marks.events.count) are listed; event.csv has all.")
        }
        if marks.leftOut > 0 {
            page.element("p", "\(marks.leftOut) of them have no line in the charts, which show the first of each kind.")
        }
        page.raw("</details>")
    }
}
