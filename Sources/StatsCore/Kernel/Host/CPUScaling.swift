/// `/sys/devices/system/cpu/cpufreq` and `…/intel_pstate`: who sets the processor's clock, and how (Documentation/admin-guide/pm/cpufreq.rst, intel_pstate.rst).
///
///     policy0/scaling_governor    schedutil
///     policy0/scaling_driver      acpi-cpufreq
///     policy0/cpuinfo_max_freq    3500000          kHz
///     boost                       1
///     ../intel_pstate/no_turbo    0
///
/// Most virtual machines have none of these: the clock is their host's matter.
package struct CPUScaling: Sendable, Equatable {
    /// Of all cores: `performance`, or several such as `performance, powersave`.
    package private(set) var governor: String?
    package private(set) var driver: String?
    /// The highest clock of the first core, hertz.
    package private(set) var maxHz: UInt64?
    /// Whether cores may run faster than their nominal clock.
    package private(set) var turbo: Bool?

    package init(sys: String) {
        let directory = "\(sys)/devices/system/cpu"
        // Linux before 4.3 has a policy below each core instead.
        let policies = DirectoryList.subdirectories(of: "\(directory)/cpufreq").filter { $0.hasPrefix("policy") }.map { "cpufreq/\($0)" }
        let places = policies.isEmpty ? ["cpu0/cpufreq"] : policies
        let governors = Set(places.compactMap { KernelFile.word(of: "\(directory)/\($0)/scaling_governor") })
        governor = governors.isEmpty ? nil : governors.sorted().joined(separator: ", ")
        driver = places.lazy.compactMap { KernelFile.word(of: "\(directory)/\($0)/scaling_driver") }.first
        maxHz = KernelUnits.scaled(
            places.lazy.compactMap { KernelFile.word(of: "\(directory)/\($0)/cpuinfo_max_freq").flatMap { UInt64($0) } }.first, by: 1000)
        turbo = Self.turbo(
            noTurbo: KernelFile.word(of: "\(directory)/intel_pstate/no_turbo"), boost: KernelFile.word(of: "\(directory)/cpufreq/boost"),
            policyBoost: places.lazy.compactMap { KernelFile.word(of: "\(directory)/\($0)/boost") }.first)
    }

    private static func turbo(noTurbo: String?, boost: String?, policyBoost: String?) -> Bool? {
        switch (noTurbo, boost ?? policyBoost) {
        case ("0", _): true
        case ("1", _): false
        case (_, "1"): true
        case (_, "0"): false
        default: nil
        }
    }
}
