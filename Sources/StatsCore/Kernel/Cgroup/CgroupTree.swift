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

    /// The containers there are now, in the order of their paths. A container inside a container isn't one of the host's.
    package func containers() -> [CgroupPath] {
        var found: [CgroupPath] = []
        walk("", depth: 0, &found)
        return found
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
