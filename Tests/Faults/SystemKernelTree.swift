import Foundation
import Glibc
import TestSupport

/// A `/sys` with one container's cgroup, and optionally a `/proc` with that container's processes. A test can put anything there, whatever
/// the running kernel has.
struct KernelTree {
    static let container = String(repeating: "5", count: 64)

    /// Options for the agent's command line.
    let options: [String]
    private let cgroup: String
    private let proc: String?

    /// - Parameter hasOwnProc: whether the processes are made up; otherwise they are real ones.
    init(_ scene: Scene, hasOwnProc: Bool) throws {
        cgroup = try scene.makeDirectory("sys/fs/cgroup/system.slice/docker-\(Self.container).scope")
        try Self.write("cpu memory pids\n", scene.path("sys/fs/cgroup/cgroup.controllers"))
        try Self.write("", cgroup + "/cgroup.procs")
        try Self.write("usage_usec 1000000\nuser_usec 600000\nsystem_usec 400000\n", cgroup + "/cpu.stat")
        try Self.write("33554432\n", cgroup + "/memory.current")
        guard hasOwnProc else {
            proc = nil
            options = ["--sys", scene.path("sys")]
            return
        }
        let proc = try scene.makeDirectory("proc")
        // The host's own files are real.
        for name in ["stat", "meminfo", "vmstat", "loadavg", "uptime", "diskstats", "net", "sys", "self"] {
            try FileManager.default.createSymbolicLink(atPath: "\(proc)/\(name)", withDestinationPath: "/proc/\(name)")
        }
        self.proc = proc
        options = ["--sys", scene.path("sys"), "--proc", proc]
    }

    /// Sets the container's processes.
    func list(_ pids: some Sequence<Int>) throws {
        try Self.write(pids.map { "\($0)\n" }.joined(), cgroup + "/cgroup.procs")
    }

    /// Makes the files of processes, all with the same command line.
    func makeProcesses(_ pids: some Sequence<Int>, commandLine: String) throws {
        guard let proc else { return }
        // Equal files are hard links to one file.
        let common = proc + "/common"
        mkdir(common, 0o755)
        try Self.write("765 439 410 5 0 123 0\n", common + "/statm")
        try Self.write("Name:\tworker\nVmSwap:\t16 kB\nvoluntary_ctxt_switches:\t40\nnonvoluntary_ctxt_switches:\t9\n", common + "/status")
        try Self.write(
            "rchar: 7298\nwchar: 322\nsyscr: 14\nsyscw: 2\nread_bytes: 40960\nwrite_bytes: 8192\ncancelled_write_bytes: 4096\n",
            common + "/io")
        try Self.write(commandLine, common + "/cmdline")
        for pid in pids {
            let directory = "\(proc)/\(pid)"
            mkdir(directory, 0o755)
            for name in ["statm", "status", "io", "cmdline"] where link("\(common)/\(name)", "\(directory)/\(name)") != 0 {
                throw Child.Failure(description: "no \(directory)/\(name): \(String(cString: strerror(errno)))")
            }
            try Self.write(
                "\(pid) (worker) S 1 1 1 0 -1 4194560 104 11 3 1 120 34 5 2 20 0 1 0 99195 3133440 410 18446744073709551615"
                    + String(repeating: " 0", count: 27) + "\n", directory + "/stat")
        }
    }

    private static func write(_ text: String, _ path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        let bytes = Array(text.utf8)
        let written = Glibc.write(descriptor, bytes, bytes.count)
        close(descriptor)
        guard written == bytes.count else {
            throw Child.Failure(description: "\(path) can't be written: \(String(cString: strerror(errno)))")
        }
    }
}
