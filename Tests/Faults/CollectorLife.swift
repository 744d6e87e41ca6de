import StatsCore
import Testing

/// The collector of a fault test over several starts, and the fleet that delivers to it.
final class CollectorLife {
    let scene: Scene
    private(set) var collector: Collector
    let fleet: SyntheticFleet
    let name: String

    /// Starts a collector and a fleet, and a run.
    ///
    /// - Parameters:
    ///   - query: as in `POST /start`.
    ///   - bulk: how many rows each tick has in `process`.
    ///   - lead: how far ahead of time the agents make ticks (µs); below zero it holds them back.
    init(
        _ scene: Scene, agents: Int = 4, bulk: Int = 0, run name: String = "run", _ query: String = "interval=10ms", data: String? = nil,
        prefix: [String] = [], lead: Int64 = 0
    ) async throws {
        self.scene = scene
        self.name = name
        collector = try await scene.collector(data: data, prefix: prefix)
        fleet = try await SyntheticFleet(scene, collector, count: agents, bulk: bulk)
        for agent in fleet.agents { agent.with { $0.conditions.lead = lead } }
        try collector.control.start(name, query + "&expect=\(agents)")
    }

    /// Starts the collector again after it has ended.
    func restart(prefix: [String] = []) async throws {
        collector = try await scene.collector(like: collector, prefix: prefix)
    }

    func kill() async throws { try await collector.child.crash() }

    /// Faults are off: rows flow again (I10), all is delivered, the run is closed, and every invariant holds.
    func finish() async throws -> RecordedRun {
        try await flows()
        let run = try await close()
        try await check(run)
        return run
    }

    /// The same when peers outside of the fleet took part, so that the verdict is also about them.
    func finishBeside() async throws -> RecordedRun {
        try await flows()
        let run = try await close()
        let checked = try Invariants(run, fleet, beside: true)
        #expect(checked.violations.isEmpty && checked.found > 0, "\(checked.violations.prefix(5))")
        try await run.checkFiles(scene)
        return run
    }

    /// Waits until rows of every agent flow again (I10), and says how long that took: five seconds are promised where nothing else runs.
    func flows() async throws {
        let began = ContinuousClock.now
        try await fleet.progress(1)
        FaultPlan.report("rows of every agent after the fault", "\(began.duration(to: .now) / .seconds(1)) s")
    }

    /// Stops the run once everything is delivered.
    func close() async throws -> RecordedRun {
        let stopped = try collector.control.stop()
        try await fleet.drained()
        #expect(stopped.name == name)
        return try RecordedRun("\(collector.data)/\(name)")
    }

    /// Checks a closed run in every available way.
    func check(_ run: RecordedRun) async throws {
        let checked = try Invariants(run, fleet)
        #expect(checked.violations.isEmpty, "\(checked.violations.count) violations, such as \(checked.violations.prefix(5))")
        #expect(checked.found > 0, "nothing was checked")
        try await run.checkFiles(scene)
    }
}

extension Scene {
    /// Starts a collector with faults on this data directory, without agents.
    /// - Returns: whether a fault ended it before it was ready.
    func collectorDies(data: String, _ faults: Injection) async throws -> Bool {
        do {
            try await collector(data: data, prefix: faults.prefix).child.crash()
        } catch is Child.Failure {}
        return faults.hasKilled
    }
}
