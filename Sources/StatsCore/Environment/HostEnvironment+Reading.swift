#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

extension HostEnvironment {
    /// Reads what a host's files say. It opens some hundred files, a few for each core: it is for now and then.
    ///
    /// - Parameters:
    ///   - topology: how its cores belong together; `nil` where that isn't known.
    ///   - root: where the file system of this process begins.
    package init(reading roots: KernelRoots, topology: CPUTopology?, root: String = "") {
        let cpus = "\(roots.sys)/devices/system/cpu"
        func system(_ name: String) -> JSONValue? { KernelFile.word(of: "\(cpus)/\(name)").map { .string($0) } }
        let cpu = CPUInfo(parsing: KernelFile.beginning(of: "\(roots.proc)/cpuinfo") ?? "")
        let virtualization = Virtualization(roots: roots, cpu)
        let scaling = CPUScaling(sys: roots.sys)
        self[.cpuModel] = cpu.model.map { .string($0) }
        self[.microcode] = cpu.microcode.map { .string($0) }
        self[.architecture] = Self.architecture.map { .string($0) }
        take(topology)
        self[.smt] = KernelFile.word(of: "\(cpus)/smt/active").map { .bool($0 == "1") }
        self[.isolatedCPUs] = system("isolated")
        self[.maxHz] = scaling.maxHz.flatMap { Int64(exactly: $0) }.map { .integer($0) }
        self[.frequencyDriver] = scaling.driver.map { .string($0) }
        self[.governor] = scaling.governor.map { .string($0) }
        self[.turbo] = scaling.turbo.map { .bool($0) }
        self[.idleDriver] = system("cpuidle/current_driver")
        self[.idleGovernor] = system("cpuidle/current_governor") ?? system("cpuidle/current_governor_ro")
        self[.mitigations] = CPUVulnerabilities.mitigations(sys: roots.sys).map { .object($0.mapValues { .string($0) }) }
        self[.machine] = virtualization.machine.map { .string($0) }
        self[.virtualization] = virtualization.hypervisor.map { .string($0) }
        self[.container] = ContainerSigns.engine(root: root, cgroup: KernelFile.text(of: "\(root)/proc/self/cgroup")).map { .string($0) }
        takeMemory(roots)
        self[.kernel] = KernelFile.word(of: "\(roots.proc)/sys/kernel/osrelease").map { .string($0) }
        self[.kernelBuild] = KernelFile.line(of: "\(roots.proc)/sys/kernel/version").map { .string($0) }
        self[.commandLine] = KernelFile.text(of: "\(roots.proc)/cmdline").flatMap(KernelCommandLine.masked).map { .string($0) }
        self[.clockSource] =
            KernelFile.word(of: "\(roots.sys)/devices/system/clocksource/clocksource0/current_clocksource").map { .string($0) }
        self[.distribution] = Self.distribution(roots, root: root).map { .string($0) }
        self[.cgroup] = CgroupMount(roots: roots)?.mode.map { .string($0.rawValue) }
    }

    private mutating func take(_ topology: CPUTopology?) {
        guard let topology, !topology.cpu.isEmpty else { return }
        func count(_ things: some Collection<String?>) -> JSONValue? {
            let known = things.compactMap(\.self)
            return known.count == things.count ? .integer(Int64(Set(known).count)) : nil
        }
        self[.threads] = .integer(Int64(topology.cpu.count))
        self[.sockets] = count(topology.package.map { $0.map(String.init) })
        // Threads of one physical core name the same siblings; a core's id alone is one of its socket's, and not even that everywhere.
        self[.cores] = count(topology.siblings)
        self[.numaNodes] = count(topology.numaNode.map { $0.map(String.init) })
    }

    private mutating func takeMemory(_ roots: KernelRoots) {
        var buffer = ReadBuffer(capacity: 4096)
        if (try? KernelFile.readOnce("\(roots.proc)/meminfo", into: &buffer)) != nil {
            var memory = MemInfo()
            memory.update(parsing: buffer.bytes)
            self[.memory] = memory[.total].flatMap { Int64(exactly: $0) }.map { .integer($0) }
            self[.swap] = memory[.swapTotal].flatMap { Int64(exactly: $0) }.map { .integer($0) }
        }
        self[.swappiness] = KernelFile.word(of: "\(roots.proc)/sys/vm/swappiness").flatMap { Int64($0) }.map { .integer($0) }
        self[.transparentHugePages] =
            KernelFile.line(of: "\(roots.sys)/kernel/mm/transparent_hugepage/enabled").flatMap(BracketedChoice.parse).map { .string($0) }
    }

    /// The machine's, as uname(2) tells it: `x86_64`, `aarch64`.
    private static var architecture: String? {
        var name = utsname()
        guard uname(&name) == 0 else { return nil }
        return withUnsafeBytes(of: &name.machine) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// The host's, also where this process is in a container: process 1 of the host's /proc has the host's files.
    private static func distribution(_ roots: KernelRoots, root: String) -> String? {
        let places = ["\(roots.proc)/1/root"] + (roots.isLocal ? [root] : [])
        for place in places {
            for name in ["etc/os-release", "usr/lib/os-release"] {
                guard let file = try? WholeFile("\(place)/\(name)", limit: 64 << 10) else { continue }
                if let found = OSRelease(parsing: String(decoding: file.bytes, as: UTF8.self)).name { return found }
            }
        }
        return nil
    }
}
