import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// Containers that start and end while a run is in progress.
    @Suite("Containers that come and go") struct Lifecycle {
        @Test(
            "A container that starts, one that dies and one that lives for a moment have their rows and events", .engine,
            arguments: ["auto", "cgroup"])
        func comingAndGoing(mode: String) async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                _ = try await lab.workload(scene, "up", "1").succeeded()
                let dying = try await lab.run(scene, name: "dying", "while :; do sleep 1; done")
                let living = try await lab.ids(scene)
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector, containers: mode, socket: lab.socket)
                try await collector.control.shows(living)

                try collector.control.start("life", "interval=1s")
                try await Self.ticks(2, collector)
                let late = try await lab.run(scene, name: "late", "while :; do sleep 1; done")
                try await lab.docker(scene, "kill", dying)
                let brief = try await lab.run(scene, name: "brief", "sleep 0.1; exit 3")
                try await lab.docker(scene, "wait", brief)
                let soFar = try collector.control.status().run?.rows["host"] ?? 0
                try await Self.ticks(soFar + 3, collector)
                try await eventually("the end of the brief one") {
                    try collector.control.durable("event").contains { $0["kind"] == "container die" && $0["container_id"] == brief }
                }
                _ = try collector.control.stop()

                let run = try RecordedRun(collector.data + "/life")
                try await run.checkFiles(scene)
                try run.checkWhole("here")
                let missing = try run.late("container", of: "here")
                let present = try run.ticks(of: "here").filter { !missing.contains($0) }
                func ticks(_ id: String) throws -> [Int] { try run.table("container").rows.filter { $0["container_id"] == id }.map(\.tick) }
                let dyingTicks = try ticks(dying)
                #expect(
                    !dyingTicks.isEmpty && dyingTicks == Array(present.prefix(dyingTicks.count)) && dyingTicks.count < present.count - 1,
                    "\(dyingTicks) of \(present)")
                let lateTicks = try ticks(late)
                let first = try #require(lateTicks.first)
                #expect(first > 0 && lateTicks == present.filter { $0 >= first }, "\(lateTicks) of \(present)")

                let all = try run.table("event").rows
                func events(_ kind: String, _ id: String) -> [CSVTable.Row] {
                    all.filter { $0["kind"] == kind && $0["container_id"] == id }
                }
                #expect(events("container start", late).count == 1 && events("container start", brief).count == 1)
                #expect(events("container start", dying).isEmpty && events("container die", late).isEmpty)
                #expect(events("container die", dying).map { $0.integer("exit_code") } == [137])
                #expect(events("container die", brief).map { $0.integer("exit_code") } == [3])
                #expect(events("container die", brief).first?["container"] == "brief")
                // It lives for 0.1 s of a 1 s interval; on a busy machine the engine may need a tick or two to start it and to notice its end.
                let (begun, ended) = try (#require(events("container start", brief).first), #require(events("container die", brief).first))
                let briefTicks = try ticks(brief)
                #expect(!briefTicks.isEmpty && briefTicks.allSatisfy { (begun.tick...ended.tick).contains($0) }, "\(briefTicks)")
                #expect(briefTicks.count <= 1 + ended.tick - begun.tick, "its last row, and one for each tick in its life")
            }
        }

        /// Waits until this many ticks are on the disk.
        private static func ticks(_ count: UInt64, _ collector: Collector) async throws {
            try await eventually("\(count) ticks on the disk") { try collector.control.status().run?.rows["host"] ?? 0 >= count }
        }
    }
}
