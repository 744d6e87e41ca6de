import Foundation
import TestSupport
import Testing

@testable import StatsCore

@Suite("What only a cgroup's files tell") struct CgroupDetailsTests {
    private static let columns: [String] = {
        var lister = CellLister()
        CgroupColumns.visitDetails(CgroupDetails(), &lister)
        return lister.cells.map(\.column)
    }()

    private func cells(_ fixture: CgroupFixture, _ id: String, pid: Int) throws -> [String: String] {
        let reading = fixture.reading(of: id, at: try fixture.location(of: id, pid: pid))
        var lister = CellLister()
        CgroupColumns.visitDetails(reading.counters.details, &lister)
        return Dictionary(uniqueKeysWithValues: lister.cells.compactMap { cell in cell.value.map { (cell.column, $0) } })
    }

    @Test("Under version 2 and a kernel of today every column has its file's value")
    func version2() throws {
        let cells = try cells(.v2, CgroupFixture.web, pid: 4101)
        #expect(
            cells == [
                "memory_high_bytes": "50331648", "memory_low_bytes": "\(16_384_000 * 1024)", "memory_min_bytes": "8388608",
                "memory_swap_limit_bytes": "134217728", "memory_high_events": "23", "memory_oom_events": "3", "oom_group_kills": "1",
                "swap_failures": "5", "anon_thp_bytes": "2097152", "shmem_bytes": "4096", "slab_bytes": "1000000", "sock_bytes": "4096",
                "file_dirty_bytes": "20480", "file_writeback_bytes": "12288", "swap_cached_bytes": "61440", "zswap_bytes": "262144",
                "pgscan": "7801", "pgsteal": "6502", "workingset_refault_anon": "34", "workingset_refault_file": "12", "cpu_bursts": "7",
                "cpu_burst_us": "41003", "cpu_weight": "79", "psi_cpu_full_us": "500003", "cpu_throttled_local_us": "18000007",
                "pids_peak": "88", "pids_limit_hits": "6", "io_discards": "3",
            ])
        #expect(Set(cells.keys) == Set(Self.columns))
    }

    @Test("What an older kernel doesn't tell is empty and never 0, and what it tells by another name is told")
    func olderKernel() throws {
        let cells = try cells(.v2, CgroupFixture.database, pid: 4201)
        let absent: Set = [
            "memory_high_bytes", "memory_swap_limit_bytes", "oom_group_kills", "zswap_bytes", "swap_cached_bytes",
            "workingset_refault_anon",
            "cpu_bursts", "cpu_burst_us", "psi_cpu_full_us", "cpu_throttled_local_us", "pids_peak",
        ]
        #expect(Set(Self.columns).subtracting(cells.keys) == absent)
        #expect(cells["workingset_refault_file"] == "12" && cells["memory_low_bytes"] == "0" && cells["cpu_weight"] == "100")
    }

    @Test("Under version 1 only that is told which means the same there", arguments: [CgroupFixture.v1, .hybrid])
    func version1(fixture: CgroupFixture) throws {
        let cells = try cells(fixture, CgroupFixture.web, pid: 4101)
        var expected = [
            "anon_thp_bytes": "2097152", "shmem_bytes": "4096", "file_dirty_bytes": "20480", "file_writeback_bytes": "12288",
            "swap_cached_bytes": "61440", "workingset_refault_anon": "34", "workingset_refault_file": "12", "cpu_bursts": "7",
            "cpu_burst_us": "41003", "cpu_throttled_local_us": "18000007", "pids_peak": "88", "pids_limit_hits": "6", "io_discards": "3",
        ]
        // Pressure has no version 1.
        if fixture.name == CgroupFixture.hybrid.name { expected["psi_cpu_full_us"] = "500003" }
        #expect(cells == expected)
    }

    @Test("Protection of everything is told as the host's memory, and as nothing where that isn't known")
    func protection() {
        for (low, host, told) in [(UInt64.max, 1000, 1000), (5000, 1000, 1000), (10, 1000, 10), (.max, nil, nil), (10, nil, 10)]
            as [(UInt64, UInt64?, UInt64?)]
        {
            var counters = ContainerCounters()
            counters.details.settings.memoryLow = low
            counters.capMemoryLimit(at: host)
            #expect(counters.details.settings.memoryLow == told)
        }
    }

    @Test("A setting that is changed is told anew within a second, and isn't read more often")
    func changedSetting() throws {
        let scratch = try ScratchDirectory()
        try scratch.write("max\n", to: "memory.high")
        var location = CgroupLocation()
        location.unified = scratch.path
        var tally = ReadTally()
        var buffer = ReadBuffer()
        var cgroup = ContainerCgroup(location, &tally)
        func high(at milliseconds: UInt64) -> UInt64? {
            var counters = ContainerCounters()
            cgroup.read(at: milliseconds * 1_000_000, into: &counters, &buffer, &tally)
            return counters.details.settings.memoryHigh
        }
        #expect(high(at: 0) == nil)
        try scratch.write("4096\n", to: "memory.high")
        #expect(high(at: 999) == nil && high(at: 1000) == 4096)
    }
}

/// Against the running kernel, by which a fixture can't be wrong.
@Suite("Details of the running kernel's cgroups", .enabled(if: LiveCgroup.canMake, "needs the right to make cgroups"))
struct LiveCgroupDetailsTests {
    private func details(_ location: CgroupLocation) -> CgroupDetails {
        var tally = ReadTally()
        var buffer = ReadBuffer()
        var cgroup = ContainerCgroup(location, &tally)
        var counters = ContainerCounters()
        cgroup.read(at: 0, into: &counters, &buffer, &tally)
        #expect(tally == ReadTally())
        return counters.details
    }

    @Test("A process that its cgroup's limit kept from making another one shows in pids_limit_hits, and the peak is what the kernel says")
    func limitHits() throws {
        let cgroup = try LiveCgroup("pids")
        let shell = try ChildProcess("/bin/sh", "-c", "exec 2>/dev/null; read line; (exec true)")
        // Before the cgroup, which can't be removed as long as it holds a process.
        defer { shell.kill() }
        try cgroup.write("\(shell.pid)", to: "cgroup.procs")
        try cgroup.write("1", to: "pids.max")
        #expect(details(cgroup.location).pidsLimitHits == 0)
        shell.closeInput()
        #expect(shell.wait() != 0)
        let details = details(cgroup.location)
        #expect(details.pidsLimitHits == 1)
        // Since 6.11 for version 1.
        let peak = try? String(contentsOfFile: "\(cgroup.path)/pids.peak", encoding: .utf8)
        #expect(details.pidsPeak == peak.flatMap { UInt64($0.dropLast()) })
    }

    @Test("A cgroup without a quota that one above it holds back shows so in cpu_throttled_local_us")
    func heldBackFromAbove() async throws {
        let cgroup = try LiveCgroup("cpu")
        try cgroup.makeNested("inner")
        let isV2 = cgroup.location.unified != nil
        if isV2 { try cgroup.write("+cpu", to: "cgroup.subtree_control") }
        for (name, value) in isV2 ? [("cpu.max", "2000 20000")] : [("cpu.cfs_period_us", "20000"), ("cpu.cfs_quota_us", "2000")] {
            try cgroup.write(value, to: name)
        }
        let shell = try ChildProcess("/bin/sh", "-c", "while :; do :; done")
        defer { shell.kill() }
        try cgroup.write("\(shell.pid)", to: "inner/cgroup.procs")
        let inner = cgroup.location.mapped { "\($0)/inner" }
        guard FileManager.default.fileExists(atPath: "\(cgroup.path)/inner/cpu.stat.local") else {
            return #expect(details(inner).cpuThrottledLocal == nil)
        }
        try await eventually("time that it was held back") { (details(inner).cpuThrottledLocal ?? 0) > 0 }
    }
}
