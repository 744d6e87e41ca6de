import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// Units whose use of resources is known beforehand, in real cgroups.
    @Suite("Units on a real machine") struct Units {
        /// A cgroup of this test's own in all hierarchies, named as a service of systemd.
        private final class Unit {
            let name: String
            private let directories: [String]
            let location: CgroupLocation

            init(_ scene: Scene) throws {
                name = "sonde-test-\(UInt32.random(in: 0 ... .max)).service"
                let mount = try #require(CgroupMount(roots: KernelRoots()))
                let roots = Set([mount.unified].compactMap(\.self) + mount.controllers.filter { $0.key != "cpuset" }.values)
                let unit = name
                directories = roots.map { "\($0)/\(unit)" }
                for directory in directories { mkdir(directory, 0o755) }
                location = mount.location(at: "/" + name)
                let made = directories
                scene.later { Self.remove(made) }
            }

            /// Runs a shell's script in it.
            func run(_ scene: Scene, _ script: String) throws -> Child {
                let enter = directories.map { "echo 0 >\($0)/cgroup.procs" }.joined(separator: "; ")
                return try scene.start("/bin/sh", ["-c", "{ \(enter); } 2>/dev/null; exec sh -c '\(script)'"])
            }

            /// Half a core.
            func limit() {
                if let cpu = location.controllers["cpu"] {
                    try? "50000".write(toFile: "\(cpu)/cpu.cfs_quota_us", atomically: false, encoding: .utf8)
                } else if let unified = location.unified {
                    try? "50000 100000".write(toFile: "\(unified)/cpu.max", atomically: false, encoding: .utf8)
                }
            }

            func kill() {
                var tally = ReadTally()
                var buffer = ReadBuffer()
                var pids: [Int32] = []
                if let directory = location.processes { CgroupProcesses(directory, &tally).read(into: &pids, &buffer, &tally) }
                for pid in pids { Glibc.kill(pid, SIGKILL) }
            }

            func remove() { Self.remove(directories) }

            private static func remove(_ directories: [String]) {
                for directory in directories {
                    for _ in 0..<200 where rmdir(directory) != 0 && errno == EBUSY { usleep(10_000) }
                }
            }
        }

        @Test("A service that burns half a core reads as much as the kernel gave it, ± 2 %, and one that holds 32 MiB reads so")
        func knownNumbers() async throws {
            try await Scene.run { scene in
                let (burn, hold) = (try Unit(scene), try Unit(scene))
                burn.limit()
                let burner = try burn.run(scene, "while :; do :; done")
                let holder = try hold.run(scene, "exec dd if=/dev/zero of=/dev/null bs=32M count=1000000000 2>/dev/null")
                try await eventually("32 MiB") { KernelFacts.resident(Int64(holder.pid)) ?? 0 >= 32 << 20 }
                let output = scene.path("run")
                let before = KernelFacts.cpuTime(Int64(burner.pid)) ?? 0
                let begin = ContinuousClock.now
                _ = try await scene.command(
                    Products.cli,
                    [
                        "record", "--output", output, "--interval", "200ms", "--duration", "4s", "--containers", "off", "--node", "me",
                        "--units", burn.name, "--units", hold.name, "--processes", "units",
                    ])
                let share =
                    Double((KernelFacts.cpuTime(Int64(burner.pid)) ?? 0) - before) / (begin.duration(to: .now) / .microseconds(1)) * 100
                burn.kill()
                hold.kill()
                let run = try RecordedRun(output)
                try await run.checkFiles(scene)
                try run.checkWhole("me", ticks: 20)
                let rows = try run.table("unit").rows
                #expect(Set(rows.compactMap { $0["unit"] }) == [burn.name, hold.name] && rows.allSatisfy { $0["unit_kind"] == "service" })
                let burning = rows.filter { $0["unit"] == burn.name }
                let (first, last) = (try #require(burning.first), try #require(burning.last))
                let elapsed = try Double(Self.readAt(last, run) - Self.readAt(first, run))
                let used = Double((last.integer("cpu_us") ?? 0) - (first.integer("cpu_us") ?? 0)) / elapsed * 100
                // What it got before and behind the run is in the share, too: where others work here, and it gets less than its half, that may differ.
                #expect(used <= 52 && abs(used - share) <= (share > 48 ? 2 : 10), "\(used) %, and the kernel gave it \(share)")
                #expect(burning.allSatisfy { $0.decimal("cpu_limit") == 0.5 })
                let holding = rows.filter { $0["unit"] == hold.name }
                #expect(holding.allSatisfy { (32 << 20...36 << 20).contains($0.integer("memory_rss_bytes") ?? 0) })
                let processes = try run.table("process").rows
                #expect(Set(processes.compactMap { $0["unit"] }) == [burn.name, hold.name], "and of no others")
            }
        }

        @Test("What a unit of a moment used between two ticks is in the run")
        func moment() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                let marker = try Unit(scene)
                let sleeper = try marker.run(scene, "exec sleep 1000")
                let agent = try await scene.connectedAgent(collector, containers: "off", options: ["--units", "sonde-test-*"])
                try collector.control.start("moment", "interval=2s")
                try await eventually("a row") {
                    (try? RecordedRun(collector.data + "/moment").table("unit").rows.contains { $0["unit"] == marker.name }) ?? false
                }
                let unit = try Unit(scene)
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

        @Test("Units and containers together never use more than their host", .engine)
        func sum() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                _ = try await lab.workload(scene, "burn").succeeded()
                let unit = try Unit(scene)
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

        private static func readAt(_ row: CSVTable.Row, _ run: RecordedRun) throws -> Int64 {
            try Int64(row.tick) * run.manifest.intervalUs - #require(row.integer("sample_age_us"))
        }
    }
}
