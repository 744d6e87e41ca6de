import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// Containers whose use of resources is known beforehand.
    @Suite("Containers whose numbers are known") struct Measurement {
        @Test(
            "Each reading of a container that may burn half a core is what the kernel had given it by then, and one that holds 32 MiB reads so",
            .engine, arguments: [("docker", "1s", "10s"), ("cgroup", "200ms", "6s")])
        func knownNumbers(mode: String, interval: String, duration: String) async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                _ = try await lab.workload(scene, "burn").succeeded()
                _ = try await lab.workload(scene, "hold").succeeded()
                try await lab.fills(scene, "hold", bytes: 32 << 20)
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector, containers: mode, socket: lab.socket)
                try await collector.control.shows(lab.ids(scene))
                let burning = try #require(await lab.containers(scene).first { $0.name == "burn" })
                let burner = try #require(await lab.processes(scene, burning).first).pid
                let watch = try CPUWatch(scene, burner)

                try collector.control.start("known", "interval=\(interval)&duration=\(duration)")
                try await collector.control.runOver()
                let run = try RecordedRun(collector.data + "/known")
                try run.checkWhole("here")
                try await watch.outlasts(run)
                try Self.checkBurn(run, burner, watch, isFromEngine: mode == "docker")
                try Self.checkHold(run)
            }
        }

        /// - Parameters:
        ///   - burner: the pid of the container's only process.
        ///   - isFromEngine: whether the counters came from the engine, which says when it answered, not when it read them.
        static func checkBurn(_ run: RecordedRun, _ burner: Int64, _ watch: CPUWatch, isFromEngine: Bool = false) throws {
            // The watch has begun just before the run.
            let rows = try run.table("container").rows.filter { $0["container"] == "burn" && $0["cpu_us"] != nil && $0.tick >= 2 }
            #expect(rows.count >= 6)
            try watch.check(groups: rows, of: run, lag: isFromEngine ? 1_000_000 : CPUWatch.slack)
            // What it reads above what its counters say. Docker's own formula divides by clock ticks of the host: its errors cancel out.
            let errors: [Double] = try zip(rows, rows.dropFirst()).filter { $1.tick == $0.tick + 1 }.compactMap { before, row in
                let used = try Double(#require(row.integer("cpu_us")) - #require(before.integer("cpu_us")))
                // A busy engine may have nothing newer.
                let elapsed = try run.readAt(row) - run.readAt(before)
                return try elapsed > 0 ? #require(row.decimal("cpu_percent")) - used / Double(elapsed) * 100 : nil
            }
            if isFromEngine {
                #expect(abs(errors.reduce(0, +)) < 3 * Double(errors.count), "\(errors)")
            } else {
                #expect(errors.allSatisfy { abs($0) < 0.5 }, "\(errors)")
            }
            #expect(rows.allSatisfy { $0.decimal("cpu_limit") == 0.5 })
            let (first, last) = (try #require(rows.first), try #require(rows.last))
            let share = try watch.share(in: run.readAt(first)...run.readAt(last))
            #expect(share < 48 || last.integer("cpu_throttled_us") ?? 0 > 0, "who gets all of it is held back")

            let processes = try run.table("process").rows.filter { $0.integer("pid") == burner && $0.tick >= 2 }
            #expect(processes.count >= 6 && processes.allSatisfy { $0["container"] == "burn" })
            try watch.check(processes: processes, of: run)
        }

        static func checkHold(_ run: RecordedRun) throws {
            let size: ClosedRange<Int64> = 32 << 20...36 << 20
            let rows = try run.table("container").rows.filter { $0["container"] == "hold" && $0.tick >= 2 && $0["source"] != nil }
            #expect(rows.count >= 6)
            #expect(rows.allSatisfy { size.contains($0.integer("memory_rss_bytes") ?? 0) }, "\(rows.map { $0["memory_rss_bytes"] ?? "" })")
            #expect(rows.allSatisfy { $0.integer("memory_usage_bytes") ?? 0 >= 32 << 20 })
            let holders = try run.table("process").rows.filter { $0["container"] == "hold" && $0["comm"] == "dd" && $0.tick >= 2 }
            #expect(Set(holders.map(\.tick)).count >= 6)
            #expect(holders.allSatisfy { size.contains($0.integer("rss_bytes") ?? 0) }, "\(holders.map { $0["rss_bytes"] ?? "" })")
        }
    }
}
