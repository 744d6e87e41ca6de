import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// Units whose use of resources is known beforehand, in real cgroups.
    @Suite("Units on a real machine") struct Units {
        @Test(
            "Each reading of a service that may burn half a core is what the kernel had given it by then, and one that holds 32 MiB reads so"
        )
        func knownNumbers() async throws {
            try await Scene.run { scene in
                let (burn, hold) = (try LabUnit(scene), try LabUnit(scene))
                burn.limit()
                let burner = try burn.run(scene, "while :; do :; done")
                let holder = try hold.run(scene, "exec dd if=/dev/zero of=/dev/null bs=32M count=1000000000 2>/dev/null")
                try await eventually("32 MiB") { KernelFacts.resident(Int64(holder.pid)) ?? 0 >= 32 << 20 }
                try await eventually("the burner in its cgroup") {
                    try String(contentsOfFile: "/proc/\(burner.pid)/cmdline", encoding: .utf8).hasPrefix("sh\0-c\0while")
                }
                let watch = try CPUWatch(scene, Int64(burner.pid))
                let output = scene.path("run")
                _ = try await scene.command(
                    Products.cli,
                    [
                        "record", "--output", output, "--interval", "200ms", "--duration", "4s", "--containers", "off", "--node", "me",
                        "--units", burn.name, "--units", hold.name, "--processes", "units",
                    ])
                let run = try RecordedRun(output)
                try await watch.outlasts(run)
                burn.kill()
                hold.kill()
                try await run.checkFiles(scene)
                try run.checkWhole("me", ticks: 20)
                let rows = try run.table("unit").rows
                #expect(Set(rows.compactMap { $0["unit"] }) == [burn.name, hold.name] && rows.allSatisfy { $0["unit_kind"] == "service" })
                let burning = rows.filter { $0["unit"] == burn.name }
                try watch.check(groups: burning, of: run)
                #expect(burning.allSatisfy { $0.decimal("cpu_limit") == 0.5 })
                let holding = rows.filter { $0["unit"] == hold.name }
                #expect(holding.allSatisfy { (32 << 20...36 << 20).contains($0.integer("memory_rss_bytes") ?? 0) })
                let processes = try run.table("process").rows
                #expect(Set(processes.compactMap { $0["unit"] }) == [burn.name, hold.name], "and of no others")
            }
        }

        @Test("With 5,000 units at 1 s every tick has the host's row, and the rows of all units or the word that they came too late")
        func thousands() async throws {
            try await Scene.run { scene in
                let cgroups = scene.path("sys/fs/cgroup")
                let files = [
                    "cpu.stat": "usage_usec 1000\nuser_usec 600\nsystem_usec 400\n", "memory.current": "4096\n", "pids.current": "1\n",
                    "memory.stat": "anon 4096\nfile 0\nfile_dirty 0\nfile_writeback 0\npgfault 1\n", "io.stat": "", "cgroup.procs": "",
                ]
                for number in 0..<5000 {
                    let directory = "\(cgroups)/system.slice/job-\(number).service"
                    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
                    for (name, text) in files { try Data(text.utf8).write(to: URL(fileURLWithPath: "\(directory)/\(name)")) }
                }
                try Data("cpu memory io pids\n".utf8).write(to: URL(fileURLWithPath: "\(cgroups)/cgroup.controllers"))
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector, options: ["--sys", scene.path("sys"), "--units", "*.service"])
                try collector.control.start("many", "interval=1s&duration=6s")
                try await collector.control.runOver()
                let run = try RecordedRun(collector.data + "/many")
                try run.checkWhole("here", ticks: 6)
                let units = Dictionary(grouping: try run.table("unit").rows, by: \.tick)
                let late = try run.late("unit", of: "here")
                for tick in try run.ticks(of: "here") {
                    let count = units[tick]?.count ?? 0
                    #expect(count == (late.contains(tick) ? 0 : 5000), "tick \(tick) has \(count) units")
                }
                #expect(try run.late("host", of: "here").isEmpty && run.ticks(of: "here", in: "host") == run.ticks(of: "here"))
            }
        }

        @Test("What a unit of a moment used between two ticks is in the run")
        func moment() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                let marker = try LabUnit(scene)
                let sleeper = try marker.run(scene, "exec sleep 1000")
                let agent = try await scene.connectedAgent(collector, containers: "off", options: ["--units", "sonde-test-*"])
                try collector.control.start("moment", "interval=2s")
                try await eventually("a row") {
                    (try? RecordedRun(collector.data + "/moment").table("unit").rows.contains { $0["unit"] == marker.name }) ?? false
                }
                let unit = try LabUnit(scene)
                let gate = scene.path("gate")
                #expect(mkfifo(gate, 0o600) == 0)
                // The agent is told of its end, reads it, and lets go of it; systemd or an engine leave the cgroup some milliseconds for that, on a busy host or not.
                let others = Self.watched(by: agent.child)
                // It says itself what the kernel counts for it, as the last thing that it does.
                let cpu = unit.location.controllers["cpuacct"].map { "\($0)/cpuacct.usage" } ?? "\(unit.location.unified ?? "")/cpu.stat"
                let child = try unit.run(scene, "read go <\(gate); i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; cat \(cpu)")
                try await eventually("the agent watches it") { Self.watched(by: agent.child) == others + 1 }
                try "go\n".write(toFile: gate, atomically: false, encoding: .utf8)
                _ = try await child.ended()
                try await eventually("the agent has read its end") { Self.watched(by: agent.child) == others }
                let told = try #require(child.output.split { $0 == "\n" || $0 == " " }.compactMap { Int64($0) }.first)
                let micros = unit.location.controllers["cpuacct"] == nil ? told : told / 1000
                unit.remove()
                let tick = try collector.control.status().run?.ticksDue ?? 0
                try await eventually("two more ticks") { try collector.control.status().run?.ticksDue ?? 0 >= tick + 2 }
                _ = try collector.control.stop()
                _ = sleeper
                marker.kill()
                let rows = try RecordedRun(collector.data + "/moment").table("unit").rows.filter { $0["unit"] == unit.name }
                #expect(rows.last?.integer("cpu_us") ?? 0 >= micros, "\(rows.map(\.fields)) and it told \(micros)")
                #expect(Set(rows.map(\.tick)).count == rows.count, "one row a tick")
            }
        }

        @Test("Units and containers together never use more than their host, neither of its cores nor, at any tick, of its memory", .engine)
        func sum() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                _ = try await lab.workload(scene, "burn").succeeded()
                let unit = try LabUnit(scene)
                _ = try unit.run(scene, "while :; do :; done")
                let output = scene.path("run")
                _ = try await scene.command(
                    Products.cli,
                    [
                        "record", "--output", output, "--interval", "500ms", "--duration", "5s", "--node", "me", "--units", "*",
                        "--docker-socket", lab.socket,
                    ])
                unit.kill()
                let run = try RecordedRun(output)
                func growth(_ table: String, _ key: String, _ column: String) throws -> Int64 {
                    let rows = try run.table(table).rows
                    return Dictionary(grouping: rows) { $0[key] ?? "" }.values.reduce(0) { sum, rows in
                        let values = rows.compactMap { $0.integer(column) }
                        return sum + ((values.last ?? 0) - (values.first ?? 0))
                    }
                }
                let parts = try growth("unit", "cgroup", "cpu_us") + growth("container", "container_id", "cpu_us")
                let busy = try ["user", "nice", "system", "irq", "softirq"].reduce(Int64(0)) {
                    try $0 + growth("cpu", "cpu", "cpu_\($1)_us")
                }
                let held = try (run.table("unit").rows + run.table("container").rows).reduce(into: [Int: Int64]()) { held, row in
                    held[row.tick, default: 0] += row.integer("memory_usage_bytes") ?? 0
                }
                #expect(!held.isEmpty && held.values.allSatisfy { $0 > 0 })
                for row in try run.table("host").rows {
                    let used = try #require(row.integer("memory_total_bytes")) - #require(row.integer("memory_free_bytes"))
                    // Read a moment apart; and what a cgroup is charged for ahead, of which the host knows nothing, is 64 pages a core.
                    #expect(held[row.tick] ?? 0 <= used + 256 << 20, "tick \(row.tick)")
                }
                // The host's own counters move by clock ticks.
                #expect(parts > 1_000_000 && Double(parts) <= Double(busy) * 1.02 + 100_000, "\(parts) µs of \(busy)")
            }
        }

        /// Of how many units an agent waits for the end.
        private static func watched(by agent: Child) -> Int {
            let directory = "/proc/\(agent.pid)/fd"
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
            let open = names.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(directory)/\($0)") }
            return open.count { $0.contains("pidfd") || $0.hasSuffix("/cgroup.events") }
        }
    }
}
