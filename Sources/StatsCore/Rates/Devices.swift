/// Which rows of disks and interfaces must not be added up with the others of their node, as they carry and count the same bytes.
package enum Devices {
    /// Whether a device is made of others, which carry and count the same bytes: volumes and arrays, bridges, bonds, VLANs; and the loopback.
    package static func isStacked(_ name: String) -> Bool { name == "lo" || name.contains(".") || stacked.contains { name.hasPrefix($0) } }

    private static let stacked = [
        "dm-", "md", "bcache", "drbd", "zd", "loop", "docker", "br-", "virbr", "bond", "team", "cni", "flannel", "ifb",
        // No disks at all, but memory.
        "ram", "zram",
    ]

    /// Whether a device is a part of another one that has a row, as agents send them on request: `sda1` of `sda`, `nvme0n1p2` of `nvme0n1`.
    package static func isPartition(_ name: String, of devices: Set<String>) -> Bool {
        let base = name[..<(name.lastIndex { !$0.isNumber }.map { name.index(after: $0) } ?? name.startIndex)]
        guard base.count < name.count else { return false }
        let whole = base.last == "p" && base.dropLast().last?.isNumber == true ? base.dropLast() : base
        return devices.contains(String(whole))
    }
}
