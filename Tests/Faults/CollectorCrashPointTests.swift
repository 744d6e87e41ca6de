import Foundation
import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// The collector is killed right before its n-th system call of a kind.
    @Suite("A collector that dies at a certain point") struct CollectorCrashPoints {
        /// The values of n: in the long form all that are reached. Each test ends with the first that isn't.
        static let points = FaultPlan.isLong ? Array(1...40) : [1, 2, 4]

        @Test(
            "A collector that dies at any write, sync or cut, while it recovers or commits, loses nothing",
            arguments: ["pwrite64", "fdatasync", "ftruncate"])
        func lives(call: String) async throws {
            try await Scene.run { scene in
                let life = try await CollectorLife(scene, agents: 2)
                var deaths = 0
                for point in Self.points {
                    try await life.fleet.progress(3)
                    try await life.kill()
                    let faults = Injection(scene, [.init(call, "signal=KILL", when: "\(point)")])
                    let died = try await Self.dies(life, faults)
                    if died { deaths += 1 } else { try await life.kill() }
                    try await life.restart()
                    if !died { break }
                }
                #expect(deaths > 0, "no life ended at \(call)")
                try await scene.verify(try await life.finish())
            }
        }

        /// Starts the collector with faults and lets the fleet deliver to it.
        /// - Returns: whether a fault ended it.
        private static func dies(_ life: CollectorLife, _ faults: Injection) async throws -> Bool {
            do {
                try await life.restart(prefix: faults.prefix)
                let child = life.collector.child
                let goal = life.fleet.acknowledged + 120
                let fleet = life.fleet
                try await eventually("the end or progress") { child.poll() != nil || fleet.acknowledged > goal }
            } catch is Child.Failure {
                // The fault ended it before it was ready.
            }
            return faults.hasKilled
        }

        @Test(
            "A collector that dies while it makes a run leaves the whole run or none, and the name is free then",
            arguments: ["mkdirat", "pwrite64", "fsync", "renameat"])
        func starting(call: String) async throws {
            try await Scene.run { scene in
                var collector = try await scene.collector()
                let fleet = try await SyntheticFleet(scene, collector, count: 1)
                try await collector.child.crash()
                var deaths = 0
                for point in Self.points {
                    let name = "run\(point)"
                    // The first write of each start is that of the lock file.
                    let faults = Injection(scene, [.init(call, "signal=KILL", when: "\(call == "pwrite64" ? point + 1 : point)")])
                    guard let doomed = try? await scene.collector(like: collector, prefix: faults.prefix) else { continue }
                    try await fleet.welcome()
                    _ = try? doomed.control.send("POST", "/start/\(name)?interval=10ms")
                    let isOver = faults.hasKilled
                    try await doomed.child.crash()
                    collector = try await scene.collector(like: doomed)
                    if isOver { deaths += 1 }
                    if try collector.control.status().run == nil {
                        let left = try FileManager.default.contentsOfDirectory(atPath: collector.data).filter { $0 == name }
                        #expect(left.isEmpty, "a run that was not made left \(left)")
                        try await fleet.welcome()
                        try collector.control.start(name, "interval=10ms")
                    }
                    try await fleet.progress(2)
                    _ = try collector.control.stop()
                    try await fleet.drained()
                    try await Self.check(RecordedRun("\(collector.data)/\(name)"), fleet, scene)
                    try await collector.child.crash()
                    if !isOver { break }
                }
                #expect(deaths > 0, "no start ended at \(call)")
            }
        }

        @Test(
            "A collector that dies while it closes a run closes it when it is started again",
            arguments: ["pwrite64", "fdatasync", "fsync", "renameat", "unlinkat"])
        func closing(call: String) async throws {
            try await Scene.run { scene in
                var deaths = 0
                for point in Self.points {
                    let life = try await CollectorLife(scene, agents: 2, run: "run\(point)", data: scene.makeDirectory("data\(point)"))
                    try await life.fleet.progress(2)
                    // The run is stopped while the agents stand still, so it is closed by the next start.
                    for agent in life.fleet.agents { agent.with { $0.conditions.isStopped = true } }
                    let control = life.collector.control
                    let stopping = Task.detached { _ = try? control.send("POST", "/stop") }
                    try await eventually("the run being stopped on disk") {
                        try RecordedRun("\(life.collector.data)/run\(point)").manifest.state == .stopping
                    }
                    try await life.kill()
                    _ = await stopping.value
                    for agent in life.fleet.agents { agent.with { $0.conditions.isStopped = false } }
                    let faults = Injection(scene, [.init(call, "signal=KILL", when: "\(point)")])
                    let isOver: Bool
                    do {
                        try await life.restart(prefix: faults.prefix)
                        let child = life.collector.child
                        try await eventually("the end of the run, or of the collector") {
                            child.poll() != nil || (try? control.status().run == nil) ?? false
                        }
                    } catch is Child.Failure {}
                    isOver = !faults.hasKilled
                    if isOver {
                        if life.collector.child.poll() == nil { try await life.kill() }
                    } else {
                        deaths += 1
                    }
                    try await life.restart()
                    try await life.collector.control.runOver()
                    try await life.fleet.drained()
                    try await life.check(RecordedRun("\(life.collector.data)/run\(point)"))
                    try await life.kill()
                    life.fleet.end()
                    if isOver { break }
                }
                #expect(deaths > 0, "no end of a run was cut short at \(call)")
            }
        }

        private static func check(_ run: RecordedRun, _ fleet: SyntheticFleet, _ scene: Scene) async throws {
            let checked = try Invariants(run, fleet)
            #expect(checked.violations.isEmpty && checked.found > 0, "\(checked.violations.prefix(5))")
            try await run.checkFiles(scene)
        }
    }
}
