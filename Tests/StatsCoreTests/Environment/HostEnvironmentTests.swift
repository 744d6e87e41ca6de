import Foundation
import TestSupport
import Testing

@testable import StatsCore

extension HostEnvironment {
    /// A usual server, of which some facts are other ones.
    static func sample(_ changes: JSONObject = [:]) -> HostEnvironment {
        var values: JSONObject = [
            "cpu_model": "AMD EPYC 7543", "governor": "performance", "kernel": "6.1.0-26-amd64", "distribution": "Debian GNU/Linux 12",
            "clock_source": "tsc", "cgroup": "v2", "engine": "docker", "engine_version": "27.3.1", "microcode": "0xa0011d5",
            "command_line": "ro quiet",
        ].mapValues { .string($0) }
        values["threads"] = .integer(64)
        values["turbo"] = .bool(false)
        values["mitigations"] = .object(["spectre_v2": .string("Mitigation: Retpolines")])
        return HostEnvironment(values.merging(changes) { $1 })
    }
}

@Suite("What a host is") struct HostEnvironmentTests {
    @Test("A host's files tell all of it, without a word of an agent's own machine")
    func whole() throws {
        let scratch = try ScratchDirectory()
        let cpus = "sys/devices/system/cpu"
        try scratch.write("processor\t: 0\nmodel name\t: Xeon\nmicrocode\t: 0x1\nflags\t\t: fpu\n\n", to: "proc/cpuinfo")
        try scratch.write("MemTotal: 1024 kB\nSwapTotal: 2048 kB\nSwapFree: 1024 kB\n", to: "proc/meminfo")
        try scratch.write("5.10.0\n", to: "proc/sys/kernel/osrelease")
        try scratch.write("#1 SMP Debian 5.10\n", to: "proc/sys/kernel/version")
        try scratch.write("ro token=abc\n", to: "proc/cmdline")
        try scratch.write("60\n", to: "proc/sys/vm/swappiness")
        try scratch.write("PRETTY_NAME=\"Some Linux\"\n", to: "proc/1/root" + "/usr/lib/os-release")
        try scratch.write("always [madvise] never\n", to: "sys/kernel/mm/transparent_hugepage/enabled")
        try scratch.write("tsc\n", to: "sys/devices/system/clocksource/clocksource0/current_clocksource")
        try scratch.write("cpu memory\n", to: "sys/fs/cgroup/cgroup.controllers")
        try scratch.write("0-3\n", to: "\(cpus)/online")
        try scratch.write("1\n", to: "\(cpus)/smt/active")
        try scratch.write("2-3\n", to: "\(cpus)/isolated")
        try scratch.write("intel_idle\n", to: "\(cpus)/cpuidle/current_driver")
        try scratch.write("menu\n", to: "\(cpus)/cpuidle/current_governor")
        for number in 0..<4 {
            try scratch.write("0\n", to: "\(cpus)/cpu\(number)/topology/physical_package_id")
            try scratch.write("\(number % 2),\(number % 2 + 2)\n", to: "\(cpus)/cpu\(number)/topology/thread_siblings_list")
        }
        try scratch.write("0-3\n", to: "sys/devices/system/node/node0/cpulist")
        let roots = KernelRoots(proc: scratch.path("proc"), sys: scratch.path("sys"))
        var read = HostEnvironment(reading: roots, topology: CPUTopology(sys: roots.sys), root: scratch.path)
        read[.architecture] = nil
        let expected: JSONObject = [
            "cpu_model": .string("Xeon"), "microcode": .string("0x1"), "sockets": .integer(1), "cores": .integer(2), "threads": .integer(4),
            "numa_nodes": .integer(1), "smt": .bool(true), "isolated_cpus": .string("2-3"), "idle_driver": .string("intel_idle"),
            "idle_governor": .string("menu"), "virtualization": .string("none"), "memory_bytes": .integer(1 << 20),
            "swap_bytes": .integer(2 << 20), "swappiness": .integer(60), "transparent_huge_pages": .string("madvise"),
            "kernel": .string("5.10.0"), "kernel_build": .string("#1 SMP Debian 5.10"), "command_line": .string("ro token=***"),
            "clock_source": .string("tsc"), "distribution": .string("Some Linux"), "cgroup": .string("v2"),
        ]
        #expect(read.values == expected)
    }

    @Test("Where a host tells nothing, nothing is known")
    func nothing() throws {
        let scratch = try ScratchDirectory()
        let roots = KernelRoots(proc: scratch.path("proc"), sys: scratch.path("sys"))
        var read = HostEnvironment(reading: roots, topology: nil, root: scratch.path)
        read[.architecture] = nil
        #expect(read.isEmpty)
    }

    @Test("This machine's processor, cores and kernel are those that it says")
    func live() throws {
        let read = HostEnvironment(reading: KernelRoots(), topology: CPUTopology(sys: "/sys"))
        #expect(read[.kernel]?.string == KernelFile.word(of: "/proc/sys/kernel/osrelease") && read[.kernel] != nil)
        #expect(read[.threads]?.integer.map { $0 > 0 } == true && read[.memory]?.integer.map { $0 > 0 } == true)
    }

    @Test("Of what comes from outside only so much is kept, on one line, and facts of a newer version stay")
    func bounded() throws {
        let long = String(repeating: "é", count: 5000)
        let host = HostEnvironment([
            "new_fact": .string("a\nb\u{1b}[2J"), "long": .string(long), "list": .array([]), "bad name\n": .bool(true),
            "huge": .large(.max),
            "mitigations": .object(["a": .string("x"), "b": .integer(1)]),
        ])
        #expect(host.values["new_fact"] == .string("a?b?[2J") && host.values["mitigations"] == .object(["a": .string("x")]))
        let kept = try #require(host.values["long"]?.string)
        #expect(kept.utf8.count == 4096 && kept.allSatisfy { $0 == "é" })
        #expect(Set(host.values.keys) == ["new_fact", "long", "mitigations"])
        #expect(host.listed.map(\.title) == ["Mitigations", "long", "new_fact"])
        let flood = Dictionary(
            uniqueKeysWithValues: (0..<1000).map { ("fact\($0)", JSONValue.string(String(repeating: "x", count: 1000))) })
        #expect(HostEnvironment(flood).size <= HostEnvironment.mostBytes + 8 * HostEnvironment.mostFacts)
    }

    @Test("What differs is named with both values; of mitigations each for itself")
    func differences() {
        let (old, new) = (
            HostEnvironment.sample(),
            HostEnvironment.sample([
                "governor": .string("powersave"), "turbo": .bool(true), "mitigations": .object(["mds": .string("Vulnerable")]),
                "swap_bytes": .integer(0),
            ])
        )
        #expect(
            new.differences(since: old).map(\.text) == [
                "Governor was performance, is powersave", "Turbo was off, is on", "Mitigations mds was not known, is Vulnerable",
                "Mitigations spectre_v2 was Mitigation: Retpolines, is not known", "Swap was not known, is 0 B",
            ])
        #expect(new.differences(since: new).isEmpty)
    }

    @Test("Ten thousand servers that differ in little take little more than that, and each is whole when it is asked for")
    func shared() {
        var shared = SharedEnvironments()
        var size = 0
        for number in 0..<10_000 {
            var host = HostEnvironment.sample(["command_line": .string("root=UUID=\(number) ro")])
            if number % 2 == 1 { host[.engine] = nil }
            let kept = shared.share(host, of: "n\(number)")
            size += kept.own.size
            #expect(shared.whole(kept) == host)
        }
        #expect(size < 10_000 * 80)
    }

    @Test("Every fact has its line in docs/ENVIRONMENT.md, with where it is read")
    func documented() throws {
        let document = try String(contentsOfFile: Checkout.path + "/docs/ENVIRONMENT.md", encoding: .utf8)
        for fact in EnvironmentFact.allCases {
            let line = document.split(separator: "\n").first { $0.hasPrefix("| `\(fact.rawValue)` |") }
            #expect(
                line?.contains(fact.title) == true && line?.contains(fact.source) == true, "\(fact.rawValue): \(fact.title), \(fact.source)"
            )
        }
    }
}

@Suite("What spoils measurements") struct EnvironmentFindingTests {
    private func codes(_ host: HostEnvironment, _ activity: HostActivity? = nil) -> [String] {
        EnvironmentFinding.of(host, activity).map(\.code.rawValue)
    }

    @Test("A steady, idle machine is nothing to warn of, and neither is one of which nothing is known")
    func quiet() {
        #expect(codes(.sample(), HostActivity(load1: 0.4, cpuPercent: 3, stealPercent: 0.1, swapUsedBytes: 1 << 20)) == [])
        #expect(codes(HostEnvironment()) == [])
        #expect(codes(.sample(["governor": .string("performance, userspace")])) == [])
    }

    @Test("A clock that changes, turbo, swap in use, a busy host and stolen time are each found")
    func found() {
        #expect(codes(.sample(["governor": .string("performance, schedutil")])) == ["governor"])
        #expect(codes(.sample(["turbo": .bool(true)])) == ["turbo"])
        let busy = HostActivity(load1: 0, cpuPercent: 12, stealPercent: 0.6, swapUsedBytes: 1 << 30)
        #expect(codes(.sample(), busy) == ["swap", "busy", "steal"])
        // Where the agent has only begun, the load of the last minute says it: a quarter of the cores.
        #expect(codes(.sample(), HostActivity(load1: 15.9)) == [] && codes(.sample(), HostActivity(load1: 16)) == ["busy"])
        #expect(codes(.sample(["threads": .integer(1)]), HostActivity(load1: 0.4)) == [])
    }

    @Test("A warning names the nodes, the first of many, says how bad it is at the worst, and what to do")
    func warnings() {
        let nodes = (1...7).map { number in
            (
                node: "n\(number)",
                findings: EnvironmentFinding.of(.sample(), HostActivity(cpuPercent: 10 * Double(number), stealPercent: 0))
            )
        }
        let warnings = [EnvironmentWarning](nodes)
        #expect(
            warnings == [
                EnvironmentWarning(
                    code: "busy",
                    message: """
                        n1, n2, n3, n4, n5 and 2 more: 70.0 % of all cores' time were used while nothing was recorded (the worst of them). End what else runs \
                        there, or wait until it is done.
                        """, nodes: 7)
            ])
    }

    @Test("How busy a host was is told over the time since an earlier reading, and only what is lasting where there is none")
    func activity() {
        var memory = MemInfo()
        memory.update(parsing: Array("SwapTotal: 100 kB\nSwapFree: 40 kB\n".utf8).span.bytes)
        let load = LoadAverage(parsing: Array("0.50 1 1 1/2 3\n".utf8).span.bytes)
        var (before, now) = (CPUTimes.atBoot, CPUTimes.atBoot)
        (before.user, before.idle, before.steal) = (100, 800, 100)
        (now.user, now.idle, now.steal) = (150, 850, 100)
        #expect(
            HostActivity(load: load, memory: memory, times: now, since: before)
                == HostActivity(load1: 0.5, cpuPercent: 50, stealPercent: 0, swapUsedBytes: 60 * 1024))
        let first = HostActivity(load: load, memory: memory, times: before, since: nil)
        #expect(first.cpuPercent == nil && first.stealPercent == 10)
    }
}
