import Glibc

/// The machine that the figures were measured on.
struct Machine {
    let processor: String
    let cores: Int
    let kernel: String
    let cgroups: String

    init() {
        let cpuinfo = (try? TextFile.read("/proc/cpuinfo")) ?? ""
        let model = cpuinfo.split(separator: "\n").first { $0.hasPrefix("model name") }
        processor =
            model.flatMap { $0.split(separator: ":", maxSplits: 1).last.map { String($0.drop { $0 == " " }) } } ?? "unknown processor"
        cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        kernel = ((try? TextFile.read("/proc/sys/kernel/osrelease")) ?? "unknown").filter { $0 != "\n" }
        let mounts = (try? TextFile.read("/proc/mounts"))?.split(separator: "\n").map { $0.split(separator: " ") } ?? []
        let versions = Set(mounts.filter { $0.count > 2 && ($0[2] == "cgroup" || $0[2] == "cgroup2") }.map { $0[2] })
        cgroups = versions.count == 2 ? "hybrid" : versions.contains("cgroup2") ? "v2" : versions.isEmpty ? "none" : "v1"
    }

    var description: String { "\(processor), \(cores) cores, Linux \(kernel), cgroups \(cgroups)" }

    static var isRoot: Bool { geteuid() == 0 }

    /// Whether a program is in one of the directories of PATH.
    static func hasProgram(_ name: String) -> Bool {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        return path.split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 }
    }

    static var today: String {
        var now = time(nil)
        var parts = tm()
        gmtime_r(&now, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
    }

    /// The bare reader needs as many descriptors as the agent holds open, and a fleet and its collector one for each agent. Only root may raise the hard limit.
    static func raiseDescriptorLimit(to wanted: rlim_t = 65_536) {
        let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        var limit = rlimit()
        guard getrlimit(files, &limit) == 0 else { return }
        var raised = rlimit(rlim_cur: max(wanted, limit.rlim_max), rlim_max: max(wanted, limit.rlim_max))
        if setrlimit(files, &raised) == 0 { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(files, &limit)
    }
}

/// How busy the whole machine was, from the first line of /proc/stat: lateness on a busy machine says little.
struct Busyness {
    private let start = Self.read()
    private let begun = Clock.monotonic()

    /// How many cores worked for others than those who used so many seconds of CPU since this value was made.
    func others(than own: Double) -> Double {
        let seconds = Double(Clock.monotonic() - begun) / 1e9
        return max(percent / 100 * Double(sysconf(Int32(_SC_NPROCESSORS_ONLN))) - own / seconds, 0)
    }

    /// 0…100 since this value was made.
    var percent: Double {
        let now = Self.read()
        let all = now.all - start.all
        return all > 0 ? Double(now.busy - start.busy) / Double(all) * 100 : 0
    }

    private static func read() -> (busy: UInt64, all: UInt64) {
        let line = ((try? TextFile.read("/proc/stat")) ?? "").prefix { $0 != "\n" }
        // user nice system idle iowait irq softirq steal; guest time is in user already.
        let times = line.split(separator: " ").dropFirst().prefix(8).map { UInt64($0) ?? 0 }
        guard times.count == 8 else { return (0, 0) }
        let all = times.reduce(0, +)
        return (all - times[3] - times[4], all)
    }
}
