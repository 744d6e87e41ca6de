/// Finds containers by walking a cgroup hierarchy: how it is done without an engine.
///
/// It costs an `opendir` for each cgroup of the host, so that it is done once a second at most.
package struct CgroupTree: Sendable {
    private let root: String

    /// A hierarchy that all engines put their containers into: version 2's where it holds the controllers, else the first of version 1.
    package init?(_ mount: CgroupMount) {
        let v1 = ["memory", "cpuacct", "cpu", "pids", "blkio"].lazy.compactMap { mount.controllers[$0] }.first
        guard let root = v1 ?? mount.unified else { return nil }
        self.root = root
    }

    /// The containers there are now, each once, in the order of their paths. A container inside a container isn't one of the host's.
    ///
    /// One that has cgroups at two places, such as a stale one of an earlier start under another parent, is where its processes are.
    package func containers() -> [CgroupPath] {
        var found: [CgroupPath] = []
        walk("", depth: 0, &found)
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

    /// Deep enough for every engine, and an end should a mount lead back into itself.
    private static let maximumDepth = 16

    private func walk(_ path: String, depth: Int, _ found: inout [CgroupPath]) {
        guard depth < Self.maximumDepth else { return }
        for name in DirectoryList.subdirectories(of: root + path) {
            let child = "\(path)/\(name)"
            if let container = CgroupPath(child) {
                found.append(container)
            } else {
                walk(child, depth: depth + 1, &found)
            }
        }
    }
}
