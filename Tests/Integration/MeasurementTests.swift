import StatsCore
import Testing

extension IntegrationTests {
    /// Containers whose numbers are known beforehand.
    @Suite struct Measurement {
        @Test(
            "A container that burns half a core reads 50 ± 3 %, and one that holds 32 MiB reads so", .engine,
            arguments: [("docker", "1s", "10s"), ("cgroup", "200ms", "6s")])
        func knownNumbers(mode: String, interval: String, duration: String) async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                _ = try await lab.workload(scene, "burn").succeeded()
                _ = try await lab.workload(scene, "hold").succeeded()
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector, containers: mode, socket: lab.socket)
                try await eventually("two live containers") { try collector.control.instances().nodes.first?.containers == 2 }
                let burning = try #require(await lab.containers(scene).first { $0.name == "burn" })
                let burner = try #require(await lab.processes(scene, burning).first)

                // On a machine that is busy with other things nobody burns half a core; then there is nothing to compare with.
                var name = ""
                var truth = 0.0
                for attempt in 1...4 where abs(truth - 50) > 1.5 {
                    name = "known\(attempt)"
                    let (began, before) = (ContinuousClock.now, KernelFacts.cpuTime(burner.pid) ?? 0)
                    try collector.control.start(name, "interval=\(interval)&duration=\(duration)")
                    try await collector.control.runOver(within: .seconds(40))
                    let elapsed = began.duration(to: .now) / .microseconds(1)
                    truth = Double((KernelFacts.cpuTime(burner.pid) ?? 0) - before) / elapsed * 100
                }
                #expect(abs(truth - 50) <= 1.5, "the machine is too busy: of its half core the container got \(truth) %")

                let run = try RecordedRun(collector.data + "/\(name)")
                #expect(run.manifest.state == .complete, "\(run.manifest.verdict ?? "no verdict")")
                try Self.checkBurn(run)
                try Self.checkHold(run)
            }
        }

        private static func checkBurn(_ run: RecordedRun) throws {
            let rows = try run.table("container").rows.filter { $0["container"] == "burn" && $0.tick >= 2 && $0["cpu_us"] != nil }
            let percents = rows.compactMap { $0.decimal("cpu_percent") }
            let average = percents.reduce(0, +) / Double(max(percents.count, 1))
            #expect(percents.count >= 6 && abs(average - 50) <= 3, "cpu_percent is \(average) on average of \(percents)")

            let first = try #require(rows.first)
            let last = try #require(rows.last)
            let used = Double((last.integer("cpu_us") ?? 0) - (first.integer("cpu_us") ?? 0))
            let elapsed = try Double(readAt(last, run) - readAt(first, run))
            #expect(abs(used / elapsed * 100 - 50) <= 3, "\(used) µs of CPU in \(elapsed) µs")
            #expect(rows.allSatisfy { $0.decimal("cpu_limit") == 0.5 })
            #expect(last.integer("cpu_throttled_us") ?? 0 > 0)

            let processes = try run.table("process").rows.filter { $0["container"] == "burn" && $0.tick >= 2 }.compactMap {
                $0.decimal("cpu_percent")
            }
            let share = processes.reduce(0, +) / Double(max(processes.count, 1))
            #expect(abs(share - 50) <= 3, "its process reads \(share)")
        }

        /// When the counters of a row were read, in µs since the run's beginning.
        private static func readAt(_ row: CSVTable.Row, _ run: RecordedRun) throws -> Int64 {
            try Int64(row.tick) * run.manifest.intervalUs - #require(row.integer("sample_age_us"))
        }

        private static func checkHold(_ run: RecordedRun) throws {
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
