import Foundation
import StatsCore
import TestSupport

/// A `/proc` made up of a few processes.
final class ProcessTree {
    private let scratch: ScratchDirectory

    init() throws {
        scratch = try ScratchDirectory()
        try scratch.write("MemTotal:       1000 kB\n", to: "proc/meminfo")
        try scratch.write("0.10 0.20 0.30 1/94 11782\n", to: "proc/loadavg")
    }

    var roots: KernelRoots { KernelRoots(proc: scratch.path("proc"), sys: scratch.path("sys")) }
    func path(_ name: String) -> String { scratch.path(name) }
    func write(_ text: String, to name: String) throws { try scratch.write(text, to: name) }

    /// - Parameters:
    ///   - flags: as in proc_pid_stat(5).
    ///   - pages: resident.
    func add(
        _ pid: Int, ppid: Int = 1, _ name: String, _ commandLine: [String] = [], cgroup: String = "/", uid: Int = 0, flags: Int = 4_194_304,
        ticks: Int = 5, pages: Int = 10
    ) throws {
        try scratch.write(
            "\(pid) (\(name)) S \(ppid) 0 0 0 -1 \(flags) 104 0 0 0 \(ticks) 0 0 0 20 0 1 0 99195 3133440 410 18446744073709551615\n",
            to: "proc/\(pid)/stat")
        try scratch.write("765 \(pages) 5 5 0 123 0\n", to: "proc/\(pid)/statm")
        try scratch.write(
            "Name:\t\(name)\nUid:\t0\t\(uid)\t0\t0\nVmSwap:\t       4 kB\nvoluntary_ctxt_switches:\t4\n", to: "proc/\(pid)/status")
        try scratch.write("rchar: 1\nwchar: 2\n", to: "proc/\(pid)/io")
        try scratch.write("0::\(cgroup)\n", to: "proc/\(pid)/cgroup")
        try scratch.write(commandLine.map { $0 + "\0" }.joined(), to: "proc/\(pid)/cmdline")
    }

    /// The host's users.
    static let passwd = ["proc", "1", "root", "etc", "passwd"].joined(separator: "/")

    func remove(_ pid: Int) throws { try FileManager.default.removeItem(atPath: scratch.path("proc/\(pid)")) }
}
