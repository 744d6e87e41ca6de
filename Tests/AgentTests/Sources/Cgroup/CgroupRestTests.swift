import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("Of a cgroup only what can have changed is read") struct CgroupRestTests {
    /// Which files a cgroup has.
    enum Version: CaseIterable { case v1, v2, hybrid }

    /// What a kernel does with some cgroups, by its own rules: what changes only while a process runs changes with the CPU time, and all else by itself.
    private struct World {
        private struct Cgroup: Equatable {
            let path: String
            var cpu: UInt64 = 1_000_000
            /// In pages; those that are dirty or being written are the file's.
            var anon: UInt64 = 0
            var file: UInt64 = 0
            var dirty: UInt64 = 0
            var writeback: UInt64 = 0
            var pids: UInt64 = 0
            var pidsPeak: UInt64 = 0
            var faults: UInt64 = 0
            var peak: UInt64 = 0
            var kills: UInt64 = 0
            var high: UInt64 = 0
            var scanned: UInt64 = 0
            var read: UInt64 = 0
            var written: UInt64 = 0
            var waitedCPU: UInt64 = 0
            var waitedIO: UInt64 = 0
            var throttled: UInt64 = 0

            init(path: String) { self.path = path }

            var usage: UInt64 { (anon + file) * 4096 }
            var clean: UInt64 { file - dirty - writeback }
        }

        let scratch: ScratchDirectory
        private let version: Version
        private var random: SeededRandom
        private var cgroups: [Cgroup] = []
        private var reclaimed: UInt64 = 0
        private var killed: UInt64 = 0

        init(_ version: Version, seed: UInt64, cgroups count: Int) throws {
            scratch = try ScratchDirectory(inMemory: true)
            self.version = version
            random = SeededRandom(state: seed)
            try scratch.write("MemTotal:       1000000 kB\n", to: "proc/meminfo")
            if version == .v2 { try scratch.write("cpu memory io pids\n", to: "sys/fs/cgroup/cgroup.controllers") }
            if version == .hybrid { try scratch.write("\n", to: "sys/fs/cgroup/unified/cgroup.controllers") }
            cgroups = (0..<count).map { Cgroup(path: "/system.slice/a\($0).service") }
            for cgroup in cgroups { try write(cgroup) }
            try writeHost()
        }

        var roots: KernelRoots { KernelRoots(proc: scratch.path("proc"), sys: scratch.path("sys")) }

        private mutating func some(_ most: UInt64) -> UInt64 { .random(in: 0...most, using: &random) }

        /// One tick in which something happens to some of them.
        mutating func step() throws {
            let isShort = some(9) == 0
            if isShort { reclaimed += 10 }
            for index in cgroups.indices {
                var cgroup = cgroups[index]
                happen(&cgroup, some(11))
                if isShort, cgroup.clean > 0 {
                    cgroup.scanned += 5
                    cgroup.file -= min(cgroup.clean, some(5))
                }
                if cgroup != cgroups[index] { try write(cgroup) }
                cgroups[index] = cgroup
            }
            try writeHost()
        }

        private mutating func happen(_ cgroup: inout Cgroup, _ what: UInt64) {
            switch what {
            case 0...1 where cgroup.pids > 0: run(&cgroup)
            case 2:
                // One comes by being moved here, and has not run here.
                cgroup.pids += 1
                cgroup.pidsPeak = max(cgroup.pidsPeak, cgroup.pids)
            case 3 where cgroup.pids > 0:
                cgroup.cpu += 1 + some(100)
                cgroup.pids = 0
                cgroup.anon = 0
                if some(1) == 0, cgroup.writeback == 0 { (cgroup.file, cgroup.dirty) = (0, 0) }
            case 4 where cgroup.dirty > 0:
                cgroup.writeback += cgroup.dirty
                cgroup.dirty = 0
            case 4...5 where cgroup.writeback > 0:
                cgroup.written += cgroup.writeback * 4096
                cgroup.writeback = 0
            case 6 where cgroup.pids > 0: cgroup.waitedCPU += 1 + some(1000)
            case 7 where cgroup.pids > 0:
                cgroup.waitedIO += 1 + some(1000)
                cgroup.read += some(1) * 4096
            case 8 where cgroup.pids > 0: cgroup.throttled += 1 + some(1000)
            case 9 where cgroup.pids > 0 && some(9) == 0:
                cgroup.kills += 1
                killed += 1
            default: break
            }
        }

        private mutating func run(_ cgroup: inout Cgroup) {
            cgroup.cpu += 1 + some(100_000)
            cgroup.anon = some(1) == 0 ? some(1000) : cgroup.anon
            cgroup.file = max(cgroup.writeback, some(1) == 0 ? some(1000) : cgroup.file)
            cgroup.dirty = min(cgroup.file - cgroup.writeback, some(1) * some(10))
            cgroup.faults += some(50)
            cgroup.high += some(1)
            cgroup.peak = max(cgroup.peak, cgroup.usage + some(1) * 8192)
            cgroup.pidsPeak = max(cgroup.pidsPeak, cgroup.pids + some(2))
            cgroup.read += some(1) * 4096
        }

        private func writeHost() throws {
            try scratch.write("pgscan_kswapd \(reclaimed)\npswpin 0\npswpout 0\noom_kill \(killed)\n", to: "proc/vmstat")
        }

        private func write(_ cgroup: Cgroup) throws {
            if version == .v2 { return try writeV2(cgroup) }
            try writeV1(cgroup)
            if version == .hybrid { try writePressure(cgroup, "unified") }
        }

        private func put(_ cgroup: Cgroup, _ hierarchy: String, _ files: [(String, String)]) throws {
            for (name, text) in files { try scratch.write(text, to: "sys/fs/cgroup/\(hierarchy)\(cgroup.path)/\(name)") }
        }

        private func writePressure(_ cgroup: Cgroup, _ hierarchy: String) throws {
            func pressure(_ total: UInt64) -> String {
                ["some", "full"].map { "\($0) avg10=0.00 avg60=0.00 avg300=0.00 total=\(total)\n" }.joined()
            }
            try put(
                cgroup, hierarchy,
                [
                    ("cpu.pressure", pressure(cgroup.waitedCPU)), ("io.pressure", pressure(cgroup.waitedIO)),
                    ("memory.pressure", pressure(cgroup.waitedIO / 2)),
                ])
        }

        private func writeV2(_ cgroup: Cgroup) throws {
            try put(
                cgroup, "",
                [
                    (
                        "cpu.stat",
                        "usage_usec \(cgroup.cpu)\nuser_usec \(cgroup.cpu)\nsystem_usec 0\nnr_periods \(cgroup.throttled)\nthrottled_usec \(cgroup.throttled)\n"
                    ),
                    ("cpu.max", "max 100000\n"), ("cpu.stat.local", "throttled_usec \(cgroup.throttled)\n"),
                    ("memory.current", "\(cgroup.usage)\n"), ("memory.peak", "\(cgroup.peak)\n"), ("memory.max", "max\n"),
                    (
                        "memory.stat",
                        "anon \(cgroup.anon * 4096)\nfile \(cgroup.file * 4096)\nfile_dirty \(cgroup.dirty * 4096)\nfile_writeback \(cgroup.writeback * 4096)\npgfault \(cgroup.faults)\npgscan \(cgroup.scanned)\n"
                    ),
                    ("memory.events", "high \(cgroup.high)\nmax 0\noom 0\noom_kill \(cgroup.kills)\n"),
                    ("io.stat", "8:0 rbytes=\(cgroup.read) wbytes=\(cgroup.written) rios=1 wios=1 dbytes=0 dios=0\n"),
                    ("pids.current", "\(cgroup.pids)\n"), ("pids.peak", "\(cgroup.pidsPeak)\n"), ("pids.events", "max 0\n"),
                    ("cgroup.procs", ""),
                ])
            try writePressure(cgroup, "")
        }

        private func writeV1(_ cgroup: Cgroup) throws {
            try put(
                cgroup, "cpuacct",
                [("cpuacct.usage", "\(cgroup.cpu)000\n"), ("cpuacct.stat", "user \(cgroup.cpu / 10000)\nsystem 0\n"), ("cgroup.procs", "")])
            try put(
                cgroup, "cpu", [("cpu.stat", "nr_periods \(cgroup.throttled)\nnr_throttled 0\nthrottled_time \(cgroup.throttled)000\n")])
            try put(
                cgroup, "memory",
                [
                    ("memory.usage_in_bytes", "\(cgroup.usage)\n"), ("memory.max_usage_in_bytes", "\(cgroup.peak)\n"),
                    (
                        "memory.stat",
                        "total_rss \(cgroup.anon * 4096)\ntotal_cache \(cgroup.file * 4096)\ntotal_dirty \(cgroup.dirty * 4096)\ntotal_writeback \(cgroup.writeback * 4096)\ntotal_pgfault \(cgroup.faults)\n"
                    ),
                    ("memory.failcnt", "\(cgroup.high)\n"),
                    ("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill \(cgroup.kills)\n"),
                ])
            try put(
                cgroup, "blkio",
                [
                    (
                        "blkio.throttle.io_service_bytes_recursive",
                        "8:0 Read \(cgroup.read)\n8:0 Write \(cgroup.written)\nTotal \(cgroup.read + cgroup.written)\n"
                    )
                ])
            try put(cgroup, "pids", [("pids.current", "\(cgroup.pids)\n"), ("pids.peak", "\(cgroup.pidsPeak)\n")])
        }
    }

    /// What depends on the moment of a reading.
    private static let timed: Set<String> = ["sample_age_us", "cpu_percent"]

    @Test(
        "Whatever happens, rows are those of an agent that reads everything, at every tick: work, waiting, writing back, reclaim, kills, processes that come and go",
        // One after another: each keeps hundreds of files open.
        .serialized, arguments: Version.allCases, UInt64(1)...5)
    func equal(version: Version, seed: UInt64) throws {
        var world = try World(version, seed: seed, cgroups: 4)
        var usual = UnitSource(roots: world.roots, UnitChoice("kind=service"))
        var whole = UnitSource(roots: world.roots, UnitChoice("kind=service"), readsAll: true)
        for tick in 0..<100 {
            let rows = try [usual.cells().unit, whole.cells().unit].map { rows in rows.map { $0.filter { !Self.timed.contains($0.key) } } }
            #expect(rows[0].count == 4 && rows[1].count == 4)
            for (row, expected) in zip(rows[0], rows[1]) where row != expected {
                let columns = Set(row.keys).union(expected.keys).filter { row[$0] != expected[$0] }.sorted()
                let differing = columns.map { "\($0) is \(row[$0] ?? "empty"), not \(expected[$0] ?? "empty")" }
                Issue.record("tick \(tick), seed \(seed): \(row["unit"] ?? ""): \(differing)")
            }
            try world.step()
        }
    }

    private static func tree(pids: Int, usage: Int) throws -> ScratchDirectory {
        let scratch = try ScratchDirectory(inMemory: true)
        try scratch.write("MemTotal:       1000000 kB\n", to: "proc/meminfo")
        try scratch.write("pswpout 0\npgscan_kswapd 0\npgscan_direct 0\noom_kill 0\n", to: "proc/vmstat")
        try scratch.write("cpu memory pids\n", to: "sys/fs/cgroup/cgroup.controllers")
        let files = [
            "cpu.stat": "usage_usec 5\n", "memory.current": "\(usage)\n", "pids.current": "\(pids)\n", "memory.peak": "100\n",
            "memory.stat": "anon \(usage)\nfile_dirty 0\nfile_writeback 0\npgfault 1\n",
            "io.pressure": "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n",
        ]
        for (name, text) in files { try scratch.write(text, to: "sys/fs/cgroup/a.service/\(name)") }
        return scratch
    }

    /// How many ticks pass until a change of a file that nobody tells of is in the row.
    private static func ticks(_ scratch: ScratchDirectory, _ file: String, _ text: String, _ column: String, _ value: String) throws -> Int?
    {
        var source = UnitSource(roots: KernelRoots(proc: scratch.path("proc"), sys: scratch.path("sys")), UnitChoice("a"))
        for _ in 0..<3 { _ = try source.cells() }
        try scratch.write(text, to: "sys/fs/cgroup/a.service/\(file)")
        for tick in 1...100 {
            if try source.cells().unit.first?[column] == value { return tick }
        }
        return nil
    }

    @Test("What nobody tells of is seen within four ticks, in a cgroup without processes and memory within sixteen; waiting at once")
    func turns() throws {
        let stat = "anon 4096\nfile_dirty 0\nfile_writeback 0\npgfault 7\n"
        let resting = try Self.ticks(Self.tree(pids: 1, usage: 4096), "memory.stat", stat, "pgfault", "7")
        #expect((1...4).contains(resting ?? 0))
        let empty = try Self.ticks(Self.tree(pids: 0, usage: 0), "memory.peak", "200\n", "memory_peak_bytes", "200")
        #expect((1...16).contains(empty ?? 0))
        let pressure = "some avg10=0.00 avg60=0.00 avg300=0.00 total=9\n"
        let waiting = try Self.ticks(Self.tree(pids: 1, usage: 4096), "io.pressure", pressure, "psi_io_some_us", "9")
        #expect(waiting == 1)
        // Something is read less often, or all this would be for nothing.
        let skips = try (Self.skips(Self.tree(pids: 1, usage: 4096)), Self.skips(Self.tree(pids: 0, usage: 0)))
        #expect(skips.0 == 9 && skips.1 >= 11, "\(skips)")
        let dirty = try Self.skips(Self.tree(pids: 1, usage: 4096), dirty: 1)
        #expect(dirty == 0, "dirty pages are written by others")
    }

    /// At how many of twelve ticks behind the first four a change of the page faults isn't in the row.
    private static func skips(_ scratch: ScratchDirectory, dirty: Int = 0) throws -> Int {
        var source = UnitSource(roots: KernelRoots(proc: scratch.path("proc"), sys: scratch.path("sys")), UnitChoice("a"))
        var skips = 0
        for tick in 0..<16 {
            try scratch.write("anon 1\nfile_dirty \(dirty)\nfile_writeback 0\npgfault \(tick)\n", to: "sys/fs/cgroup/a.service/memory.stat")
            if try source.cells().unit.first?["pgfault"] != "\(tick)", tick >= 4 { skips += 1 }
        }
        return skips
    }

    @Test("When the kernel takes back memory or kills for want of it, what it did to those that rest is seen at that tick")
    func reclaim() throws {
        let names = ["pswpout", "pgscan_kswapd", "pgscan_direct", "oom_kill"]
        for name in names {
            let scratch = try Self.tree(pids: 1, usage: 4096)
            var source = UnitSource(roots: KernelRoots(proc: scratch.path("proc"), sys: scratch.path("sys")), UnitChoice("a"))
            for _ in 0..<5 { _ = try source.cells() }
            // At whatever turn it is.
            for count in 11...14 {
                try scratch.write(
                    "anon 4096\nfile_dirty 0\nfile_writeback 0\npgfault \(count)\n", to: "sys/fs/cgroup/a.service/memory.stat")
                try scratch.write(names.map { "\($0) \($0 == name ? count : 0)\n" }.joined(), to: "proc/vmstat")
                #expect(try source.cells().unit.first?["pgfault"] == "\(count)", "\(name)")
            }
        }
    }
}
