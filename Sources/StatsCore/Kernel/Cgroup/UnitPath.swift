/// A cgroup that is no container's, and which unit it is, told from its path alone.
///
///     /system.slice/nginx.service                                              service   nginx.service
///     /user.slice/user-1000.slice/session-3.scope                              scope     session-3.scope
///     /user.slice/user-1000.slice                                              slice     user-1000.slice
///     /machine.slice/machine-qemu\x2d1\x2dweb.scope                            vm        libvirt under systemd
///     /machine/qemu-1-web.libvirt-qemu                                         vm        libvirt without
///     /qemu.slice/100.scope                                                    vm        Proxmox
///     /firecracker/<id>                                                        vm        Firecracker's jailer
///     /lxc.monitor.web, /lxc.monitor/web                                       lxc       the monitor of container web
///     /lxc.payload.web, /lxc/web                                               lxc       a container itself, where it isn't recorded as one
///     /sonde-command-4711                                                      command   what `sonde record` runs
///     /system.slice/docker.service/worker                                      other     worker
///
/// Sources: systemd's CONTROL_GROUP_INTERFACE, systemd.slice(5), libvirt's cgroups.html, lxc.container.conf(5).
package struct UnitPath: Sendable, Equatable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        case service, scope, slice, lxc, vm, command, other
    }

    /// From the hierarchy's root.
    package let path: String
    /// As the process table names it, too.
    package let name: String
    package let kind: Kind

    package init(_ path: String) {
        self.path = path
        let last = path.split(separator: "/").last ?? ""
        if Self.isCommand(last) {
            (kind, name) = (.command, Self.command)
        } else if let guest = Self.lxc(last, path) {
            (kind, name) = (.lxc, guest)
        } else if Self.isMachine(last, path) {
            (kind, name) = (.vm, String(last))
        } else {
            name = String(last)
            // A name alone, such as `.service`, is no unit.
            switch last {
            case _ where last.hasSuffix(".service") && last.utf8.count > 8: kind = .service
            case _ where last.hasSuffix(".scope") && last.utf8.count > 6: kind = .scope
            case _ where last.hasSuffix(".slice") && last.utf8.count > 6: kind = .slice
            default: kind = .other
            }
        }
    }

    /// The name of the unit that is a recorded command.
    package static let command = "command"
    /// With what the name of a recorded command's cgroup begins; behind it stands the pid of its `sonde`.
    package static let commandPrefix = "sonde-command-"

    /// Whether a process in the cgroup of this path belongs to a recorded command.
    /// - Parameter recorder: the pid of the `sonde` that records it; `nil` for any.
    package static func isInCommand(_ path: String, of recorder: Int32?) -> Bool {
        guard path.contains("/" + commandPrefix) else { return false }
        let own = recorder.map { "\(commandPrefix)\($0)" }
        return path.split(separator: "/").contains { part in own.map { part == $0 } ?? isCommand(part) }
    }

    /// The virtual machine, or LXC's monitor, to which a process in the cgroup of this path belongs.
    package static func guest(in path: String) -> UnitPath? {
        // They stand one or two levels below the root.
        let parts = path.split(separator: "/").prefix(2)
        return parts.indices.lazy.map { UnitPath(parts[...$0].map { "/" + $0 }.joined()) }.first { $0.kind == .vm || $0.kind == .lxc }
    }

    private static func isCommand(_ last: Substring) -> Bool {
        guard last.hasPrefix(commandPrefix) else { return false }
        let number = last.utf8.dropFirst(commandPrefix.utf8.count)
        return !number.isEmpty && number.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    private static func lxc(_ last: Substring, _ path: String) -> String? {
        for prefix in ["/lxc.monitor.", "/lxc.monitor/"] where path.hasPrefix(prefix) {
            let name = path.dropFirst(prefix.count)
            if !name.isEmpty, !name.contains("/") { return String(name) }
        }
        guard let container = CgroupPath(path), container.runtime == .lxc, container.root == path else { return nil }
        return container.containerID
    }

    private static func isMachine(_ last: Substring, _ path: String) -> Bool {
        let parent = path.dropLast(last.utf8.count + 1)
        return switch parent {
        case "/machine.slice": last.hasPrefix("machine-qemu\\x2d") && last.hasSuffix(".scope")
        case "/machine": last.contains(".libvirt-")
        case "/qemu.slice": last.hasSuffix(".scope")
        case "/firecracker": true
        default: false
        }
    }
}
