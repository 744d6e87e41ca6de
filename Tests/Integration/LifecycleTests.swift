import StatsCore
import Testing

extension IntegrationTests {
    /// Containers that come and go while a run is in progress.
    @Suite struct Lifecycle {
        @Test(
            "A container that starts, one that dies and one that lives for a moment have their rows and events", .engine,
            arguments: ["auto", "cgroup"])
        func comingAndGoing(mode: String) async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                _ = try await lab.workload(scene, "up", "1").succeeded()
                let dying = try await lab.run(scene, name: "dying", "while :; do sleep 1; done")
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector, containers: mode, socket: lab.socket)
                try await eventually("two live containers") { try collector.control.instances().nodes.first?.containers == 2 }

                try collector.control.start("life", "interval=1s")
                try await Self.ticks(2, collector)
                let late = try await lab.run(scene, name: "late", "while :; do sleep 1; done")
                try await lab.docker(scene, "kill", dying)
                let brief = try await lab.run(scene, name: "brief", "sleep 0.1; exit 3")
                try await lab.docker(scene, "wait", brief)
                let soFar = try collector.control.status().run?.rows["host"] ?? 0
                try await Self.ticks(soFar + 3, collector)
                let manifest = try collector.control.stop()
                #expect(manifest.state == .complete, "\(manifest.verdict ?? "no verdict")")

                let run = try RecordedRun(collector.data + "/life")
                try await run.checkFiles(scene)
                let last = try #require(run.manifest.lastTick.map { Int($0) })
                func ticks(_ id: String) throws -> [Int] { try run.table("container").rows.filter { $0["container_id"] == id }.map(\.tick) }
                let dyingTicks = try ticks(dying)
                #expect(
                    dyingTicks.first == 0 && dyingTicks == Array(0..<dyingTicks.count) && dyingTicks.count < last,
                    "\(dyingTicks) of \(last)")
                let lateTicks = try ticks(late)
                let first = try #require(lateTicks.first)
                #expect(first > 0 && lateTicks == Array(first...last), "\(lateTicks) of \(last)")
                #expect(try ticks(brief).count == 1, "a container that lived for 0.1 s of a 1 s interval has one row")

                let all = try run.table("event").rows
                func events(_ kind: String, _ id: String) -> [CSVTable.Row] {
                    all.filter { $0["kind"] == kind && $0["container_id"] == id }
                }
                #expect(events("container start", late).count == 1 && events("container start", brief).count == 1)
                #expect(events("container start", dying).isEmpty && events("container die", late).isEmpty)
                #expect(events("container die", dying).map { $0.integer("exit_code") } == [137])
                #expect(events("container die", brief).map { $0.integer("exit_code") } == [3])
                #expect(events("container die", brief).first?["container"] == "brief")
            }
        }

        /// Waits until so many ticks are on the disk.
        private static func ticks(_ count: UInt64, _ collector: Collector) async throws {
            try await eventually("\(count) ticks on the disk", within: .seconds(30)) {
                try collector.control.status().run?.rows["host"] ?? 0 >= count
            }
        }
    }
}
