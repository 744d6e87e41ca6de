import TestSupport
import Testing

@testable import StatsCore

@Suite("Files that say what a host is") struct EnvironmentFileTests {
    @Test("A processor of x86 tells its model, its microcode, and whether it is a virtual one; cores behind the first aren't looked at")
    func x86() {
        let text = """
            processor\t: 0
            vendor_id\t: GenuineIntel
            model name\t: Intel(R) Xeon(R) Gold 6226R CPU @ 2.90GHz
            microcode\t: 0x5003604
            flags\t\t: fpu vme hypervisor lahf_lm
            power management:

            processor\t: 1
            model name\t: another
            """
        let cpu = CPUInfo(parsing: text)
        #expect(cpu.model == "Intel(R) Xeon(R) Gold 6226R CPU @ 2.90GHz" && cpu.microcode == "0x5003604" && cpu.hasHypervisor == true)
        #expect(CPUInfo(parsing: text.replacing(" hypervisor", with: "")).hasHypervisor == false)
        #expect(CPUInfo(parsing: "") == CPUInfo(parsing: "processor\t: 0\n\n"))
    }

    @Test("A processor of ARM tells numbers: usual ones have a name, others stay numbers, and of a hypervisor it says nothing")
    func arm() {
        func text(_ part: String) -> String {
            "processor\t: 0\nBogoMIPS\t: 243.75\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU part\t: \(part)\n\n"
        }
        #expect(CPUInfo(parsing: text("0xd0c")).model == "Neoverse-N1" && CPUInfo(parsing: text("0xd0c")).hasHypervisor == nil)
        #expect(CPUInfo(parsing: text("0xfff")).model == "ARM implementer 0x41, part 0xfff")
    }

    @Test(
        "A distribution's name is read as a shell reads it",
        arguments: [
            ("PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=x\n", "Debian GNU/Linux 12 (bookworm)"),
            ("NAME=Fedora\nVERSION='41 (Server)'\n", "Fedora 41 (Server)"), ("NAME=Alpine\n", "Alpine"),
            ("# PRETTY_NAME=no\nPRETTY_NAME=\"a \\\"b\\\" \\$c\"\n", "a \"b\" $c"), ("PRETTY_NAME=\"\"\n", nil), ("", nil),
            ("PRETTY_NAME\n=\n", nil),
        ] as [(String, String?)])
    func distribution(text: String, name: String?) { #expect(OSRelease(parsing: text).name == name) }

    @Test(
        "Of the kernel's command line nothing is kept that may be secret: values of parameters that aren't known, words, what process 1 is given"
    )
    func commandLine() {
        let line = """
            BOOT_IMAGE=/vmlinuz root=/dev/vda1 ro quiet isolcpus=2-3 mitigations=auto,nosmt intel_pstate=disable ds=nocloud;s=http://u:pw@seed/ \
            installer.password=hunter2 hunter3 swordfish console=ttyS0,115200n8 kvm-intel.nested=1 opt="two words" -- --token t0p
            """
        #expect(
            KernelCommandLine.masked(line) == """
                BOOT_IMAGE=/vmlinuz root=/dev/vda1 ro quiet isolcpus=2-3 mitigations=auto,nosmt intel_pstate=disable ds=*** \
                installer.password=*** *** console=ttyS0,115200n8 kvm-intel.nested=1 opt=*** -- ***
                """)
        #expect(KernelCommandLine.masked("root=user:secret@host a!b=c") == "root=*** ***")
        #expect(KernelCommandLine.masked(" \n") == nil)
    }

    @Test("Who sets the clock is read of all cores, with Intel's and the general switch of turbo; a virtual machine has none of it")
    func scaling() throws {
        let scratch = try ScratchDirectory()
        #expect(CPUScaling(sys: scratch.path) == CPUScaling(sys: "/no/such/directory") && CPUScaling(sys: scratch.path).turbo == nil)
        let cpus = "devices/system/cpu"
        for (policy, governor) in [(0, "powersave"), (1, "performance"), (2, "powersave")] {
            try scratch.write("\(governor)\n", to: "\(cpus)/cpufreq/policy\(policy)/scaling_governor")
        }
        try scratch.write("intel_pstate\n", to: "\(cpus)/cpufreq/policy0/scaling_driver")
        try scratch.write("3900000\n", to: "\(cpus)/cpufreq/policy0/cpuinfo_max_freq")
        try scratch.write("0\n", to: "\(cpus)/intel_pstate/no_turbo")
        let read = CPUScaling(sys: scratch.path)
        #expect(
            read.governor == "performance, powersave" && read.driver == "intel_pstate" && read.maxHz == 3_900_000_000 && read.turbo == true)
        let amd = try ScratchDirectory()
        try amd.write("0\n", to: "\(cpus)/cpufreq/boost")
        try amd.write("schedutil\n", to: "\(cpus)/cpu0/cpufreq/scaling_governor")
        #expect(CPUScaling(sys: amd.path).turbo == false && CPUScaling(sys: amd.path).governor == "schedutil")
    }

    @Test("Of the processor's holes those are told that it has; where the kernel tells of none, nothing is known")
    func holes() throws {
        let scratch = try ScratchDirectory()
        #expect(CPUVulnerabilities.mitigations(sys: scratch.path) == nil)
        try scratch.write("Not affected\n", to: "devices/system/cpu/vulnerabilities/meltdown")
        #expect(CPUVulnerabilities.mitigations(sys: scratch.path) == [:])
        try scratch.write("Mitigation: Retpolines; STIBP: disabled\n", to: "devices/system/cpu/vulnerabilities/spectre_v2")
        #expect(CPUVulnerabilities.mitigations(sys: scratch.path) == ["spectre_v2": "Mitigation: Retpolines; STIBP: disabled"])
    }

    @Test("A hypervisor is named by what firmware, clock or device tree say; a machine that has the flag and no name is some virtual one")
    func hypervisor() {
        func told(_ change: (inout Virtualization.Signs) -> Void) -> String? {
            var signs = Virtualization.Signs()
            change(&signs)
            return Virtualization(signs).hypervisor
        }
        #expect(told { $0.flag = false } == "none" && told { _ in } == nil)
        #expect(told { ($0.flag, $0.vendor, $0.product) = (true, "QEMU", "Standard PC (Q35 + ICH9, 2009)") } == "qemu")
        #expect(told { ($0.flag, $0.vendor, $0.product) = (true, "Microsoft Corporation", "Virtual Machine") } == "microsoft")
        #expect(told { ($0.flag, $0.clockSources) = (true, "kvm-clock tsc acpi_pm") } == "kvm")
        #expect(told { $0.flag = true } == "vm")
        // A bare machine of a cloud.
        #expect(told { ($0.flag, $0.vendor) = (false, "Amazon EC2") } == "none")
        #expect(told { $0.deviceTree = "linux,kvm" } == "kvm")
        #expect(told { $0.hypervisorType = "xen" } == "xen")
        var signs = Virtualization.Signs()
        (signs.vendor, signs.product) = ("Dell Inc.", "PowerEdge R640")
        #expect(Virtualization(signs).machine == "Dell Inc. PowerEdge R640")
    }

    @Test("A container is told by the file that its engine puts into it, or by its cgroup")
    func container() throws {
        let scratch = try ScratchDirectory()
        func told(_ cgroup: String?) -> String? { ContainerSigns.engine(root: scratch.path, cgroup: cgroup) }
        #expect(told("0::/system.slice/sonde-agent.service\n") == nil && told(nil) == nil)
        #expect(told("11:memory:/docker/4c0e\n") == "docker" && told("0::/kubepods.slice/kubepods-pod1.slice\n") == "kubernetes")
        try scratch.write("systemd-nspawn\n", to: "run/systemd/container")
        #expect(told("0::/\n") == "systemd-nspawn")
        try scratch.write("", to: "run/.containerenv")
        #expect(told("0::/\n") == "podman")
        try scratch.write("", to: ".dockerenv")
        #expect(told("0::/\n") == "docker")
    }

    @Test("What is chosen among several stands in brackets")
    func choice() {
        #expect(BracketedChoice.parse("always [madvise] never") == "madvise" && BracketedChoice.parse("[always]") == "always")
        #expect(BracketedChoice.parse("always madvise") == nil && BracketedChoice.parse("[]") == nil)
    }

    @Test("Time that a hypervisor took is a share of all time, also of a machine that has just been started")
    func steal() {
        var (before, after) = (CPUTimes.atBoot, CPUTimes.atBoot)
        (after.user, after.idle, after.steal) = (100, 800, 100)
        #expect(after.stealPercent(since: before) == 10)
        before.user = 200
        #expect(after.stealPercent(since: before) == nil, "the counters began anew")
    }
}
