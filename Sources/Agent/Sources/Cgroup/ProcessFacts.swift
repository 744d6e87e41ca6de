import StatsCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The first process of a container or unit, from whose start to whose end it lives.
struct FirstProcess: Equatable {
    var pid: Int32
    /// Microseconds since boot.
    var started: UInt64?
    /// Its network namespace; `nil` when the kernel doesn't let this user see it.
    var namespace: String?
}

/// What `/proc` says of single processes.
struct ProcessFacts {
    let roots: KernelRoots

    /// What `/proc` says of the process; `nil` when it has ended.
    func process(_ pid: Int32, _ buffer: inout ReadBuffer) -> FirstProcess? {
        guard (try? KernelFile.readOnce("\(roots.proc)/\(pid)/stat", into: &buffer)) != nil else { return nil }
        return FirstProcess(
            pid: pid, started: PidStat(parsing: buffer.bytes).start, namespace: link("\(roots.proc)/\(pid)/ns/net"))
    }

    /// The process of a cgroup, or of one nested in it, that was started before all others.
    /// Without its network namespace.
    func first(in directory: String, _ buffer: inout ReadBuffer, _ tally: inout ReadTally) -> FirstProcess? {
        var pids: [Int32] = []
        var own = ReadTally()
        CgroupProcesses(directory, &own).read(into: &pids, &buffer, &own)
        own.isGone = false
        tally.add(own)
        var first: FirstProcess?
        for pid in pids {
            guard (try? KernelFile.readOnce("\(roots.proc)/\(pid)/stat", into: &buffer)) != nil else { continue }
            let process = FirstProcess(pid: pid, started: PidStat(parsing: buffer.bytes).start)
            if let first, first.started ?? .max <= process.started ?? .max { continue }
            first = process
        }
        return first
    }

    /// Whether the pids of this `/proc` are those of this agent's own namespace, by which system calls name processes.
    var hasOwnPIDs: Bool { link("\(roots.proc)/self") == "\(getpid())" }

    /// The host's network namespace is that of process 1. If process 1 can't be read and `/proc` is the host's own, it is this agent's.
    var hostNetwork: String? {
        link("\(roots.proc)/1/ns/net") ?? (roots.isLocal ? link("/proc/self/ns/net") : nil)
    }

    /// The link's target, of a namespace such as `net:[4026531840]`.
    private func link(_ link: String) -> String? {
        var text = [UInt8](repeating: 0, count: 64)
        let count = text.withUnsafeMutableBytes { readlink(link, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count) }
        return count > 0 ? String(decoding: text[..<count], as: UTF8.self) : nil
    }
}
