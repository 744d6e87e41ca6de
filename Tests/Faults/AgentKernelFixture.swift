import Foundation
import TestSupport

/// A /proc of a host whose disks have long names, so that its ticks are large but cheap to read.
struct KernelFixture {
    /// Options for the agent's command line.
    let options: [String]

    init(_ scene: Scene, tickBytes: Int) throws {
        let proc = try scene.makeDirectory("proc")
        let name = String(repeating: "x", count: 1000)
        let disks = (0..<tickBytes / 1024).map { "   8 \($0) disk\($0)\(name) 1 2 3 4 5 6 7 8 0 10 11 0 0 0 0 0 0\n" }
        try disks.joined().write(toFile: proc + "/diskstats", atomically: true, encoding: .utf8)
        for name in ["stat", "meminfo", "loadavg", "uptime", "self"] {
            try FileManager.default.createSymbolicLink(atPath: "\(proc)/\(name)", withDestinationPath: "/proc/\(name)")
        }
        try FileManager.default.createSymbolicLink(atPath: proc + "/sys", withDestinationPath: "/proc/sys")
        options = ["--proc", proc]
    }
}
