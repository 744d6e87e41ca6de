/// All measurements, in an order that starts the engine only once.
struct Measurements {
    let setting: Setting
    let parts: [Options.Part]
    let scale: FleetScale
    let rows: Int

    private static let many = 30
    private static let few = 5
    /// The goal for lateness is for an idle machine: when the machine is busier than this, in percent, a miss is undecided.
    private static let idleBelow = 25.0

    func run() throws -> Report {
        var report = Report()
        if parts.contains(.collector) { try measureCollector(&report) }
        if parts.contains(.pages) { try measurePages(&report) }
        if parts.contains(.fleet) { try FleetMeasurements(setting: setting, scale: scale).run(&report) }
        if parts.contains(.long) { try measureLongRun(&report) }
        if parts.contains(.processes) { try measureProcesses(&report) }
        if parts.contains(.lateness) {
            try setting.requirePrograms(["sonde-agent"])
            try measureLateness(containers: 0, &report)
        }
        let withContainers = parts.filter { ![.collector, .pages, .processes, .fleet, .long].contains($0) }
        if !withContainers.isEmpty {
            if let obstacle = Lab.obstacle {
                report.leaveOut(withContainers.map(\.rawValue).joined(separator: ", "), because: "\(obstacle), so no containers")
            } else {
                try measureAgent(&report)
            }
        }
        return report
    }

    private func measureAgent(_ report: inout Report) throws {
        try setting.requirePrograms(["sonde-agent"])
        let lab = setting.lab
        Terminal.note("starting a Docker engine and \(Self.many) containers")
        defer { lab.down() }
        try lab.up()
        try lab.startSteady(1...Self.many)
        if parts.contains(.agent) { try measureCost(&report) }
        if parts.contains(.lateness) { try measureLateness(containers: Self.many, &report) }
        if parts.contains(.allocations) {
            let many = try Allocations.measure(setting, containers: Self.many)
            try lab.remove(Self.few + 1...Self.many)
            let few = try Allocations.measure(setting, containers: Self.few)
            let slope = Allocations.slope(from: few, to: many)
            report.add("allocations a tick, \(Self.few) containers, \(few.cells) values", reached: few.perTick.text(0))
            report.add("allocations a tick, \(Self.many) containers, \(many.cells) values", reached: many.perTick.text(0))
            report.add("allocations for each value more", goal: "0 (< 0.01)", reached: slope.text(4), isReached: slope < 0.01)
        }
        if parts.contains(.agent) {
            try lab.removeAll()
            try lab.startRestless(Self.many)
            let cost = try AgentCost.measure(setting, containers: Self.many)
            report.add(
                "agent, CPU a tick when half of \(cost.processes) processes are replaced every second",
                reached: "\((cost.agent / 1000).text(2)) ms")
        }
    }

    private func measureCost(_ report: inout Report) throws {
        let cost = try AgentCost.measure(setting, containers: Self.many)
        let load = "host, \(cost.containers) containers, \(cost.processes) processes"
        report.add("bare reads of \(cost.files) files: \(load)", reached: "\((cost.bare / 1000).text(2)) ms a tick")
        report.add("agent, CPU of a tick of \(cost.cells) values", reached: "\((cost.agent / 1000).text(2)) ms a tick")
        report.add(
            "agent over bare reads", goal: "≤ 2.5", reached: cost.ratio.text(2), isReached: cost.ratio <= 2.5)
        report.add(
            "agent, resident memory", goal: "≤ 24 MiB",
            reached: "\((Double(cost.resident) / 1024).text(1)) MiB (anonymous: \((Double(cost.anonymous) / 1024).text(1)))",
            isReached: cost.resident <= 24 * 1024)
    }

    private func measureLateness(containers: Int, _ report: inout Report) throws {
        let lateness = try Lateness.measure(setting, containers: containers)
        let what = containers == 0 ? "host alone" : "host and \(containers) containers"
        let isReached = lateness.p99 < 2000
        report.add(
            "lateness of \(lateness.ticks) ticks at 100 ms, p99: \(what)", goal: "< 2 ms",
            reached:
                "\((lateness.p99 / 1000).text(2)) ms (median \((lateness.median / 1000).text(2)), worst \((lateness.worst / 1000).text(2)); "
                + "machine \(lateness.busy.text(0)) % busy)",
            isReached: isReached || lateness.busy < Self.idleBelow ? isReached : nil)
    }

    private func measureProcesses(_ report: inout Report) throws {
        try setting.requirePrograms(["sonde-agent"])
        let cost = try ProcessCost.measure(setting)
        report.add("bare reads of /proc/<pid>/stat of 2000 processes", reached: "\((cost.bare / 1000).text(2)) ms")
        report.add(
            "agent, what \(cost.rows) processes add to a tick, 50 of which work", goal: "≤ two bare reads",
            reached: "\((cost.agent / 1000).text(2)) ms, \((cost.agent / cost.bare).text(2)) bare reads",
            isReached: cost.agent <= 2 * cost.bare)
    }

    private func measureLongRun(_ report: inout Report) throws {
        try setting.requirePrograms(["sonde", "sonde-agent", "sonde-collector"])
        let run = try LongRun.measure(setting, rows: rows)
        let size = "\(run.rows) rows, \((Double(run.bytes) / 1e9).text(2)) GB"
        report.add("\(size): from the last acknowledgement to the closed run", reached: "\(run.close.text(1)) s")
        report.add("the collector's memory at most", reached: "\((run.collectorPeak / 1_048_576).text(1)) MiB")
        report.add("`sonde runs`", reached: "\(run.list.text(2)) s")
        report.add(
            "`sonde verify`", goal: "≥ 400 MB/s a core",
            reached: "\((run.verifySpeed / 1e6).text(0)) MB/s (\(run.verify.cpu.text(1)) s of CPU, \(run.verify.elapsed.text(1)) s; "
                + "\((run.verify.peak / 1_048_576).text(1)) MiB)", isReached: run.verifySpeed >= 400e6)
    }

    private func measurePages(_ report: inout Report) throws {
        try setting.requirePrograms(["sonde-agent", "sonde-collector"])
        let pages = try OpenPages.measure(setting)
        let load = "\(pages.nodes) nodes with \(pages.containers) containers in all"
        report.add("collector, live ticks of \(load), nobody looks", reached: "\((pages.idle * 100).text(1)) % of a core")
        report.add(
            "the same, \(pages.pages) pages open: what they add", goal: "< 2 % of a core",
            reached: "\(((pages.looking - pages.idle) * 100).text(1)) % of a core", isReached: pages.looking - pages.idle < 0.02)
        report.add(
            "sent to each page, every value of every container changing",
            reached: "\((pages.bytesPerSecond / 1024).text(0)) KiB/s behind a snapshot of \((pages.snapshot / 1024).text(0)) KiB")
    }

    private func measureCollector(_ report: inout Report) throws {
        try setting.requirePrograms(["sonde", "sonde-agent", "sonde-collector"])
        let throughput = try Throughput.measure(setting, cores: "0")
        report.add(
            "collector on one core, values made durable, \(throughput.agents) agents", goal: "≥ 2 million/s",
            reached: "\((throughput.perSecond / 1e6).text(2)) million/s (\(throughput.wire.text(0)) MiB/s of frames)",
            isReached: throughput.perSecond >= 2e6)
        report.add("collector, CPU a value", reached: "\(throughput.cpuPerValue.text(0)) ns")
        report.add(
            "rows in the CSV files, as many as were sent",
            reached: "\(throughput.rows) of \(throughput.values) values in \(throughput.seconds.text(1)) s")
        guard Machine().cores > 1 else { return report.leaveOut("the collector on two cores", because: "the machine has one") }
        let both = try Throughput.measure(setting, cores: "0,1")
        let ratio = both.perSecond / throughput.perSecond
        let taken = both.sender + max(both.others, throughput.others)
        let isCrowded = ratio < 1.7 && Double(Machine().cores) - taken < 1.8
        report.add(
            "the same on two cores, over one", goal: "≥ 1.7",
            reached: "\(ratio.text(2)) (\((both.perSecond / 1e6).text(2)) million/s, \(both.cpuPerValue.text(0)) ns of CPU a value; "
                + "of \(Machine().cores) cores the benchmark took \(both.sender.text(2)), others \(both.others.text(2)))",
            isReached: isCrowded ? nil : ratio >= 1.7, undecided: "not two whole cores")
    }
}
