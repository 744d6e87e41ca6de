import Glibc

/// All agents of a fleet connect again after the collector has crashed.
struct FleetReturn {
    /// From the moment when the collector listens until the last agent is let in.
    let seconds: Double
    let timeouts: Int
    /// Connections that the kernel did not finish in time, or refused while nobody listened.
    let unconnected: Int
    let refusals: [String: Int]

    /// How long the last agent may take.
    private static let limit = 60.0

    /// - Parameter comesBack: by chance, as Sonde's agents do, or all together once the collector listens.
    /// - Throws: `BenchmarkError` when not all agents are let in within a minute.
    static func measure(_ stage: FleetStage, _ comesBack: Fleet.Return) throws -> FleetReturn {
        let fleet = stage.fleet
        fleet.comesBack = comesBack
        stage.collector.crash()
        // All notice it before the collector is back, as they would on hosts of their own.
        guard try fleet.serve(seconds: 10, { fleet.upCount == 0 }) else { throw BenchmarkError("the agents did not notice the crash") }
        fleet.counts = Fleet.Counts()
        let isReady = try stage.collector.comeBack()
        guard try fleet.serve(seconds: 20, isReady) else { throw BenchmarkError("the collector was not ready within 20 s of its crash") }
        let start = Clock.monotonic()
        if comesBack == .together {
            fleet.comesBack = .byChance
            try fleet.connectAll()
        }
        try stage.settle(seconds: limit)
        let elapsed = Double(Clock.monotonic() - start) / 1e9
        return FleetReturn(
            seconds: elapsed, timeouts: fleet.counts.refusals["handshake_timeout"] ?? 0, unconnected: fleet.counts.unconnected,
            refusals: fleet.counts.refusals)
    }
}
