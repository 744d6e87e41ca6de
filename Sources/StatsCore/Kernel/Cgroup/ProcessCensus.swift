#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The processes of each container, for a reader whose pid namespace isn't that of the `/proc` that it reads.
///
/// `cgroup.procs` gives pids of the *reader's* namespace: a reader in a container finds its own few processes there, under small numbers
/// that mean other processes in the host's `/proc`. So this reads `<proc>/<pid>/cgroup` of all processes of the host at every reading
/// instead. Source: pid_namespaces(7), cgroups(7).
package final class ProcessCensus {
    private let proc: String
    /// The processes that are in a container. A reused pid has another inode.
    private var known: [Int32: (inode: UInt64, container: String)] = [:]
    private var pids: [String: [Int32]] = [:]

    /// - Returns: `nil` where `proc` is of this process's own pid namespace, so that no census is needed.
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
            // A process that isn't in a container yet is read again: engines start a process before they move it into its container's cgroup.
            let before = known[pid].flatMap { $0.inode == inode ? $0.container : nil }
            guard let container = before ?? self.container(of: pid, &buffer) else { continue }
            found[pid] = (inode, container)
            pids[container, default: []].append(pid)
        }
        known = found
    }

    /// The container's pids in `proc`, in no order, as of the last census.
    package func pids(of container: String) -> [Int32] { pids[container] ?? [] }

    private func container(of pid: Int32, _ buffer: inout ReadBuffer) -> String? {
        guard (try? KernelFile.readOnce("\(proc)/\(pid)/cgroup", into: &buffer)) != nil else { return nil }
        var cursor = ByteCursor(buffer.bytes)
        while let line = cursor.field(upTo: UInt8(ascii: "\n")) {
            guard CgroupPath.mayName(cursor.bytes, line) else { continue }
            // Behind the hierarchy's number and its controllers, or none.
            let text = cursor.string(line)
            if let slash = text.firstIndex(of: "/"), let path = CgroupPath(String(text[slash...])) { return path.containerID }
        }
        return nil
    }
}
