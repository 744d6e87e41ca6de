import Foundation

/// Facts of processes from the kernel, read here in the simplest way, without any of Sonde's parsers.
enum KernelFacts {
    struct Process: Hashable {
        let pid: Int64
        let ppid: Int64
        let comm: String
        /// Clock ticks since boot. Pid and start time together identify a process.
        let start: Int64
    }

    /// proc(5): `pid (comm) state ppid …`, where comm may hold anything; starttime is field 22.
    static func process(_ pid: Int64) -> Process? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), let open = text.firstIndex(of: "("),
            let close = text.lastIndex(of: ")")
        else { return nil }
        let rest = text[text.index(after: close)...].split(whereSeparator: \.isWhitespace)
        guard rest.count > 19, let ppid = Int64(rest[1]), let start = Int64(rest[19]) else { return nil }
        return Process(pid: pid, ppid: ppid, comm: String(text[text.index(after: open)..<close]), start: start)
    }

    /// CPU time that a process has used, in µs: utime and stime, fields 14 and 15.
    static func cpuTime(_ pid: Int64) -> Int64? {
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), let close = text.lastIndex(of: ")") else {
            return nil
        }
        let rest = text[text.index(after: close)...].split(whereSeparator: \.isWhitespace)
        guard rest.count > 12, let user = Int64(rest[11]), let system = Int64(rest[12]) else { return nil }
        return (user + system) * (1_000_000 / clockTick)
    }

    /// Bytes of memory that a process has resident: the second field of proc(5)'s statm, in pages.
    static func resident(_ pid: Int64) -> Int64? {
        let words = (try? String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8))?.split(separator: " ")
        return words?.dropFirst().first.flatMap { Int64($0) }.map { $0 * Int64(sysconf(Int32(_SC_PAGESIZE))) }
    }

    /// `MemTotal` in bytes.
    static func memoryTotal() throws -> Int64? {
        try String(contentsOfFile: "/proc/meminfo", encoding: .utf8).split(separator: "\n").first { $0.hasPrefix("MemTotal:") }
            .flatMap { $0.split(separator: " ").dropFirst().first }.flatMap { Int64($0) }.map { $0 * 1024 }
    }

    /// How many cores `/proc/stat` has a line for.
    static func cores() throws -> Int {
        try String(contentsOfFile: "/proc/stat", encoding: .utf8).split(separator: "\n").count { line in
            line.hasPrefix("cpu") && line.dropFirst(3).first?.isNumber == true
        }
    }

    /// The number of clock ticks a second in which `/proc` counts.
    static let clockTick = Int64(sysconf(Int32(_SC_CLK_TCK)))
}
