/// The directories with one container's counters: one in the version 2 hierarchy, one for each version 1 controller, or both.
package struct CgroupLocation: Sendable, Equatable {
    package var unified: String?
    package var controllers: [String: String] = [:]

    package init() {}

    /// The same with other directories.
    package func mapped(_ directory: (String) -> String) -> CgroupLocation {
        var location = CgroupLocation()
        location.unified = unified.map(directory)
        location.controllers = controllers.mapValues(directory)
        return location
    }

    /// Whether all its directories are there.
    package var exists: Bool {
        !isEmpty && unified.map { DirectoryList.exists($0) } ?? true && controllers.values.allSatisfy { DirectoryList.exists($0) }
    }

    /// Whether it has all directories of another one.
    package func holds(_ other: CgroupLocation) -> Bool {
        (other.unified == nil || other.unified == unified) && other.controllers.allSatisfy { controllers[$0.key] == $0.value }
    }

    package var isEmpty: Bool { unified == nil && controllers.isEmpty }

    /// A directory whose `cgroup.procs` lists the container's processes. Any one will do, since engines put the processes into all of them.
    package var processes: String? {
        unified ?? ["memory", "cpuacct", "cpu", "pids", "name=systemd"].lazy.compactMap { controllers[$0] }.first
            ?? controllers.values.sorted().first
    }
}

extension CgroupMount {
    /// The directories of container `id`, found from the cgroups of one of its processes.
    ///
    /// A hierarchy in which the process isn't below the container's own cgroup is left out: its counters would include other processes.
    package func location(of id: String, cgroups: PidCgroup) -> CgroupLocation {
        var found = CgroupLocation()
        if let unified, let path = cgroups.unified { found.unified = Self.directory(unified, Self.root(of: id, in: path)) }
        for (name, mount) in controllers {
            guard let path = cgroups.controllers[name] else { continue }
            found.controllers[name] = Self.directory(mount, Self.root(of: id, in: path))
        }
        return found
    }

    /// The directories of the container whose cgroup has this path in the hierarchy that was walked; the other hierarchies have the same path.
    package func location(at path: String) -> CgroupLocation {
        var found = CgroupLocation()
        found.unified = unified.flatMap { Self.directory($0, path) }
        for (name, mount) in controllers { found.controllers[name] = Self.directory(mount, path) }
        return found
    }

    /// `path` down to the component that carries the id, in case the process is in a nested cgroup that the container made.
    private static func root(of id: String, in path: String) -> String? {
        var root = ""
        for name in path.split(separator: "/") {
            root += "/" + name
            if name.contains(id) { return root }
        }
        return nil
    }

    /// `nil` for a path that is outside of the reader's cgroup namespace (`/../<id>`): it isn't below the mount.
    private static func directory(_ mount: String, _ path: String?) -> String? {
        guard let path, !path.hasPrefix("/..") else { return nil }
        let directory = mount + path
        return DirectoryList.exists(directory) ? directory : nil
    }
}
