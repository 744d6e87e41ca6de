#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The processes of a container: `cgroup.procs` of its cgroup and of the cgroups nested in it.
///
/// Version 1 keeps the list that an open file has read for another second from each reading on (`cgroup_pidlist_start`, kernel/cgroup/cgroup-v1.c): read more often than that,
/// it would never show another process. So there the file is opened at each reading.
///
/// The directory's link count shows whether nested cgroups were made or removed: one stat(2) instead of a listing.
package final class CgroupProcesses {
    private let path: String
    /// The path for system calls. A string would be copied at every tick to add its terminating zero.
    private let terminatedPath: [CChar]
    private var file: OptionalFile
    private var links: nlink_t = 0
    private var nested: [CgroupProcesses] = []

    package init(_ directory: String, _ tally: inout ReadTally) {
        path = directory
        terminatedPath = Array(directory.utf8CString)
        // Only version 2 has this file.
        let isV2 = DirectoryList.exists("\(directory)/cgroup.controllers")
        file = OptionalFile(directory, "cgroup.procs", shape: .records, isKept: isV2, &tally)
    }

    /// Appends the pids in no order. A process that moves between two cgroups during the reading may come twice.
    ///
    /// - Parameter tally: `isGone` when the container's own cgroup has been removed.
    package func read(into pids: inout [Int32], _ buffer: inout ReadBuffer, _ tally: inout ReadTally) {
        if file.read(into: &buffer, &tally) {
            var cursor = ByteCursor(buffer.bytes)
            while let pid = cursor.wholeDecimal() {
                // 0 stands for a process that isn't visible from this pid namespace.
                if pid > 0, let pid = Int32(exactly: pid) { pids.append(pid) }
                cursor.skipLine()
            }
        }
        if tally.isGone { return }

        lookForNested(&tally)
        var someEnded = false
        for cgroup in nested {
            var inside = ReadTally()
            cgroup.read(into: &pids, &buffer, &inside)
            someEnded = someEnded || inside.isGone
            inside.isGone = false
            tally.add(inside)
        }
        // A cgroup may have been made when another one ended: the link count is then unchanged, so the next reading lists the directory again.
        if someEnded { links = 0 }
    }

    private func lookForNested(_ tally: inout ReadTally) {
        var facts = stat()
        guard stat(terminatedPath, &facts) == 0 else { return }
        // Some file systems (not the kernel's own) don't count subdirectories: the list is then read each time.
        guard facts.st_nlink != links || facts.st_nlink < 2 else { return }
        guard let names = facts.st_nlink == 2 ? [] : DirectoryList.knownSubdirectories(of: path) else {
            // Those that were found before are kept, and the next reading looks again.
            links = 0
            tally.errors += 1
            return
        }
        links = facts.st_nlink
        var kept = Dictionary(nested.map { ($0.path, $0) }, uniquingKeysWith: { $1 })
        nested.removeAll()
        for name in names {
            let directory = "\(path)/\(name)"
            nested.append(kept.removeValue(forKey: directory) ?? CgroupProcesses(directory, &tally))
        }
    }
}

extension ReadTally {
    package mutating func add(_ other: ReadTally) {
        isGone = isGone || other.isGone
        errors += other.errors
        denied += other.denied
        unkept += other.unkept
    }
}
