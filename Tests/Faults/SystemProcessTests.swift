import Foundation
import StatsCore
import Testing

extension FaultTests {
    /// Containers and processes that are many, or of which nothing lasts.
    @Suite struct SystemProcesses {
        @Test("20,000 processes with long command lines are recorded, every tick of them, with bounded memory")
        func many() async throws {
            let count = 20_000
            try await Scene.run { scene in
                let tree = try KernelTree(scene, hasOwnProc: true)
                // A tick that names all of these at once would be five times what a frame may hold.
                try tree.makeProcesses(10_000..<10_000 + count, commandLine: "worker\0" + String(repeating: "option\0", count: 600))
                try tree.list(10_000..<10_000 + count)
                let collector = try await scene.collector()
                _ = try await scene.agent(collector, node: "many", containers: "cgroup", interval: "2s", options: tree.options)
                try await eventually("all processes in the live view", within: .seconds(30)) {
                    try collector.control.instances().nodes.first?.processes == UInt64(count)
                }
                let ticks = FaultPlan.count(short: 6, long: 60)
                try collector.control.start("many", "interval=2s&duration=\(ticks * 2)s")
                try await collector.control.runOver(within: .seconds(ticks * 2 + 60))

                let run = try RecordedRun(collector.data + "/many")
                try run.checkLedger(nodes: ["many"])
                #expect(run.manifest.state == .complete, "\(run.manifest.verdict ?? "no verdict")")
                try await scene.verify(run)
                let rows = try Lines.count(run.directory + "/process.csv") - 1
                #expect(rows == count * ticks, "a row of each process at each tick")
                let announced = try Lines.count(run.directory + "/event.csv", containing: ",process,")
                #expect(announced == count, "each is told of once")
                let cost = try run.table("agent").rows
                let memory = cost.compactMap { $0.integer("rss_bytes") }.max() ?? .max
                let time = cost.compactMap { $0.integer("read_us") }.max() ?? .max
                FaultPlan.report("an agent with 20,000 processes", "\(memory >> 20) MiB, at most \(time / 1000) ms a tick")
                #expect(memory < 400 << 20)
                let kept = try KernelFacts.resident(collector.child.pid)
                FaultPlan.report("its collector", "\(kept >> 20) MiB")
                #expect(kept < 400 << 20)
            }
        }
    }
}

/// Lines of a file that is too large for a table of strings.
private enum Lines {
    static func count(_ path: String, containing part: String = "") throws -> Int {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        if part.isEmpty { return bytes.count { $0 == UInt8(ascii: "\n") } }
        var (count, start) = (0, bytes.startIndex)
        while let found = bytes.range(of: Data(part.utf8), in: start..<bytes.endIndex) {
            count += 1
            start = found.upperBound
        }
        return count
    }
}

extension KernelFacts {
    /// The resident memory of a process in bytes.
    static func resident(_ pid: pid_t) throws -> Int {
        let words = try String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8).split(separator: " ")
        return (words.count > 1 ? Int(words[1]) ?? 0 : 0) * 4096
    }
}
