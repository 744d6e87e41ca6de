/// Finds containers without an engine, by walking a cgroup hierarchy.
///
/// A walk costs an `opendir` for each cgroup of the host, so callers walk at most once a second.
package struct CgroupTree: Sendable {
    private let root: String

    /// Takes the hierarchy that all engines use: version 2's if it has controllers, else the first of version 1.
    package init?(_ mount: CgroupMount) {
        let v1 = ["memory", "cpuacct", "cpu", "pids", "blkio"].lazy.compactMap { mount.controllers[$0] }.first
        guard let root = v1 ?? mount.unified else { return nil }
        self.root = root
    }

    /// The current containers, each once, in the order of their paths. Containers inside a container are left out.
    ///
    /// If a container has cgroups at two places, as when an earlier start left one under another parent, the one with processes counts.
    ///
    /// - Returns: `nil` when a directory can't be read although it is there. What the other directories have would not be all containers.
    package func containers() -> [CgroupPath]? {
        var found: [CgroupPath] = []
        guard walk("", depth: 0, &found) else { return nil }
        var places: [String: Int] = [:]
        var containers: [CgroupPath] = []
        for container in found {
            guard let place = places[container.containerID] else {
                places[container.containerID] = containers.count
                containers.append(container)
                continue
            }
            if !holdsProcesses(containers[place].root, depth: 0), holdsProcesses(container.root, depth: 0) { containers[place] = container }
        }
        return containers
    }

    /// Whether a process is in the cgroup or in one below it.
    private func holdsProcesses(_ path: String, depth: Int) -> Bool {
        var buffer = ReadBuffer()
        if (try? KernelFile.readOnce("\(root)\(path)/cgroup.procs", into: &buffer)) != nil, buffer.bytes.byteCount > 0 { return true }
        guard depth < Self.maximumDepth else { return false }
        return DirectoryList.subdirectories(of: root + path).contains { holdsProcesses("\(path)/\($0)", depth: depth + 1) }
    }

    /// Deep enough for every engine; it ends the walk should a mount lead back into itself.
    private static let maximumDepth = 16

    private func walk(_ path: String, depth: Int, _ found: inout [CgroupPath]) -> Bool {
        guard depth < Self.maximumDepth else { return true }
        guard let names = DirectoryList.knownSubdirectories(of: root + path) else { return false }
        for name in names {
            let child = "\(path)/\(name)"
            if let container = CgroupPath(child) {
                found.append(container)
            } else if !walk(child, depth: depth + 1, &found) {
                return false
            }
        }
        return true
    }
}
