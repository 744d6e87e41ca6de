import Foundation

/// A process's current use of resources, from /proc.
struct ProcessUse: CustomStringConvertible {
    let residentBytes: Int
    let threads: Int
    let descriptors: Int

    init(_ pid: pid_t) throws {
        let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        func number(_ key: String) -> Int {
            let line = status.split(separator: "\n").first { $0.hasPrefix(key + ":") }
            return line?.split(whereSeparator: { $0 == "\t" || $0 == " " }).dropFirst().first.flatMap { Int($0) } ?? 0
        }
        residentBytes = number("VmRSS") * 1024
        threads = number("Threads")
        descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").count
    }

    var description: String { "\(residentBytes >> 20) MiB, \(threads) threads, \(descriptors) descriptors" }
}
