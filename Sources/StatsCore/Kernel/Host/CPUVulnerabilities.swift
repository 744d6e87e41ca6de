/// `/sys/devices/system/cpu/vulnerabilities/<name>`: by what the kernel keeps each hole of the processor shut, which costs time (Documentation/admin-guide/hw-vuln/index.rst).
///
///     meltdown      Not affected
///     spectre_v2    Mitigation: Retpolines; IBPB: conditional; STIBP: disabled
///     mds           Vulnerable: Clear CPU buffers attempted, no microcode
package enum CPUVulnerabilities {
    /// - Returns: by name; those that the processor doesn't have are left out, and `nil` where the kernel tells of none at all.
    package static func mitigations(sys: String) -> [String: String]? {
        let directory = "\(sys)/devices/system/cpu/vulnerabilities"
        let names = FileList.files(of: directory)
        guard !names.isEmpty else { return nil }
        var found: [String: String] = [:]
        for name in names {
            guard let line = KernelFile.line(of: "\(directory)/\(name)"), line != "Not affected" else { continue }
            found[name] = line
        }
        return found
    }
}
