import Testing

@testable import StatsCore

@Suite("What tells of a process beside its counters") struct ProcessFilesTests {
    private static func bytes<Value>(_ text: String, _ body: (RawSpan) -> Value) -> Value { body(Array(text.utf8).span.bytes) }

    @Test("schedstat: three numbers, and zeros say nothing")
    func schedstat() throws {
        let read = try #require(Self.bytes("1250471 60833 12\n") { PidSchedstat(parsing: $0) })
        #expect((read.run, read.wait, read.slices) == (1_250_471, 60_833, 12))
        for text in ["0 0 0\n", "", "12 3", "a b c", "1 2 -3"] { #expect(Self.bytes(text) { PidSchedstat(parsing: $0) } == nil, "\(text)") }
    }

    @Test("The effective user is the second uid, and a line that is cut off names none")
    func uid() {
        #expect(Self.bytes("Name:\tcat\nUmask:\t0022\nUid:\t1000\t33\t0\t0\n") { PidStatus(parsing: $0).uid } == 33)
        #expect(Self.bytes("Uid:\t1000\t") { PidStatus(parsing: $0).uid } == nil)
    }

    @Test("The most memory that a process had is told in bytes, and what it has swapped out beside it")
    func peak() {
        let read = Self.bytes("VmPeak:\t  9 kB\nVmHWM:\t    1396 kB\nVmRSS:\t  8 kB\nVmSwap:\t  4 kB\n") { PidStatus(parsing: $0) }
        #expect(read.peakResident == 1396 << 10 && read.swap == 4096)
        #expect(Self.bytes("VmHWM:\t    1396\n") { PidStatus(parsing: $0).peakResident } == nil)
    }

    @Test("A process that goes before others has a nice below zero")
    func nice() {
        for nice in [-20, -1, 0, 19] as [Int64] {
            let stat = Self.bytes("7 (a) S 0 0 0 -1 -1 4194560 0 0 0 0 0 0 0 0 20 \(nice) 1 0 5 0 0 1 1 1\n") { PidStat(parsing: $0) }
            #expect(stat.nice == nice && stat.threads == 1)
        }
    }

    private static let rollup = """
        559b8ad1f000-7ffd3b7a1000 ---p 00000000 00:00 0                          [rollup]
        Rss:                1796 kB
        Pss:                 172 kB
        Pss_Dirty:           104 kB
        Shared_Clean:       1684 kB
        Private_Clean:         8 kB
        Private_Dirty:       104 kB
        Private_Hugetlb:       0 kB

        """

    @Test("USS is what is private, clean and dirty, and of a file that is cut off each value is whole or absent")
    func smaps() {
        let whole = Self.bytes(Self.rollup) { PidSmapsRollup(parsing: $0) }
        #expect(whole.uss == 112 << 10 && whole.pss == 172 << 10)
        for end in 0..<Self.rollup.utf8.count {
            let cut = Self.bytes(String(Self.rollup.prefix(end))) { PidSmapsRollup(parsing: $0) }
            #expect([nil, whole.uss].contains(cut.uss) && [nil, whole.pss].contains(cut.pss), "cut at \(end)")
        }
    }

    @Test("A kernel thread is told by its flags")
    func kernelThread() {
        func isThread(_ flags: String) -> Bool {
            Self.bytes("2 (kthreadd) S 0 0 0 0 -1 \(flags) 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0 1 1 1\n") { PidStat(parsing: $0).isKernelThread }
        }
        #expect(isThread("2129984") && !isThread("4194560"))
    }

    @Test(
        "The unit is the innermost service or scope of a path, else the innermost slice",
        arguments: [
            ("/system.slice/nginx.service", "nginx.service"), ("/init.scope", "init.scope"), ("/", nil), ("/docker/abc", nil),
            ("/user.slice/user-1000.slice/session-3.scope", "session-3.scope"),
            ("/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service", "foo.service"),
            ("/user.slice/user-1000.slice/user@1000.service/app.slice", "user@1000.service"),
            ("/system.slice/docker.service/worker", "docker.service"), ("/user.slice/user-0.slice", "user-0.slice"),
            (#"/system.slice/system-getty.slice/getty@tty1\x2d.service"#, #"getty@tty1\x2d.service"#), ("/.service/.scope", nil),
        ])
    func unit(path: String, unit: String?) {
        #expect(SystemdUnit.name(in: path) == unit)
    }

    @Test("In a hybrid hierarchy systemd's own knows the unit, and a container is found in whichever hierarchy names it")
    func hierarchies() {
        let id = String(repeating: "a", count: 64)
        let hybrid = Self.bytes("4:memory:/x\n1:name=systemd:/system.slice/a.service\n0::/\n") { PidCgroup(parsing: $0) }
        #expect(hybrid.unit() == "a.service" && hybrid.container == nil)
        let container = Self.bytes("4:memory:/docker/\(id)\n1:name=systemd:/\n") { PidCgroup(parsing: $0) }
        #expect(container.container?.containerID == id && container.unit() == nil)
    }
}
