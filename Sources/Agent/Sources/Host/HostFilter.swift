import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Tells which devices and interfaces get rows. Each is looked at once, when its name is new.
struct HostFilter: Sendable {
    let sys: String
    let options: HostOptions

    /// Partitions, which sysfs marks as such, and loop and ram devices are left out; devices that sysfs doesn't know stay in.
    func wants(device name: String) -> Bool {
        if options.allDevices || Self.isNumbered(name, "zram") { return true }
        if Self.isNumbered(name, "loop") || Self.isNumbered(name, "ram") { return false }
        // sysfs can't have the slash of names such as cciss/c0d0 and writes "!".
        let entry = String(name.map { $0 == "/" ? "!" : $0 })
        return access("\(sys)/class/block/\(entry)/partition", F_OK) != 0
    }

    /// The host's end of a veth pair has its peer in another namespace, so that its link's number isn't its own. Their makers name
    /// them so; a name alone decides only where sysfs doesn't have the interface, as when it has just gone.
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
