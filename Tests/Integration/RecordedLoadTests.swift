import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// Recorded commands whose use of resources is known beforehand.
    @Suite("Recorded commands whose numbers are known") struct RecordedLoads {
        /// Starts a recording of a shell's script, which goes on until it is interrupted.
        /// - Parameter user: another one than this; then the command has no cgroup of its own.
        private static func start(_ scene: Scene, _ script: String, as user: String? = nil) throws -> Child {
            chmod(scene.directory, 0o777)
            let prefix = user.map { ["setpriv", "--reuid", $0, "--regid", "0", "--clear-groups"] } ?? []
            let words =
                prefix + [
                    Products.cli, "record", "--output", scene.path("run"), "--interval", "200ms", "--containers", "off", "--node", "here",
                    "--", "sh",
                    "-c", script,
                ]
            return try scene.start(words[0], Array(words.dropFirst()), environment: ["TMPDIR": scene.directory])
        }

        /// How many ticks of the command's unit there are by now.
        private static func ticks(_ scene: Scene) -> Int {
            ((try? RecordedRun(scene.path("run")).table("unit").rows) ?? []).filter { $0["unit"] == "command" }.map(\.tick).max() ?? 0
        }

        /// In the shell's own cgroup one that gets half a core, which the shell enters.
        private static func halve() throws -> String {
            let mount = try #require(CgroupMount(roots: KernelRoots()))
            let root = try #require(mount.controllers["cpu"] ?? mount.unified)
            let (line, limit) =
                mount.controllers["cpu"] == nil
                ? ("^0::", "echo +cpu >$own/cgroup.subtree_control; echo 50000 100000 >$own/half/cpu.max")
                : (":(cpu|cpu,cpuacct|cpuacct,cpu):", "echo 50000 >$own/half/cpu.cfs_quota_us")
            return
                "own=\(root)$(grep -E '\(line)' /proc/self/cgroup | cut -d: -f3); mkdir $own/half; echo $$ >$own/half/cgroup.procs; \(limit)"
        }

        @Test("Each reading of one that may burn half a core is what the kernel had given it by then, and so is what it used in all", .root)
        func half() async throws {
            try await Scene.run { scene in
                let mark = "\(UInt32.random(in: 100_000_000 ... .max))"
                let child = try Self.start(scene, "\(try Self.halve()); exec sh -c 'while :; do :; done' \(mark)")
                let burner = try await eventually("the burner") {
                    let found = try await scene.command("pgrep", ["-x", "-f", "sh -c while :; do :; done \(mark)"]).output
                    return found.split(separator: "\n").first.flatMap { Int64($0) }
                }
                let first = Self.ticks(scene)
                let watch = try CPUWatch(scene, burner, part: "half")
                try await eventually("thirty ticks") { Self.ticks(scene) > first + 30 }
                child.signal(SIGINT)
                _ = try await child.ended()
                let end = CPUWatch.now()
                let run = try RecordedRun(scene.path("run"))
                func rows(_ table: String, _ isMeant: (CSVTable.Row) -> Bool) throws -> [CSVTable.Row] {
                    let rows = try run.table(table).rows.filter { isMeant($0) && watch.covers($0, of: run) }
                    #expect(rows.count >= 6)
                    return rows
                }
                try watch.check(groups: rows("unit") { $0["unit"] == "command" }, of: run)
                try watch.check(processes: rows("process") { $0.integer("pid") == burner }, of: run)

                // In all it is what the kernel had counted shortly before its end, and what it may have got since.
                let last = try #require(watch.last)
                let possible = last.used.group...last.used.group + (end - last.begin) / 2 + 100_000
                #expect(try possible.contains(Int64(#require(run.manifest.command?.cpuUs))))
            }
        }

        @Test("One that holds 32 MiB reads so, with a cgroup of its own and without", arguments: [nil, "nobody"])
        func hold(user: String?) async throws {
            try await Scene.run { scene in
                let child = try Self.start(scene, "dd if=/dev/zero bs=32M count=1 2>/dev/null | sleep 1000", as: user)
                try await eventually("32 MiB, at some ticks") { Self.holders(try? RecordedRun(scene.path("run"))).count >= 5 }
                child.signal(SIGINT)
                _ = try await child.ended()
                try Self.checkHold(RecordedRun(scene.path("run")), hasCgroup: user == nil)
            }
        }

        /// The rows of the one that holds it, when it does.
        private static func holders(_ run: RecordedRun?) -> [CSVTable.Row] {
            let rows = (try? run?.table("process").rows) ?? []
            return rows.filter { $0["comm"] == "dd" && $0["unit"] == "command" && $0.integer("rss_bytes") ?? 0 >= 32 << 20 }
        }

        private static func checkHold(_ run: RecordedRun, hasCgroup: Bool) throws {
            let size: ClosedRange<Int64> = 32 << 20...36 << 20
            let peak: ClosedRange<Int64> = 32 << 20...40 << 20
            let holders = holders(run)
            let resident = holders.compactMap { $0.integer("rss_bytes") }
            #expect(resident.allSatisfy(size.contains), "\(resident)")
            // What is read of the unit at a tick was read a moment before or after the process.
            let ticks = Set(holders.map(\.tick).dropFirst())
            let held = try run.table("unit").rows.filter {
                $0["unit"] == "command" && ticks.contains($0.tick) && $0.integer("pids") ?? 0 >= 3
            }
            let ofUnit = held.compactMap { $0.integer("memory_rss_bytes") }
            #expect(held.count >= 3 && ofUnit.count == held.count && ofUnit.allSatisfy(size.contains), "\(ofUnit)")
            let command = try #require(run.manifest.command)
            let largest = Int64(command.maxRSSBytes ?? 0)
            #expect(size.contains(largest), "\(largest)")
            guard hasCgroup else { return }
            let peaks = held.compactMap { $0.integer("memory_peak_bytes") } + [Int64(command.memoryPeakBytes ?? 0)]
            #expect(peaks.count == held.count + 1 && peaks.allSatisfy(peak.contains), "\(peaks)")
        }
    }
}
