import Glibc

/// How large a fleet is, and how long each of its figures is measured.
struct FleetScale {
    var agents = 10_000
    var seconds = 30
    /// The median of so many measurements is reported.
    var repeats = 3

    static let quick = FleetScale(agents: 1000, seconds: 10, repeats: 1)
}

/// A collector and a fleet that is connected to it.
struct FleetStage {
    let collector: FleetCollector
    let fleet: Fleet
    /// The collector's resident memory before anybody had connected, in bytes.
    let bare: Double

    /// - Throws: `BenchmarkError` when not all agents are let in within two minutes.
    init(_ setting: Setting, name: String, agents: Int, load: FleetLoad, spread: Int64 = Fleet.spread) throws {
        let collector = try FleetCollector(setting, name: name)
        self.collector = collector
        let fleet = try Fleet(agents, load: load, port: collector.ports.agents, prefix: "\(name)-", spread: spread)
        self.fleet = fleet
        sleep(2)
        bare = try collector.resident()
        try settle(seconds: 120)
    }

    /// Waits until all agents are let in.
    func settle(seconds: Double) throws {
        let isUp = try fleet.serve(seconds: seconds) {
            try collector.checkAlive()
            return fleet.isUp
        }
        guard isUp else {
            throw BenchmarkError(
                "only \(fleet.upCount) of \(fleet.agents.count) agents were let in within \(seconds.text(0)) s; refused: \(fleet.counts.refusals)"
            )
        }
    }

    /// Serves the fleet for some seconds.
    /// - Returns: the CPU of the collector and of the fleet, in cores.
    @discardableResult
    func run(seconds: Double) throws -> (collector: Double, fleet: Double) {
        let start = (collector: try collector.cpu(), fleet: Clock.threadCPU(), time: Clock.monotonic())
        try fleet.serve(seconds: seconds) {
            try collector.checkAlive()
            return false
        }
        let elapsed = Double(Clock.monotonic() - start.time) / 1e9
        return ((try collector.cpu() - start.collector) / elapsed, Double(Clock.threadCPU() - start.fleet) / 1e9 / elapsed)
    }
}
