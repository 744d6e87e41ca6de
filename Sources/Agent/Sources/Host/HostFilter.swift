import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Decides which devices and interfaces get rows. It checks each once, when its name is new.
struct HostFilter: Sendable {
    let sys: String
    let options: HostOptions

    /// Leaves out partitions and the hidden paths of multipath disks, which sysfs marks, and loop and ram devices. A device that sysfs doesn't know is kept.
    func wants(device name: String) -> Bool {
        if options.allDevices || Self.isNumbered(name, "zram") { return true }
        if Self.isNumbered(name, "loop") || Self.isNumbered(name, "ram") { return false }
        // sysfs replaces the slash in names such as cciss/c0d0 by "!".
        let entry = String(name.map { $0 == "/" ? "!" : $0 })
        return access("\(sys)/class/block/\(entry)/partition", F_OK) != 0 && !isHiddenPath(entry)
    }

    /// Whether a device is one of the paths of an NVMe disk, such as `nvme0c1n1` of `nvme0n1`, and the disk itself counts what goes over all of them.
    ///
    /// Older kernels count nothing for the disk, which its queue says: then only the paths know.
    private func isHiddenPath(_ entry: String) -> Bool {
        guard number("block/\(entry)/hidden") == 1 else { return false }
        guard let namespace = entry.lastIndex(of: "n"), let controller = entry[..<namespace].lastIndex(of: "c") else { return true }
        return number("block/\(entry[..<controller])\(entry[namespace...])/queue/iostats") != 0
    }

    /// Leaves out the host's ends of veth pairs: the link number of such an interface isn't its own, as its peer is in another namespace. Only the
    /// names that their makers use are checked. If sysfs no longer has the interface, the name alone decides.
    func wants(interface name: String) -> Bool {
        if options.allInterfaces || !["veth", "cali", "lxc"].contains(where: name.hasPrefix) { return true }
        guard let own = number("net/\(name)/ifindex"), let peer = number("net/\(name)/iflink") else { return !name.hasPrefix("veth") }
        return own == peer
    }

    private func number(_ entry: String) -> UInt64? {
        var buffer = ReadBuffer(capacity: 64)
        guard (try? KernelFile.readOnce("\(sys)/class/\(entry)", into: &buffer)) != nil else { return nil }
        var cursor = ByteCursor(buffer.bytes)
        return cursor.wholeDecimal()
    }

    private static func isNumbered(_ name: String, _ prefix: String) -> Bool {
        guard name.hasPrefix(prefix), let next = name.dropFirst(prefix.count).first else { return false }
        return next.isNumber
    }
}
