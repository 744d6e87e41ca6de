/// What a process has started, and what that has started, as far as it lives or waits to be reaped.
///
/// Source: `/proc/<pid>/task/<tid>/children`, proc_pid_task(5).
package struct Descendants: Sendable {
    private let proc: String

    package init(proc: String = "/proc") { self.proc = proc }

    /// Whether this kernel tells of children (CONFIG_PROC_CHILDREN).
    package var areTold: Bool { DirectoryList.exists("\(proc)/thread-self/children") }

    /// Calls `body` for each once: those children of `pid` that were started at `since` or later, in microseconds since boot, and all below those.
    package func forEach(below pid: Int32, since: UInt64, _ buffer: inout ReadBuffer, _ body: (Int32, PidStat) -> Void) {
        var seen: Set<Int32> = [pid]
        var waiting = children(of: pid, &buffer).filter { stat($0, &buffer)?.start.map { $0 >= since } ?? false }
        while let next = waiting.popLast() {
            guard seen.insert(next).inserted, let facts = stat(next, &buffer) else { continue }
            body(next, facts)
            waiting += children(of: next, &buffer)
        }
    }

    package func children(of pid: Int32, _ buffer: inout ReadBuffer) -> [Int32] {
        var children: [Int32] = []
        for thread in DirectoryList.subdirectories(of: "\(proc)/\(pid)/task") {
            guard (try? KernelFile.readOnce("\(proc)/\(pid)/task/\(thread)/children", into: &buffer)) != nil else { continue }
            var cursor = ByteCursor(buffer.bytes)
            while true {
                cursor.skipBlanks()
                guard let child = cursor.decimal() else { break }
                children.append(Int32(clamping: child))
            }
        }
        return children
    }

    package func stat(_ pid: Int32, _ buffer: inout ReadBuffer) -> PidStat? {
        guard (try? KernelFile.readOnce("\(proc)/\(pid)/stat", into: &buffer)) != nil else { return nil }
        let facts = PidStat(parsing: buffer.bytes)
        return facts.pid == nil ? nil : facts
    }
}
