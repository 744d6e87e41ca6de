import StatsCore
import Synchronization
import TestSupport
import Testing

extension IntegrationTests {
    /// Where the counters of containers come from, by the agent's `--containers`.
    @Suite("Who reads the containers") struct Readers {
        @Test(
            "By default every container is read from its cgroup at the tick, and the engine, asked for no counters, tells names and states",
            .engine)
        func byDefault() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                let asked = Mutex<[String]>([])
                let proxy = try EngineProxy(scene, engine: lab.socket)
                proxy.answer { target in
                    asked.withLock { $0.append(target) }
                    return .forward
                }
                _ = try await lab.workload(scene, "burn").succeeded()
                _ = try await lab.run(scene, name: "idle", "while :; do sleep 1; done")
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector, containers: "auto", socket: proxy.path, options: Lab.only)
                try await collector.control.shows(lab.ids(scene))
                try collector.control.start("default", "interval=1s")
                try await collector.control.ticks(3, of: "here")
                let late = try await lab.run(scene, name: "late", "while :; do sleep 1; done")
                try await eventually("rows of one that starts within the run") {
                    try collector.control.durable("container").count { $0["container_id"] == late } >= 3
                }
                _ = try collector.control.stop()

                let run = try RecordedRun(collector.data + "/default")
                try await run.checkFiles(scene)
                try run.checkWhole("here")
                let rows = try run.table("container").rows
                #expect(Set(rows.compactMap { $0["container"] }) == ["burn", "idle", "late"])
                #expect(rows.allSatisfy { $0["source"] == "cgroup" && $0["state"] == "running" && $0["oom_kills"] == "0" })
                let used = rows.filter { $0["container"] == "burn" }.compactMap { $0.integer("cpu_us") }
                #expect(used.count >= 5 && zip(used, used.dropFirst()).allSatisfy { $0 < $1 }, "no reading is told twice: \(used)")
                let (all, stats) = asked.withLock { asked in (asked.count, asked.filter { $0.contains("/stats") }) }
                #expect(all > 0 && stats.isEmpty, "\(stats)")
            }
        }

        @Test(
            "An agent that sees no cgroups has the engine's counters by default, with states, and says that they are the engine's", .engine,
            .root)
        func withoutCgroups() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                _ = try await lab.workload(scene, "burn").succeeded()
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(
                    collector, containers: "auto", socket: lab.socket,
                    prefix: ["unshare", "--mount", "sh", "-c", "umount --recursive --lazy /sys/fs/cgroup && exec \"$@\"", "sh"],
                    options: Lab.only)
                try await collector.control.shows(lab.ids(scene))
                for (name, interval) in [("slow", "1s"), ("quick", "200ms")] {
                    try collector.control.start(name, "interval=\(interval)")
                    try await eventually("different readings") {
                        Set(try collector.control.durable("container").compactMap { $0["cpu_us"] }).count >= 3
                    }
                    _ = try collector.control.stop()
                    let run = try RecordedRun(collector.data + "/\(name)")
                    try run.checkWhole("here")
                    let rows = try run.table("container").rows
                    #expect(rows.allSatisfy { $0["container"] == "burn" && $0["state"] == "running" })
                    #expect(Set(rows.compactMap { $0["source"] }) == ["docker"])
                    #expect(rows.allSatisfy { $0["oom_kills"] == nil && $0["started_us"] != nil })
                }
            }
        }

        @Test("With the engine as reader, OOM kills and the peak, which it doesn't tell, are the kernel's", .engine)
        func engineFilled() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                let id = try await lab.run(
                    scene, name: "victim", "sleep 2; dd if=/dev/zero of=/dev/null bs=64M; while :; do sleep 1; done",
                    options: ["--memory", "16m"])
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector, containers: "docker", socket: lab.socket, options: Lab.only)
                try collector.control.start("filled", "interval=1s")
                try await eventually("a kill in a row of the engine's") {
                    try collector.control.durable("container").contains { $0["container_id"] == id && $0.integer("oom_kills") ?? 0 > 0 }
                }
                _ = try collector.control.stop()
                let rows = try RecordedRun(collector.data + "/filled").table("container").rows.filter { $0["source"] != nil }
                #expect(rows.allSatisfy { $0["source"] == "docker" && $0["oom_kills"] != nil && $0["memory_peak_bytes"] != nil })
                let kills = rows.compactMap { $0.integer("oom_kills") }
                #expect(kills == kills.sorted())
            }
        }
    }
}
