#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Which processes each container has, for a reader in another pid namespace than that of the `/proc` that it reads.
///
/// `cgroup.procs` has pids as the *reader's* namespace counts them: a reader in a container of its own finds there its own few processes under
/// small numbers, which are somebody else's in the host's `/proc`. `<proc>/<pid>/cgroup` tells it from the other side, for all processes of the
/// host on every reading. Source: pid_namespaces(7), cgroups(7).
package final class ProcessCensus {
    private let proc: String
    /// The processes that are in a container. Another process under the same number has another inode.
    private var known: [Int32: (inode: UInt64, container: String)] = [:]
    private var pids: [String: [Int32]] = [:]

    /// - Returns: `nil` where `proc` counts as this process does, so that nobody needs it.
    package init?(proc: String) {
        var text = [UInt8](repeating: 0, count: 16)
        let count = text.withUnsafeMutableBytes { readlink("\(proc)/self", $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count) }
        guard count > 0, let pid = Int32(String(decoding: text[..<count], as: UTF8.self)), pid != getpid() else { return nil }
        self.proc = proc
    }

    /// Looks at all processes of the host.
    package func take(_ buffer: inout ReadBuffer) {
        pids.removeAll(keepingCapacity: true)
        guard let directory = opendir(proc) else { return }
        defer { closedir(directory) }
        var found: [Int32: (inode: UInt64, container: String)] = [:]
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            guard let pid = Int32(name) else { continue }
            let inode = UInt64(entry.pointee.d_ino)
            // One that isn't in a container is asked again: engines move a process into its container's cgroup after they have made it.
            let before = known[pid].flatMap { $0.inode == inode ? $0.container : nil }
            guard let container = before ?? self.container(of: pid, &buffer) else { continue }
            found[pid] = (inode, container)
            pids[container, default: []].append(pid)
        }
        known = found
    }

    /// The pids in `proc`, in no order, as of the last look.
    package func pids(of container: String) -> [Int32] { pids[container] ?? [] }

    private func container(of pid: Int32, _ buffer: inout ReadBuffer) -> String? {
        guard (try? KernelFile.readOnce("\(proc)/\(pid)/cgroup", into: &buffer)) != nil else { return nil }
        var cursor = ByteCursor(buffer.bytes)
        while let line = cursor.field(upTo: UInt8(ascii: "\n")) {
            // A container's id alone has 64 bytes.
            if line.count > 64, let path = CgroupPath(cursor.string(line)) { return path.containerID }
        }
        return nil
    }
}
