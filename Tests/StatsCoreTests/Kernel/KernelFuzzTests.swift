import TestSupport
import Testing

@testable import StatsCore

@Suite("Fuzz: kernel files") struct KernelFuzzTests {
    @Test("Whatever a file of the kernel holds, what is read of it makes rows", arguments: HostKernelFile.allCases)
    func files(file: HostKernelFile) async throws {
        let content = try #require(HostFixture(name: "linux-6.18").bytes(file))
        await Fuzz.run("\(file)", [Array(content.prefix(1500)), Array(content.suffix(1500))], count: 60) { _ = file.cells($0.input) }
    }

    private static let processes = [
        "42 (a b) c) S 1 42 42 0 -1 4194560 159 0 0 0 7 5 0 0 20 0 3 0 1022 4636672 338 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0\n",
        "1132 338 290 4 0 108 0\n", "1250471 60833 12\n",
        "Name:\tsh\nVmSwap:\t      12 kB\nvoluntary_ctxt_switches:\t5\nnonvoluntary_ctxt_switches:\t6\n",
        "rchar: 7298\nwchar: 322\nsyscr: 14\nsyscw: 2\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n",
        "559b8ad1f000-7ffd3b7a1000 ---p 0 00:00 0 [rollup]\nPss: 172 kB\nPrivate_Clean: 8 kB\nPrivate_Dirty: 104 kB\n", "0-3,8,64-127\n",
        "4:memory:/docker/aa\n1:name=systemd:/docker/aa\n0::/system.slice/docker-aa.scope\n",
        "8:0 Read 4096\n8:0 Write 512\n8:0 Sync 0\n8:0 Total 4608\nTotal 4608\n",
        "Inter-|   Receive  |  Transmit\n face |bytes    packets|bytes\n  eth0: 1166 13 0 0 0 0 0 0 90 1 0 0 0 0 0 0\n",
    ].map { Array($0.utf8) }

    @Test("Whatever a file of a process or of its cgroup holds, what is read of it is there or absent")
    func processes() async {
        await Fuzz.run("files of a process", Self.processes, count: 1500) { one in
            let bytes = one.input.span.bytes
            let stat = PidStat(parsing: bytes)
            _ = (ByteCursor(bytes).string(stat.comm), stat.cpuUser, stat.cpuSystem, PidStatm(parsing: bytes), PidStatus(parsing: bytes))
            let cgroup = PidCgroup(parsing: bytes)
            _ = (cgroup.unit, cgroup.container, PidSchedstat(parsing: bytes))
            _ = (
                PidSmapsRollup(parsing: bytes), InterfaceLink.speed(parsing: bytes),
                CPUTopology.numbers(String(decoding: one.input, as: UTF8.self))
            )
            _ = (PidIO(parsing: bytes), BlkioSums(parsing: bytes), NetDevTotals(parsing: bytes))
        }
    }
}
