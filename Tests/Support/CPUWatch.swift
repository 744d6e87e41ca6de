import Foundation
import Glibc
import StatsCore
import Synchronization
import TestSupport
import Testing

/// What the kernel counts for a process and its cgroup, read again and again beside a recording. However little a busy machine gave them, what is recorded for an
/// instant lies between the readings before and behind it.
final class CPUWatch: Sendable {
    /// By how many µs a recorded instant may be wrong: the agent's clock, and the time that a reading takes.
    static let slack: Int64 = 20_000

    /// CPU time in µs.
    struct Used {
        var group: Int64
        var process: Int64
    }

    /// What was read between two instants, in µs since 1970.
    struct Reading {
        var begin: Int64
        var end: Int64
        var used: Used
    }

    private let readings = Mutex<[Reading]>([])
    private let isOver = Atomic(false)

    /// Watches until the scene ends, or the process does.
    /// - Parameter part: where the process's own cgroup has this name, the one above it is meant.
    init(_ scene: Scene, _ pid: Int64, part: String? = nil) throws {
        let file = try #require(Self.counter(of: pid, part))
        scene.later { [self] in isOver.store(true, ordering: .relaxed) }
        Thread.detachNewThread { [self] in
            while !isOver.load(ordering: .relaxed) {
                let begin = Self.now()
                guard let group = Self.value(file), let process = KernelFacts.cpuTime(pid) else { return }
                let reading = Reading(begin: begin, end: Self.now(), used: Used(group: group, process: process))
                readings.withLock { $0.append(reading) }
                usleep(10_000)
            }
        }
    }

    /// Checks the counters of a container or unit.
    /// - Parameter lag: by how many µs they may be older than their rows say.
    func check(groups rows: [CSVTable.Row], of run: RecordedRun, lag: Int64 = CPUWatch.slack) throws {
        for row in rows {
            let at = try run.readAt(row)
            try check(row, row.integer("cpu_us"), in: at - lag...at + Self.slack, \.group)
        }
    }

    /// Checks the counters of the process. Its rows don't say when they were read: no later than one interval behind the tick.
    func check(processes rows: [CSVTable.Row], of run: RecordedRun) throws {
        for row in rows {
            let used = try #require(row.integer("cpu_user_us")) + #require(row.integer("cpu_system_us"))
            let at = run.manifest.t0Us + Int64(row.tick) * run.manifest.intervalUs
            try check(row, used, in: at - Self.slack...at + run.manifest.intervalUs, \.process)
        }
    }

    private func check(_ row: CSVTable.Row, _ used: Int64?, in instants: ClosedRange<Int64>, _ counter: (Used) -> Int64) throws {
        let (before, behind) = readings.withLock { readings in
            (readings.last { $0.end <= instants.lowerBound }, readings.first { $0.begin >= instants.upperBound })
        }
        let least = try counter(#require(before, "tick \(row.tick) is older").used)
        let most = try counter(#require(behind, "tick \(row.tick) is later").used)
        #expect(
            used.map((least...most).contains) == true, "\(used ?? -1) µs at tick \(row.tick), and the kernel counted \(least) to \(most)")
    }

    /// The latest.
    var last: Reading? { readings.withLock { $0.last } }

    /// Whether there are readings before and behind all that may be read at a tick.
    func covers(_ row: CSVTable.Row, of run: RecordedRun) -> Bool {
        let at = run.manifest.t0Us + Int64(row.tick) * run.manifest.intervalUs
        return readings.withLock { readings in
            guard let first = readings.first, let last = readings.last else { return false }
            return first.end <= at - Self.slack && last.begin >= at + run.manifest.intervalUs + Self.slack
        }
    }

    /// Waits until there are readings behind all that a run recorded.
    func outlasts(_ run: RecordedRun) async throws {
        let end = try run.manifest.t0Us + Int64((run.table("agent").rows.map(\.tick).max() ?? 0) + 1) * run.manifest.intervalUs + Self.slack
        try await eventually("a reading behind the run") { self.last?.begin ?? 0 >= end }
    }

    /// Percent of a core that the cgroup got between two instants.
    func share(in instants: ClosedRange<Int64>) -> Double {
        let inside = readings.withLock { $0.filter { instants.contains($0.begin) } }
        guard let first = inside.first, let last = inside.last, first.begin < last.begin else { return 0 }
        return Double(last.used.group - first.used.group) / Double(last.begin - first.begin) * 100
    }

    /// µs since 1970.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }

    /// The file with the CPU time of the process's cgroup: cpuacct's of cgroup v1, in ns, or v2's cpu.stat.
    private static func counter(of pid: Int64, _ part: String?) -> String? {
        guard let mount = CgroupMount(roots: KernelRoots()), let text = try? String(contentsOfFile: "/proc/\(pid)/cgroup", encoding: .utf8)
        else { return nil }
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            var names = parts[2].split(separator: "/").map(String.init)
            if let part, names.last == part { names.removeLast() }
            let path = names.joined(separator: "/")
            if parts[1].split(separator: ",").contains("cpuacct"), let root = mount.controllers["cpuacct"] {
                return "\(root)/\(path)/cpuacct.usage"
            }
            if parts[0] == "0", mount.controllers["cpuacct"] == nil, let root = mount.unified { return "\(root)/\(path)/cpu.stat" }
        }
        return nil
    }

    private static func value(_ file: String) -> Int64? {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("usage_usec ") }) else {
            return Int64(text.trimmingCharacters(in: .whitespacesAndNewlines)).map { $0 / 1000 }
        }
        return Int64(line.dropFirst("usage_usec ".count))
    }
}
