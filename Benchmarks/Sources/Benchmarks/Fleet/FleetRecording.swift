import Glibc

/// A run of a whole fleet: what it cost the collector, and how fast it was acknowledged.
struct FleetRecording {
    let frames: Int
    let values: Int
    let seconds: Double
    /// Seconds of the collector's CPU from tick 0 until all was acknowledged, which is a little longer than `seconds`.
    let cpu: Double
    /// CPU time of the fleet for the same.
    let fleetCPU: Double
    /// How many cores worked for others.
    let others: Double
    /// Ticks that run.json says are missing, and what it says.
    let missing: Int
    let verdict: String
    /// Frames that were not acknowledged before the next tick.
    let late: Int
    /// In milliseconds: from the tick's instant to the acknowledgement, and the same from the moment when the frame was sent.
    let acknowledgement: (p50: Double, p99: Double)
    let answer: (p50: Double, p99: Double)
    /// From the tick's instant until the fleet had sent, 99 %: what the fleet itself adds.
    let sending: Double
    /// In seconds: from the command to the instant at which the last node had sent its first tick, and to its acknowledgement. `nil` when not all
    /// nodes have sent the run's first tick.
    let first: (sent: Double, acknowledged: Double)?
    let counts: Fleet.Counts

    /// How long a run may take to begin, to be acknowledged after its last tick, and to be closed.
    private static let limit = 120.0

    var cores: Double { cpu / seconds }
    var perFrame: Double { cpu / Double(max(frames, 1)) * 1e6 }

    /// Records a run with all agents of the fleet, which are connected, and removes it when it has been counted.
    /// - Throws: `BenchmarkError` when the run doesn't begin, or isn't closed.
    static func record(
        _ fleet: Fleet, _ collector: FleetCollector, run name: String, interval: Int, ticks: Int
    ) throws -> FleetRecording {
        fleet.counts = Fleet.Counts()
        let begun = Clock.wallMicroseconds()
        let start = try collector.start(name, interval: "\(interval)ms", duration: "\(interval * ticks)ms", expect: fleet.agents.count)
        defer { start.stop() }
        try fleet.serve(seconds: limit) {
            try collector.checkAlive()
            if let (status, output) = try start.ended(), status != 0 {
                throw BenchmarkError("`sonde start` ended with status \(status): \(output.suffix(500))")
            }
            return fleet.log != nil
        }
        guard let run = fleet.log?.run else { throw BenchmarkError("no agent was told of the run within \(limit.text(0)) s") }
        defer { fleet.endRun() }
        try serve(fleet, collector, until: run.t0)
        let busyness = Busyness()
        let cpuStart = (collector: try collector.cpu(), fleet: Clock.threadCPU())
        let seconds = Double(Int64(ticks) * run.interval) / 1e6
        try serve(fleet, collector, until: run.t0 + Int64(ticks) * run.interval)
        // What isn't acknowledged yet has still to be paid for.
        var nextLook = Clock.wallMicroseconds()
        func isClosed() throws -> Bool {
            try collector.checkAlive()
            guard Clock.wallMicroseconds() >= nextLook else { return false }
            nextLook = Clock.wallMicroseconds() + Fleet.second / 2
            return collector.isClosed(name)
        }
        try fleet.serve(seconds: limit) { try fleet.isAcknowledged || isClosed() }
        let cpu = try collector.cpu() - cpuStart.collector
        let fleetCPU = Double(Clock.threadCPU() - cpuStart.fleet) / 1e9
        let others = busyness.others(than: cpu + fleetCPU)
        let frames = fleet.counts.frames

        let isOver = try fleet.serve(seconds: limit, isClosed)
        guard isOver, let log = fleet.log else {
            throw BenchmarkError("the run was not closed within \(limit.text(0)) s of its last tick\(fleet.counts.faults)")
        }
        let manifest = try collector.manifest(name)
        try collector.remove(name)
        let present = manifest.nodes.reduce(0) { $0 + Int($1.present ?? 0) }
        let acknowledged = log.acknowledgements
        let answers = log.answers
        return FleetRecording(
            frames: frames, values: frames * fleet.load.cells, seconds: seconds, cpu: cpu, fleetCPU: fleetCPU, others: others,
            missing: fleet.agents.count * ticks - present, verdict: manifest.verdict ?? manifest.state, late: log.late,
            acknowledgement: (quantile(acknowledged, 0.5) / 1000, quantile(acknowledged, 0.99) / 1000),
            answer: (quantile(answers, 0.5) / 1000, quantile(answers, 0.99) / 1000), sending: quantile(log.sendings, 0.99) / 1000,
            first: log.first.map { (Double($0.sent - begun) / 1e6, Double($0.acknowledged - begun) / 1e6) }, counts: fleet.counts)
    }

    private static func serve(_ fleet: Fleet, _ collector: FleetCollector, until instant: Int64) throws {
        try fleet.serve(seconds: Double(instant - Clock.wallMicroseconds()) / 1e6) {
            try collector.checkAlive()
            return false
        }
    }
}
