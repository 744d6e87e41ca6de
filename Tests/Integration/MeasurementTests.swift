import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// Containers whose use of resources is known beforehand.
    @Suite("Containers whose numbers are known") struct Measurement {
        @Test(
            "A container that burns half a core reads as much as the kernel gave it, ± 3 %, and one that holds 32 MiB reads so", .engine,
            arguments: [("docker", "1s", "10s"), ("cgroup", "200ms", "6s")])
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
                let burner = try #require(await lab.processes(scene, burning).first)

                let (run, share) = try await Self.record(collector, burner.pid, interval: interval, duration: duration)
                try run.checkWhole("here")
                try Self.checkBurn(run, share: share)
                try Self.checkHold(run)
            }
        }

        /// Records a burner. On a machine that is busy with other things it gets less than its half core: what counts is what it got. As that
        /// changes from one moment to the next there, a run is measured again when its two halves differ.
        /// - Returns: the run, and the percent of a core that the burner had in it.
        static func record(_ collector: Collector, _ burner: Int64, interval: String, duration: String) async throws -> (
            RecordedRun, Double
        ) {
            var name = ""
            var share = 0.0
            for attempt in 1...5 {
                name = "known\(attempt)"
                try collector.control.start(name, "interval=\(interval)&duration=\(duration)")
                let begin = Usage(burner)
                try await eventually("half of the run") {
                    try collector.control.status().run.map { $0.elapsedUs * 2 > $0.durationUs ?? 0 } ?? true
                }
                let middle = Usage(burner)
                try await collector.control.runOver()
                let end = Usage(burner)
                share = begin.percent(until: end)
                if abs(begin.percent(until: middle) - middle.percent(until: end)) < 2 { break }
            }
            return (try RecordedRun(collector.data + "/\(name)"), share)
        }

        /// The CPU time that a process has had by an instant, as the kernel itself counts it.
        struct Usage {
            let at = ContinuousClock.now
            let cpu: Int64

            init(_ pid: Int64) { cpu = KernelFacts.cpuTime(pid) ?? 0 }

            func percent(until later: Usage) -> Double { Double(later.cpu - cpu) / (at.duration(to: later.at) / .microseconds(1)) * 100 }
        }

        /// - Parameters:
        ///   - share: percent of a core that the container got.
        ///   - tolerance: in percent of a core.
        static func checkBurn(_ run: RecordedRun, share: Double, within tolerance: Double = 3) throws {
            // What it got before and behind the run is in the share, too: where others work here, and it gets less than its half, that differs.
            func isNear(_ percent: Double) -> Bool {
                share < 48 ? (1...50 + tolerance).contains(percent) : abs(percent - share) <= tolerance
            }
            let rows = try run.table("container").rows.filter { $0["container"] == "burn" && $0.tick >= 2 && $0["cpu_us"] != nil }
            let percents = rows.compactMap { $0.decimal("cpu_percent") }
            let average = percents.reduce(0, +) / Double(max(percents.count, 1))
            #expect(
                percents.count >= 6 && isNear(average),
                "cpu_percent is \(average) on average of \(percents), not \(share)")

            let first = try #require(rows.first)
            let last = try #require(rows.last)
            let used = Double((last.integer("cpu_us") ?? 0) - (first.integer("cpu_us") ?? 0))
            let elapsed = try Double(readAt(last, run) - readAt(first, run))
            #expect(isNear(used / elapsed * 100), "\(used) µs of CPU in \(elapsed) µs, not \(share) %")
            #expect(rows.allSatisfy { $0.decimal("cpu_limit") == 0.5 })
            #expect(share < 48 || last.integer("cpu_throttled_us") ?? 0 > 0, "who gets all of it is held back")

            let processes = try run.table("process").rows.filter { $0["container"] == "burn" && $0.tick >= 2 }.compactMap {
                $0.decimal("cpu_percent")
            }
            let ofProcess = processes.reduce(0, +) / Double(max(processes.count, 1))
            #expect(isNear(ofProcess), "its process reads \(ofProcess), not \(share)")
        }

        /// When the counters of a row were read, in µs since the run's beginning.
        private static func readAt(_ row: CSVTable.Row, _ run: RecordedRun) throws -> Int64 {
            try Int64(row.tick) * run.manifest.intervalUs - #require(row.integer("sample_age_us"))
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
