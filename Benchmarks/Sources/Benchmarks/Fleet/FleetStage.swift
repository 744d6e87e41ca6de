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

    /// - Parameters:
    ///   - prefix: the nodes' names begin with it.
    ///   - spread: the most that an agent sends behind a tick's instant, in microseconds.
    /// - Throws: `BenchmarkError` when not all agents are let in within two minutes.
    init(_ collector: FleetCollector, agents: Int, load: FleetLoad, prefix: String, spread: Int64 = Fleet.spread) throws {
        self.collector = collector
        fleet = try Fleet(agents, load: load, port: collector.ports.agents, prefix: prefix, spread: spread)
        sleep(2)
        bare = try collector.resident()
        try settle(seconds: 120)
    }

    /// Ends all connections, and waits until the collector has noticed.
    func disconnect() throws {
        fleet.disconnect()
        sleep(1)
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
    /// - Returns: the CPU of the collector, of the fleet and of others on this machine, in cores.
    @discardableResult
    func run(seconds: Double) throws -> (collector: Double, fleet: Double, others: Double) {
        let busyness = Busyness()
        let start = (collector: try collector.cpu(), fleet: Clock.threadCPU(), time: Clock.monotonic())
        try fleet.serve(seconds: seconds) {
            try collector.checkAlive()
            return false
        }
        let elapsed = Double(Clock.monotonic() - start.time) / 1e9
        let used = (collector: try collector.cpu() - start.collector, fleet: Double(Clock.threadCPU() - start.fleet) / 1e9)
        return (used.collector / elapsed, used.fleet / elapsed, busyness.others(than: used.collector + used.fleet))
    }
}
