/// `/proc/cmdline`: what the kernel was started with (proc_cmdline(5), Documentation/admin-guide/kernel-parameters.rst).
///
///     BOOT_IMAGE=/boot/vmlinuz-6.1.0 root=/dev/vda1 ro quiet isolcpus=2-3 ds=nocloud;s=http://u:secret@seed/
///
/// Anybody may write anything there, and boot loaders hand passwords and tokens to installers and to process 1 in it. So only parameters that are known to be of the kernel, and to hold
/// no secret, are kept with their values; of others the name stays, with `***` for the value.
package enum KernelCommandLine {
    package static let mask = "***"

    /// - Returns: the same words, masked; `nil` when there is none.
    package static func masked(_ line: String) -> String? {
        var words: [String] = []
        for word in Self.words(of: line) {
            // What follows is for process 1.
            if word == "--" {
                words += ["--", mask]
                break
            }
            let masked = masked(word: word)
            if masked != mask || words.last != mask { words.append(masked) }
        }
        return words.isEmpty ? nil : words.joined(separator: " ")
    }

    /// Blanks part words, but not within quotes.
    private static func words(of line: String) -> [Substring] {
        var isQuoted = false
        return line.split { character in
            if character == "\"" { isQuoted.toggle() }
            return !isQuoted && (character == " " || character == "\n" || character == "\t" || character == "\0")
        }
    }

    private static func masked(word: Substring) -> String {
        guard let sign = word.firstIndex(of: "=") else { return isKnown(word) ? String(word) : mask }
        let (name, value) = (word[..<sign], word[word.index(after: sign)...])
        if isKnown(name), !value.contains("@") { return String(word) }
        // A name is one: what was cut out of a longer text may be no name.
        return isName(name) ? "\(name)=\(mask)" : mask
    }

    private static func isName(_ word: Substring) -> Bool {
        (1...40).contains(word.utf8.count)
            && word.utf8.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
            }
    }

    private static func isKnown(_ name: Substring) -> Bool {
        // The kernel takes - and _ for the same.
        let name = String(name).replacingScalars { $0 == "-" ? "_" : nil }
        return names.contains(name) || families.contains { name.hasPrefix($0) }
    }

    /// Modules whose parameters are numbers and words.
    private static let families = [
        "amd_pstate.", "cpufreq.", "cpuidle.", "cpuidle_haltpoll.", "intel_idle.", "intel_pstate.", "kvm.", "kvm_amd.", "kvm_intel.",
        "kvm_arm.",
        "nvme.", "nvme_core.", "processor.", "rcupdate.", "rcutree.", "rcu_nocb", "sched_", "tsx", "virtio_", "workqueue.", "zswap.",
    ]

    private static let names: Set<String> = [
        "BOOT_IMAGE", "acpi", "acpi_pad", "amd_iommu", "amd_pstate", "amd_prefcore", "apparmor", "audit", "cgroup_disable", "cgroup_enable",
        "cgroup_memory", "cgroup_no_v1", "clocksource", "console", "cpu0_hotplug", "crashkernel", "default_hugepagesz", "deferred_init",
        "earlyprintk", "efi", "elevator", "gather_data_sampling", "hpet", "hugepages", "hugepagesz", "hugetlb_free_vmemmap", "idle",
        "init_on_alloc", "init_on_free", "initrd", "intel_idle", "intel_iommu", "intel_pstate", "iommu", "iommu.passthrough",
        "iommu.strict",
        "ipv6.disable", "irqaffinity", "isolcpus", "kpti", "kvm", "l1d_flush", "l1tf", "lapic", "loglevel", "lsm", "maxcpus", "mce", "mds",
        "mem",
        "memmap", "mitigations", "mmio_stale_data", "movablecore", "net.ifnames", "biosdevname", "nmi_watchdog", "no_timer_check", "noapic",
        "nohlt", "nohz", "nohz_full", "nohugeiomap", "nokaslr", "kaslr", "nomodeset", "nomodule", "noreplace_smp", "nosmap", "nosmep",
        "nosmt",
        "nospec_store_bypass_disable", "nospectre_v1", "nospectre_v2", "nosoftlockup", "notsc", "nowatchdog", "nox2apic", "nr_cpus", "numa",
        "numa_balancing", "page_alloc.shuffle", "page_poison", "page_reporting.page_reporting_order", "panic", "pci", "pcie_aspm",
        "pcie_bus_perf",
        "possible_cpus", "preempt", "printk.devkmsg", "psi", "pti", "quiet", "random.trust_bootloader", "random.trust_cpu", "rcu_nocbs",
        "reboot",
        "reg_file_data_sampling", "retbleed", "ro", "root", "rootdelay", "rootfstype", "rootwait", "rw", "schedstats", "security",
        "selinux",
        "skew_tick", "slab_nomerge", "slub_debug", "smt", "spec_rstack_overflow", "spec_store_bypass_disable", "spectre_bhi", "spectre_v2",
        "spectre_v2_user", "splash", "srbds", "swapaccount", "swiotlb", "systemd.legacy_systemd_cgroup_controller",
        "systemd.unified_cgroup_hierarchy", "threadirqs", "transparent_hugepage", "tsc", "usbcore.autosuspend", "vsyscall", "watchdog",
        "x2apic",
        "xen_nopv",
    ]
}
