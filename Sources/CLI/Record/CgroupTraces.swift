import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What a command's cgroup is on this machine, and what was changed for it: all that somebody else needs to end what is in it and to remove it.
struct CgroupTraces: Codable, Sendable, Equatable {
    /// Its own, one in each hierarchy.
    var directories: [String] = []
    /// Those above it that were made for it: in version 1 a path may stand in some hierarchies only.
    var madeAbove: [String] = []
    /// The file in which controllers were enabled for it, and which: they are disabled again unless another recording goes on.
    var enabledIn = ""
    var enabled: [String] = []

    /// The files into which a process writes itself to be in it.
    var entrances: [String] { directories.map { "\($0)/cgroup.procs" } }

    /// The processes that are in it, or in one that was made in it.
    var processes: [Int32] {
        guard let directory = directories.first else { return [] }
        var pids: [Int32] = []
        var tally = ReadTally()
        var buffer = ReadBuffer()
        CgroupProcesses(directory, &tally).read(into: &pids, &buffer, &tally)
        return pids
    }

    /// Kills all that is in it at once, where the kernel can (version 2, Linux 5.14).
    func killAll() {
        for directory in directories { _ = ControlFile.write("1", to: "\(directory)/cgroup.kill") }
    }

    /// Removes it, and what was made in it. It has to be empty.
    func remove() {
        for directory in directories { Self.remove(directory) }
        for directory in madeAbove.reversed() { rmdir(directory) }
        // Another recording may count on them.
        let parent = enabledIn.split(separator: "/").dropLast().map { "/" + $0 }.joined()
        guard !DirectoryList.subdirectories(of: parent).contains(where: { $0.hasPrefix(UnitPath.commandPrefix) }) else { return }
        for controller in enabled { _ = ControlFile.write("-\(controller)", to: enabledIn) }
    }

    /// A process that has just ended may still be in it for a moment.
    private static func remove(_ directory: String) {
        for name in DirectoryList.subdirectories(of: directory) { remove("\(directory)/\(name)") }
        for _ in 0..<50 {
            if rmdir(directory) == 0 || errno != EBUSY { return }
            usleep(10_000)
        }
    }
}

/// A file of a cgroup by which it is told what to do.
enum ControlFile {
    /// - Returns: whether the kernel has taken it.
    static func write(_ text: String, to file: String) -> Bool {
        let descriptor = open(file, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        return WholeWrite.all(text.utf8.span.bytes, to: descriptor) == nil
    }
}
