/// Where this host has its cgroup hierarchies, and of which version they are.
///
/// Read from `<proc>/…/mountinfo`. Where that names no hierarchy below `<sys>` (a fixture, another mount), from the layout of
/// `<sys>/fs/cgroup`. Sources: proc_pid_mountinfo(5), Documentation/admin-guide/cgroup-v2.rst.
package struct CgroupMount: Sendable, Equatable {
    package enum Mode: String, Sendable {
        case v1, v2
        /// Controllers in version 1 hierarchies and a version 2 hierarchy beside them.
        case hybrid
    }

    /// The directory of the version 2 hierarchy.
    package private(set) var unified: String?
    /// The directory of each version 1 controller; controllers that are mounted together (`cpu,cpuacct`) share one.
    package private(set) var controllers: [String: String] = [:]

    package var mode: Mode? {
        switch (unified, controllers.isEmpty) {
        case (nil, true): nil
        case (nil, false): .v1
        case (_, true): .v2
        case (_, false): .hybrid
        }
    }

    /// - Returns: `nil` when there is no cgroup hierarchy.
    package init?(roots: KernelRoots) {
        var buffer = ReadBuffer()
        // In a container `self` sees the container's own mounts; the hierarchies to read are those below `sys`.
        for name in ["self", "1"] {
            guard (try? KernelFile.readOnce("\(roots.proc)/\(name)/mountinfo", into: &buffer)) != nil else { continue }
            addMounts(buffer.bytes, sys: roots.sys)
            if mode != nil { return }
        }
        addLayout("\(roots.sys)/fs/cgroup")
        if mode == nil { return nil }
    }

    /// Reads lines such as
    ///
    ///     35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
    init(mountinfo bytes: RawSpan, sys: String) { addMounts(bytes, sys: sys) }

    private mutating func addMounts(_ bytes: RawSpan, sys: String) {
        var cursor = ByteCursor(bytes)
        while let line = cursor.field(upTo: UInt8(ascii: "\n")) {
            let words = cursor.string(line).split(separator: " ")
            guard let dash = words.firstIndex(of: "-"), dash >= 6, words.count > dash + 3 else { continue }
            // A mount whose root isn't `/` shows only a part of the hierarchy, as engines mount it inside containers.
            guard words[3] == "/", let directory = Self.directory(words[4], sys: sys) else { continue }
            switch words[dash + 1] {
            case "cgroup2": unified = unified ?? directory
            case "cgroup": addControllers(words[dash + 3], directory)
            default: break
            }
        }
    }

    /// The mount point as this process reaches it. A path outside of `sys` is the host's, and the host's /sys is mounted at `sys`.
    private static func directory(_ mountPoint: Substring, sys: String) -> String? {
        if mountPoint.hasPrefix(sys + "/") { return String(mountPoint) }
        guard mountPoint.hasPrefix("/sys/") else { return sys == "/sys" ? String(mountPoint) : nil }
        let directory = sys + mountPoint.dropFirst(4)
        return DirectoryList.exists(directory) ? directory : nil
    }

    private mutating func addControllers(_ options: Substring, _ directory: String) {
        for option in options.split(separator: ",") where Self.known.contains(String(option)) || option.hasPrefix("name=") {
            if controllers[String(option)] == nil { controllers[String(option)] = directory }
        }
    }

    private mutating func addLayout(_ root: String) {
        if DirectoryList.exists(root + "/cgroup.controllers") {
            unified = root
            return
        }
        for name in DirectoryList.subdirectories(of: root) {
            let directory = "\(root)/\(name)"
            if DirectoryList.exists(directory + "/cgroup.controllers") {
                unified = directory
            } else if name == "systemd" {
                controllers["name=systemd"] = directory
            } else {
                addControllers(Substring(name), directory)
            }
        }
    }

    private static let known: Set<String> = [
        "cpu", "cpuacct", "cpuset", "memory", "blkio", "pids", "freezer", "devices", "net_cls", "net_prio", "perf_event", "hugetlb", "rdma",
        "misc",
    ]
}
