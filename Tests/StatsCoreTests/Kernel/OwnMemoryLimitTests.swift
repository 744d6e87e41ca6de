import StatsCore
import TestSupport
import Testing

@Suite("The limit of this process's memory") struct OwnMemoryLimitTests {
    private func limit(_ mounts: [String], _ memberships: String, _ files: [String: String]) throws -> UInt64? {
        let scratch = try ScratchDirectory()
        let root = scratch.path
        let lines = mounts.enumerated().map { index, line in
            let words = line.split(separator: " ")
            let options = words.count > 3 ? words[3] : "rw"
            return "\(30 + index) 25 0:\(40 + index) \(words[1]) \(root)\(words[2]) rw,nosuid - \(words[0]) \(words[0]) \(options)"
        }
        try scratch.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: "proc/self/mountinfo")
        try scratch.write(Array(memberships.utf8), to: "proc/self/cgroup")
        for (name, text) in files { try scratch.write(Array(text.utf8), to: name) }
        return OwnMemoryLimit.bytes(proc: scratch.path("proc"))
    }

    @Test("Under version 2 it is the least on the way up, and `max` is none")
    func unified() throws {
        let mounts = ["cgroup2 / /cg"]
        #expect(try limit(mounts, "0::/a/b\n", ["cg/a/b/memory.max": "max\n", "cg/a/memory.max": "1000\n"]) == 1000)
        #expect(try limit(mounts, "0::/a/b\n", ["cg/a/b/memory.max": "500\n", "cg/a/memory.max": "1000\n"]) == 500)
        #expect(try limit(mounts, "0::/a/b\n", ["cg/a/b/memory.max": "max\n"]) == nil)
    }

    @Test("In a container, whose cgroup is the root that it sees, it is that of the root")
    func container() throws {
        #expect(try limit(["cgroup2 / /cg"], "0::/\n", ["cg/memory.max": "256\n"]) == 256)
        // Without a cgroup namespace of its own, the mount shows a part of the hierarchy.
        #expect(
            try limit(
                ["cgroup /docker/x /cg/memory rw,memory"], "5:memory:/docker/x\n",
                ["cg/memory/memory.stat": "cache 1\nhierarchical_memory_limit 256\n"])
                == 256)
        // The path is one of the host's, which isn't here.
        #expect(try limit(["cgroup2 / /cg"], "0::/system.slice/x\n", ["cg/memory.max": "256\n"]) == 256)
    }

    @Test("Under version 1 it is what counts on the way up; the largest number means none")
    func version1() throws {
        let mounts = ["cgroup / /cg/memory rw,memory", "cgroup / /cg/cpu rw,cpu"]
        #expect(try limit(mounts, "5:memory:/a\n0::/\n", ["cg/memory/a/memory.stat": "hierarchical_memory_limit 300\n"]) == 300)
        #expect(try limit(mounts, "5:memory:/a\n", ["cg/memory/a/memory.stat": "hierarchical_memory_limit 9223372036854771712\n"]) == nil)
        #expect(try limit([], "", [:]) == nil)
    }
}
