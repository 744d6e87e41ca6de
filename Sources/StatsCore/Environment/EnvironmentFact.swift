/// What is known of a host's environment: each fact with its name in run.json, its title, and where it is read. docs/ENVIRONMENT.md lists them.
package enum EnvironmentFact: String, CaseIterable, Sendable {
    case cpuModel = "cpu_model"
    case architecture
    case sockets, cores, threads
    case numaNodes = "numa_nodes"
    case smt
    case isolatedCPUs = "isolated_cpus"
    case microcode
    case maxHz = "cpu_max_hz"
    case frequencyDriver = "frequency_driver"
    case governor, turbo
    case idleDriver = "idle_driver"
    case idleGovernor = "idle_governor"
    case mitigations
    case machine, virtualization
    case container
    case memory = "memory_bytes"
    case swap = "swap_bytes"
    case swappiness
    case transparentHugePages = "transparent_huge_pages"
    case kernel
    case kernelBuild = "kernel_build"
    case commandLine = "command_line"
    case clockSource = "clock_source"
    case distribution
    case cgroup
    case engine
    case engineVersion = "engine_version"
    case engineCgroupDriver = "engine_cgroup_driver"
    case engineStorageDriver = "engine_storage_driver"
    case scrapeTargets = "scrape_targets"

    package var title: String { described.title }
    /// The file, or the member of the engine's answer.
    package var source: String { described.source }

    private var described: (title: String, source: String) {
        switch self {
        case .cpuModel: ("Processor", "/proc/cpuinfo model name")
        case .architecture: ("Architecture", "uname(2) machine")
        case .sockets: ("Sockets", "/sys/devices/system/cpu/cpu*/topology/physical_package_id")
        case .cores: ("Cores", "/sys/devices/system/cpu/cpu*/topology/core_id")
        case .threads: ("Threads", "/sys/devices/system/cpu/online")
        case .numaNodes: ("NUMA nodes", "/sys/devices/system/node/node*/cpulist")
        case .smt: ("SMT", "/sys/devices/system/cpu/smt/active")
        case .isolatedCPUs: ("Isolated cores", "/sys/devices/system/cpu/isolated")
        case .microcode: ("Microcode", "/proc/cpuinfo microcode")
        case .maxHz: ("Highest clock", "/sys/devices/system/cpu/cpufreq/policy*/cpuinfo_max_freq")
        case .frequencyDriver: ("Frequency driver", "/sys/devices/system/cpu/cpufreq/policy*/scaling_driver")
        case .governor: ("Governor", "/sys/devices/system/cpu/cpufreq/policy*/scaling_governor")
        case .turbo: ("Turbo", "/sys/devices/system/cpu/intel_pstate/no_turbo, …/cpufreq/boost")
        case .idleDriver: ("Idle driver", "/sys/devices/system/cpu/cpuidle/current_driver")
        case .idleGovernor: ("Idle governor", "/sys/devices/system/cpu/cpuidle/current_governor")
        case .mitigations: ("Mitigations", "/sys/devices/system/cpu/vulnerabilities/*")
        case .machine: ("Machine", "/sys/class/dmi/id/sys_vendor, product_name")
        case .virtualization: ("Virtualisation", "/proc/cpuinfo flags, /sys/class/dmi/id, /sys/hypervisor/type")
        case .container: ("Agent in", "/.dockerenv, /run/.containerenv, /run/systemd/container, /proc/self/cgroup")
        case .memory: ("Memory", "/proc/meminfo MemTotal")
        case .swap: ("Swap", "/proc/meminfo SwapTotal")
        case .swappiness: ("Swappiness", "/proc/sys/vm/swappiness")
        case .transparentHugePages: ("Transparent huge pages", "/sys/kernel/mm/transparent_hugepage/enabled")
        case .kernel: ("Kernel", "/proc/sys/kernel/osrelease")
        case .kernelBuild: ("Kernel's build", "/proc/sys/kernel/version")
        case .commandLine: ("Kernel's command line", "/proc/cmdline, masked")
        case .clockSource: ("Clock source", "/sys/devices/system/clocksource/clocksource0/current_clocksource")
        case .distribution: ("Distribution", "/etc/os-release PRETTY_NAME")
        case .cgroup: ("Cgroups", "/proc/self/mountinfo")
        case .engine: ("Engine", "GET /version")
        case .engineVersion: ("Engine's version", "GET /version Version")
        case .engineCgroupDriver: ("Engine's cgroup driver", "GET /info CgroupDriver")
        case .engineStorageDriver: ("Engine's storage driver", "GET /info Driver")
        case .scrapeTargets: ("Scraped targets", "--scrape, without queries")
        }
    }

    /// A value as a person reads it.
    package func text(_ value: JSONValue) -> String? {
        switch (self, value) {
        case (.memory, .integer(let bytes)), (.swap, .integer(let bytes)): bytes >= 0 ? ByteSize.text(UInt64(bytes)) : nil
        case (.maxHz, .integer(let hertz)): "\(HumanUnits.fixed(Double(hertz) / 1e9, digits: 2)) GHz"
        case (.smt, .bool(let isOn)), (.turbo, .bool(let isOn)): isOn ? "on" : "off"
        case (.mitigations, .object(let named)):
            named.isEmpty
                ? "none needed" : named.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.text ?? "")" }.joined(separator: "; ")
        case (.scrapeTargets, .object(let named)):
            named.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.text ?? "")" }.joined(separator: " ")
        default: value.text
        }
    }
}
