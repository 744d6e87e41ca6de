/// Which hypervisor a host runs under, as far as files tell it.
///
///     /proc/cpuinfo                                                    flags … hypervisor
///     /sys/class/dmi/id/sys_vendor, product_name                       QEMU, Standard PC (Q35 + ICH9, 2009)
///     /sys/hypervisor/type                                             xen
///     /proc/device-tree/hypervisor/compatible                          linux,kvm
///     /sys/devices/system/clocksource/clocksource0/available_clocksource   kvm-clock tsc acpi_pm
///
/// Serial numbers and UUIDs, which stand beside the product's name, are never read. Source: systemd-detect-virt(1) for what vendors call themselves.
package struct Virtualization: Sendable, Equatable {
    /// `none`, or the hypervisor: `kvm`, `vmware`, …; `vm` where there is one that doesn't say which.
    package private(set) var hypervisor: String?
    /// Maker and product, as the firmware has them: `Dell Inc. PowerEdge R640`.
    package private(set) var machine: String?

    /// What the files say; `nil` for those that aren't there.
    package struct Signs: Sendable {
        package var flag: Bool?
        package var vendor: String?
        package var product: String?
        package var hypervisorType: String?
        package var deviceTree: String?
        package var clockSources: String?

        package init() {}
    }

    package init(_ signs: Signs) {
        let named = [signs.vendor, signs.product].compactMap(\.self)
        machine = named.isEmpty ? nil : named.joined(separator: " ")
        hypervisor = Self.hypervisor(signs, named)
    }

    package init(roots: KernelRoots, _ cpu: CPUInfo) {
        var signs = Signs()
        signs.flag = cpu.hasHypervisor
        signs.vendor = KernelFile.line(of: "\(roots.sys)/class/dmi/id/sys_vendor")
        signs.product =
            KernelFile.line(of: "\(roots.sys)/class/dmi/id/product_name") ?? KernelFile.line(of: "\(roots.proc)/device-tree/model")
        signs.hypervisorType = KernelFile.word(of: "\(roots.sys)/hypervisor/type")
        signs.deviceTree = KernelFile.line(of: "\(roots.proc)/device-tree/hypervisor/compatible")
        signs.clockSources = KernelFile.line(of: "\(roots.sys)/devices/system/clocksource/clocksource0/available_clocksource")
        self.init(signs)
    }

    private static func hypervisor(_ signs: Signs, _ named: [String]) -> String? {
        // A host under Xen's own control has the flag too; what it runs on is Xen all the same.
        if let type = signs.hypervisorType { return type }
        if let compatible = signs.deviceTree { return compatible.contains("kvm") ? "kvm" : compatible.contains("xen") ? "xen" : "vm" }
        let firmware = named.lazy.compactMap { text in Self.makers.first { text.contains($0.sign) }?.name }.first
        switch (signs.flag, firmware) {
        // A bare machine of a cloud has its maker's name and no hypervisor: of Amazon's and Google's both exist.
        case (false, _): return "none"
        case (true, let name?): return name
        case (true, nil): return signs.clockSources.flatMap(Self.clock) ?? "vm"
        // A processor without flags, such as ARM's: firmware names its hypervisor, or nobody does.
        case (nil, let name?): return name
        case (nil, nil): return nil
        }
    }

    private static func clock(_ sources: String) -> String? {
        if sources.contains("kvm-clock") { return "kvm" }
        if sources.contains("hyperv") { return "microsoft" }
        return sources.contains("xen") ? "xen" : nil
    }

    private static let makers: [(sign: String, name: String)] = [
        ("KVM", "kvm"), ("OpenStack", "kvm"), ("KubeVirt", "kvm"), ("Amazon EC2", "amazon"), ("QEMU", "qemu"), ("VMware", "vmware"),
        ("VMW", "vmware"), ("innotek GmbH", "oracle"), ("VirtualBox", "oracle"), ("Oracle Corporation", "oracle"), ("Xen", "xen"),
        ("Bochs", "bochs"), ("Parallels", "parallels"), ("BHYVE", "bhyve"), ("Hyper-V", "microsoft"), ("Virtual Machine", "microsoft"),
        ("Apple Virtualization", "apple"), ("Google Compute Engine", "google"), ("Google", "google"),
    ]
}
