/// The systemd unit that a cgroup belongs to, found from the cgroup's path alone.
///
///     /system.slice/nginx.service                                              nginx.service
///     /user.slice/user-1000.slice/session-3.scope                              session-3.scope
///     /user.slice/user-1000.slice/user@1000.service/app.slice/foo.service      foo.service
///     /system.slice/docker.service/worker                                      docker.service
///     /init.scope                                                              init.scope
///
/// Source: systemd's CONTROL_GROUP_INTERFACE, systemd.slice(5).
package enum SystemdUnit {
    /// - Returns: the innermost service or scope, else the innermost slice; `nil` for a path without any.
    package static func name(in path: some StringProtocol) -> String? {
        var slice: Substring.SubSequence?
        for part in path[...].split(separator: "/").reversed() {
            let part = Substring(part)
            // A name alone, such as `.service`, is no unit.
            if part.hasSuffix(".service") && part.utf8.count > 8 || part.hasSuffix(".scope") && part.utf8.count > 6 { return String(part) }
            if slice == nil, part.hasSuffix(".slice"), part.utf8.count > 6 { slice = part }
        }
        return slice.map { String($0) }
    }
}

extension PidCgroup {
    /// The unit: the recorded command, or by the version 2 hierarchy, and in a hybrid one by systemd's own; else a virtual machine or LXC's monitor.
    /// - Parameter recorder: the pid of the `sonde` whose command that is; `nil` for any.
    package func unit(recorder: Int32? = nil) -> String? {
        let paths = [unified, controllers["name=systemd"]].compactMap(\.self)
        if (paths + controllers.values).contains(where: { UnitPath.isInCommand($0, of: recorder) }) { return UnitPath.command }
        return paths.lazy.compactMap { SystemdUnit.name(in: $0) }.first
            ?? (paths + controllers.values).lazy.compactMap { UnitPath.guest(in: $0)?.name }.first
    }

    /// The container, if any of its paths names one.
    package var container: CgroupPath? {
        unified.flatMap { CgroupPath($0) } ?? controllers.values.lazy.compactMap { CgroupPath($0) }.first
    }
}
