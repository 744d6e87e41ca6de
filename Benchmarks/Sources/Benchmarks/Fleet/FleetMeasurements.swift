/// The figures of a whole fleet (docs/PERFORMANCE.md, *Ten thousand agents*).
struct FleetMeasurements {
    let setting: Setting
    let scale: FleetScale

    /// One that fails is reported as missed; the others are measured all the same.
    func run(_ report: inout Report) throws {
        try setting.requirePrograms(["sonde", "sonde-agent", "sonde-collector"])
        let tables = try Throughput.catalogue(setting)
        let small = FleetLoad(tables: tables, shape: .small)
        try attempt("live values of \(scale.agents) agents", &report) { try measureLive(small, &$0) }
        try attempt("a run of \(scale.agents) agents", &report) { try measureRun(small, &$0) }
        try attempt("\(scale.agents) agents connect again", &report) { try measureReturn(small, &$0) }
        let full = FleetLoad(tables: tables, shape: .full)
        try attempt("values a CPU second", &report) { try measureValues(full, &$0) }
    }

    private func attempt(_ what: String, _ report: inout Report, _ body: (inout Report) throws -> Void) throws {
        do {
            try body(&report)
        } catch {
            try Interrupt.check()
            report.add(what, goal: "is measured", reached: "\(error)", isReached: false)
        }
    }

    private func measureLive(_ load: FleetLoad, _ report: inout Report) throws {
        let stage = try FleetStage(FleetCollector(setting, name: "live"), agents: scale.agents, load: load, prefix: "node-")
        defer { stage.collector.stop() }
        try stage.run(seconds: 5)
        let pinging = try stage.run(seconds: Double(scale.seconds) / 3)
        let connected = try stage.collector.resident()
        stage.fleet.isLive = true
        try stage.run(seconds: 5)
        let live = try (0..<scale.repeats).map { _ in try stage.run(seconds: Double(scale.seconds)) }
        let shown = try stage.collector.resident()

        let agents = Double(scale.agents)
        let cores = quantile(live.map(\.collector), 0.5)
        report.add("\(scale.agents) agents that only ping, collector", reached: "\(pinging.collector.text(3)) cores")
        report.add(
            "\(scale.agents) agents × \(load.cells) values at 1 s, live only, nobody looks: collector", goal: goal("≤ 0.15 cores"),
            reached:
                "\(cores.text(3)) cores (the fleet: \(quantile(live.map(\.fleet), 0.5).text(2)), others: \(quantile(live.map(\.others), 0.5).text(2)))\(stage.fleet.counts.faults)",
            isReached: cores <= 0.15 * share)
        let each = (connected - stage.bare) / agents / 1024
        report.add("collector's memory for a connected agent", goal: "≤ 24 KiB", reached: "\(each.text(1)) KiB", isReached: each <= 24)
        let values = (shown - connected) / agents / 1024
        report.add(
            "for its \(load.cells) live values", goal: "≤ 8 KiB more", reached: "\(values.text(1)) KiB", isReached: values <= 8)
    }

    private func measureRun(_ load: FleetLoad, _ report: inout Report) throws {
        let stage = try FleetStage(FleetCollector(setting, name: "run"), agents: scale.agents, load: load, prefix: "node-")
        defer { stage.collector.stop() }
        stage.fleet.isLive = true
        try stage.run(seconds: 3)
        let runs = try (1...scale.repeats).map {
            let run = try FleetRecording.record(stage.fleet, stage.collector, run: "run\($0)", interval: 1000, ticks: scale.seconds)
            try stage.run(seconds: 2)
            return run
        }
        func median(_ value: (FleetRecording) -> Double) -> Double { quantile(runs.map(value), 0.5) }
        let fleet = median { $0.fleetCPU / $0.seconds }
        report.add(
            "\(scale.agents) agents × \(load.cells) values at 1 s, recorded: collector", goal: goal("≤ 0.6 cores"),
            reached: "\(median(\.cores).text(2)) cores (the fleet: \(fleet.text(2)), others: \(median(\.others).text(2)))",
            isReached: median(\.cores) <= 0.6 * share)
        report.add(
            "its CPU a frame, pings included", goal: "≤ 60 µs", reached: "\(median(\.perFrame).text(1)) µs",
            isReached: median(\.perFrame) <= 60)
        let missing = runs.reduce(0) { $0 + $1.missing }
        let late = runs.reduce(0) { $0 + $1.late }
        report.add(
            "ticks missing, or acknowledged only after the next tick", goal: "0",
            reached: "\(missing) missing, \(late) late of \(runs.reduce(0) { $0 + $1.frames })\(runs.map(\.counts.faults).max() ?? "")"
                + (missing > 0 ? "; \(runs.first { $0.missing > 0 }?.verdict.prefix(200) ?? "")" : ""),
            isReached: missing + late == 0)
        report.add(
            "tick to acknowledgement, p50", goal: "≤ 250 ms",
            reached: "\(median(\.acknowledgement.p50).text(0)) ms (\(median(\.answer.p50).text(0)) from when it was sent)",
            isReached: median(\.acknowledgement.p50) <= 250)
        report.add(
            "tick to acknowledgement, p99", goal: "≤ 600 ms",
            reached: "\(median(\.acknowledgement.p99).text(0)) ms (\(median(\.answer.p99).text(0)) from when it was sent; "
                + "99 % sent within \(median(\.sending).text(0)))",
            isReached: median(\.acknowledgement.p99) <= 600)
        let first = runs.compactMap(\.first)
        let isComplete = first.count == runs.count
        report.add(
            "`sonde start` to the first tick of all nodes", goal: "≤ 3 s",
            reached: isComplete
                ? "\(quantile(first.map(\.sent), 0.5).text(2)) s (\(quantile(first.map(\.acknowledged), 0.5).text(2)) until it was acknowledged)"
                : "not all nodes had the first tick in \(runs.count - first.count) of \(runs.count) runs",
            isReached: isComplete && quantile(first.map(\.sent), 0.5) <= 3)
    }

    private func measureReturn(_ load: FleetLoad, _ report: inout Report) throws {
        let stage = try FleetStage(FleetCollector(setting, name: "return"), agents: scale.agents, load: load, prefix: "node-")
        defer { stage.collector.stop() }
        stage.fleet.isLive = true
        try stage.run(seconds: 3)
        func measure(_ comesBack: Fleet.Return) throws -> [FleetReturn] {
            try (0..<scale.repeats).map { _ in
                let back = try FleetReturn.measure(stage, comesBack)
                try stage.run(seconds: 3)
                return back
            }
        }
        func text(_ returns: [FleetReturn]) -> String {
            let others = returns.flatMap { $0.refusals.map { "\($0.key) \($0.value)" } }
            return "\(quantile(returns.map(\.seconds), 0.5).text(2)) s (slowest: \((returns.map(\.seconds).max() ?? 0).text(2)))"
                + (others.isEmpty ? "" : "; refused: \(others.joined(separator: ", "))")
        }
        let jittered = try measure(.byChance)
        report.add(
            "\(scale.agents) agents connect after a crash, until the last is let in", goal: "≤ 10 s", reached: text(jittered),
            isReached: quantile(jittered.map(\.seconds), 0.5) <= 10)
        let timeouts = jittered.reduce(0) { $0 + $1.timeouts }
        report.add("handshakes that took too long", goal: "0", reached: "\(timeouts)", isReached: timeouts == 0)
        let together = try measure(.together)
        report.add(
            "all at the same instant, until the last is let in",
            reached: "\(text(together)); \(together.reduce(0) { $0 + $1.timeouts }) handshakes took too long")
    }

    private func measureValues(_ load: FleetLoad, _ report: inout Report) throws {
        let stage = try FleetStage(FleetCollector(setting, name: "values"), agents: 8, load: load, prefix: "node-", spread: 15_000)
        defer { stage.collector.stop() }
        stage.fleet.isLive = true
        try stage.run(seconds: 2)
        let runs = try (1...scale.repeats).map {
            try FleetRecording.record(stage.fleet, stage.collector, run: "run\($0)", interval: 20, ticks: scale.seconds * 50)
        }
        let perSecond = quantile(runs.map { Double($0.values) / $0.cpu }, 0.5)
        let missing = runs.reduce(0) { $0 + $1.missing }
        report.add(
            "values a CPU second of the collector, 8 agents × \(load.cells) values at 20 ms, recorded", goal: "≥ 15 million",
            reached: "\((perSecond / 1e6).text(1)) million (\(quantile(runs.map(\.cores), 0.5).text(2)) cores; \(missing) ticks missing)",
            isReached: perSecond >= 15e6 && missing == 0)
    }

    /// Goals for CPU are those of ten thousand agents; a smaller fleet has its share of them.
    private var share: Double { Double(scale.agents) / 10_000 }

    private func goal(_ text: String) -> String { scale.agents == 10_000 ? text : "\(text) × \(share.text(2))" }
}
