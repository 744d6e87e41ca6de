/// How much memory this process may use by its cgroups: the least limit on the way up.
///
/// Source: proc_pid_mountinfo(5), cgroups(7), Documentation/admin-guide/cgroup-v2.rst (`memory.max`), cgroup-v1/memory.rst (`hierarchical_memory_limit`).
package enum OwnMemoryLimit {
    /// - Returns: bytes; `nil` when there is no limit, or none that can be read.
    package static func bytes(proc: String = "/proc") -> UInt64? {
        let places = directories(mounts: text("\(proc)/self/mountinfo"), memberships: text("\(proc)/self/cgroup"))
        return places.compactMap { $0.isUnified ? unified($0) : hierarchical($0.directory) }.filter { $0 < unlimited }.min()
    }

    /// Version 1 writes "no limit" as the largest number of pages.
    private static let unlimited: UInt64 = 1 << 60

    private struct Place {
        let isUnified: Bool
        let mountPoint: String
        let directory: String
    }

    /// Where this process's cgroups with memory limits are. A container may see its own cgroup as the root of the hierarchy.
    private static func directories(mounts: String, memberships: String) -> [Place] {
        var paths: [Bool: String] = [:]
        for line in memberships.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            if parts[1].isEmpty { paths[true] = String(parts[2]) }
            if parts[1].split(separator: ",").contains("memory") { paths[false] = String(parts[2]) }
        }
        return mounts.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard let dash = words.firstIndex(of: "-"), dash >= 6, words.count > dash + 3 else { return nil }
            let isUnified = words[dash + 1] == "cgroup2"
            guard isUnified || words[dash + 1] == "cgroup" && words[dash + 3].split(separator: ",").contains("memory") else { return nil }
            let (root, mountPoint) = (String(words[3]), String(words[4]))
            guard var path = paths[isUnified] else { return nil }
            if root != "/", path == root || path.hasPrefix(root + "/") { path.removeFirst(root.utf8.count) }
            let directory = path.isEmpty || path == "/" ? mountPoint : mountPoint + path
            return Place(
                isUnified: isUnified, mountPoint: mountPoint, directory: DirectoryList.exists(directory) ? directory : mountPoint)
        }
    }

    private static func unified(_ place: Place) -> UInt64? {
        var least: UInt64?
        var directory = place.directory
        while directory.hasPrefix(place.mountPoint) {
            let limit = UInt64(text("\(directory)/memory.max").prefix { $0 != "\n" })
            least = [least, limit].compactMap(\.self).min()
            guard let end = directory.lastIndex(of: "/") else { break }
            directory = String(directory[..<end])
        }
        return least
    }

    private static func hierarchical(_ directory: String) -> UInt64? {
        let name = "hierarchical_memory_limit "
        return text("\(directory)/memory.stat").split(separator: "\n").first { $0.hasPrefix(name) }.flatMap {
            UInt64($0.dropFirst(name.count))
        }
    }

    /// A small file's text; empty when it can't be read.
    private static func text(_ path: String) -> String {
        var buffer = ReadBuffer()
        guard (try? KernelFile.readOnce(path, into: &buffer)) != nil else { return "" }
        return buffer.bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}
