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

    /// Leaves out partitions, which sysfs marks, and loop and ram devices. A device that sysfs doesn't know is kept.
    func wants(device name: String) -> Bool {
        if options.allDevices || Self.isNumbered(name, "zram") { return true }
        if Self.isNumbered(name, "loop") || Self.isNumbered(name, "ram") { return false }
        // sysfs replaces the slash in names such as cciss/c0d0 by "!".
        let entry = String(name.map { $0 == "/" ? "!" : $0 })
        return access("\(sys)/class/block/\(entry)/partition", F_OK) != 0
    }

    /// Leaves out the host's ends of veth pairs: the link number of such an interface isn't its own, as its peer is in another namespace. Only the
    /// names that their makers use are checked. If sysfs no longer has the interface, the name alone decides.
    func wants(interface name: String) -> Bool {
        if options.allInterfaces || !["veth", "cali", "lxc"].contains(where: name.hasPrefix) { return true }
        guard let own = number("\(name)/ifindex"), let peer = number("\(name)/iflink") else { return !name.hasPrefix("veth") }
        return own == peer
    }

    private func number(_ entry: String) -> UInt64? {
        var buffer = ReadBuffer(capacity: 64)
        guard (try? KernelFile.readOnce("\(sys)/class/net/\(entry)", into: &buffer)) != nil else { return nil }
        var cursor = ByteCursor(buffer.bytes)
        return cursor.wholeDecimal()
    }

    private static func isNumbered(_ name: String, _ prefix: String) -> Bool {
        guard name.hasPrefix(prefix), let next = name.dropFirst(prefix.count).first else { return false }
        return next.isNumber
    }
}
