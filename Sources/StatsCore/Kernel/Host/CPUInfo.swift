/// `/proc/cpuinfo`: what the processor is (proc_cpuinfo(5)). Only the first core's lines are read: in a host they are all of one kind, and the kernel asks each core for its clock
/// where the whole file is read.
///
///     vendor_id       : GenuineIntel                  CPU implementer : 0x41
///     model name      : Intel(R) Xeon(R) Gold 6226R   CPU part        : 0xd0c
///     microcode       : 0x5003604
///     flags           : fpu vme … hypervisor
///
/// On the right an ARM core, which tells its maker and part as numbers (MIDR_EL1, Arm Architecture Reference Manual).
package struct CPUInfo: Sendable, Equatable {
    package private(set) var model: String?
    package private(set) var microcode: String?
    /// Whether it is told that a hypervisor runs it (CPUID leaf 1, ECX bit 31); `nil` for processors without flags.
    package private(set) var hasHypervisor: Bool?

    /// - Parameter text: the file, or its beginning.
    package init(parsing text: String) {
        var values: [Substring: String] = [:]
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            // An empty line ends what is said of the first core.
            if line.isEmpty, !values.isEmpty { break }
            guard let colon = line.firstIndex(of: ":") else { continue }
            var key = line[..<colon]
            while let last = key.last, last == " " || last == "\t" { key.removeLast() }
            values[key] = KernelFile.trimmed(line[line.index(after: colon)...])
        }
        model = values["model name"] ?? Self.arm(values["CPU implementer"], values["CPU part"]) ?? values["uarch"] ?? values["cpu"]
        microcode = values["microcode"]
        hasHypervisor = values["flags"].map { $0.split(separator: " ").contains("hypervisor") }
    }

    /// The model of an ARM core, as lscpu(1) names the usual ones of servers and boards.
    private static func arm(_ implementer: String?, _ part: String?) -> String? {
        guard let implementer, let part else { return nil }
        return parts["\(implementer) \(part)"] ?? "ARM implementer \(implementer), part \(part)"
    }

    private static let parts = [
        "0x41 0xd03": "Cortex-A53", "0x41 0xd04": "Cortex-A35", "0x41 0xd05": "Cortex-A55", "0x41 0xd07": "Cortex-A57",
        "0x41 0xd08": "Cortex-A72", "0x41 0xd09": "Cortex-A73", "0x41 0xd0a": "Cortex-A75", "0x41 0xd0b": "Cortex-A76",
        "0x41 0xd0c": "Neoverse-N1", "0x41 0xd40": "Neoverse-V1", "0x41 0xd49": "Neoverse-N2", "0x41 0xd4f": "Neoverse-V2",
        "0x41 0xd84": "Neoverse-V3", "0x41 0xd8e": "Neoverse-N3", "0x48 0xd01": "Kunpeng-920", "0xc0 0xac3": "Ampere-1",
        "0xc0 0xac4": "Ampere-1a",
    ]
}
