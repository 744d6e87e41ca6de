import Foundation
import StatsCore
import TestSupport
import Testing

@testable import CLI

@Suite("Where the cgroup of a recorded command is made") struct CommandCgroupTests {
    /// A cgroup tree of plain files.
    private struct Tree {
        let scratch: ScratchDirectory
        let root: String
        let mount: CgroupMount

        /// - Parameters:
        ///   - files: their contents, by their paths below the root of the hierarchies.
        init(_ files: [String: String]) throws {
            scratch = try ScratchDirectory()
            for (path, text) in files { try scratch.write(text, to: "sys/fs/cgroup/\(path)") }
            root = scratch.path("sys/fs/cgroup")
            mount = try #require(CgroupMount(roots: KernelRoots(proc: scratch.path("proc"), sys: scratch.path("sys"))))
        }

        func place(_ own: String) -> (parent: String, roots: [String])? { CommandCgroup.place(mount, CommandCgroupTests.own(own)) }
    }

    /// As `/proc/self/cgroup` has it.
    private static func own(_ text: String) -> PidCgroup { PidCgroup(parsing: Array(text.utf8).span.bytes) }

    private static let version2 = ["cgroup.controllers": "cpu memory io pids\n"]
    private static let version1 = Dictionary(
        uniqueKeysWithValues: ["cpu", "cpuacct", "memory", "blkio", "pids", "systemd"].map { ("\($0)/tasks", "") })

    @Test("In version 2 it is beside the one of sonde: in its slice, and in the root where that is the kernel's")
    func beside() throws {
        let tree = try Tree(Self.version2)
        let found = try #require(tree.place("0::/user.slice/user-0.slice/session-3.scope\n"))
        #expect(found.parent == "/user.slice/user-0.slice" && found.roots == [tree.root])
        #expect(tree.place("0::/\n")?.parent == "/")
        #expect(tree.place("0::/sonde\n")?.parent == "/")
    }

    @Test("In a container, and in a cgroup namespace, whose root can't have processes and controllers, there is none")
    func contained() throws {
        let id = String(repeating: "0123456789abcdef", count: 4)
        let tree = try Tree(Self.version2)
        #expect(tree.place("0::/system.slice/docker-\(id).scope\n") == nil)
        #expect(tree.place("0::/../session-3.scope\n") == nil, "out of sight")
        #expect(tree.place("\n") == nil)
        let namespace = try Tree(Self.version2.merging(["cgroup.type": "domain\n"]) { $1 })
        #expect(namespace.place("0::/\n") == nil && namespace.place("0::/sonde\n") == nil)
        #expect(namespace.place("0::/a/sonde\n")?.parent == "/a", "further below it may be")
        #expect(try Tree(Self.version1).place("4:cpuacct:/docker/\(id)\n3:memory:/docker/\(id)\n") == nil)
    }

    private static let usual = [
        "memory.max": "max\n", "memory.high": "max\n", "pids.max": "max\n", "cpu.max": "max 100000\n", "cpu.weight": "100\n",
        "cpuset.cpus": "\n",
        "io.max": "", "io.weight": "default 100\n", "memory.low": "0\n",
    ]

    @Test(
        "Where sonde has a limit or a weight of its own there is none, since the command would get rid of it",
        arguments: [
            nil, ("memory.max", "1073741824\n"), ("memory.high", "0\n"), ("pids.max", "100\n"), ("cpu.max", "50000 100000\n"),
            ("cpu.weight", "10\n"), ("cpuset.cpus", "0-1\n"), ("io.max", "8:0 rbps=1048576 wbps=max riops=max wiops=max\n"),
            ("memory.low", "4096\n"),
        ])
    func limited(limit: (file: String, value: String)?) throws {
        var files = Self.version2
        for (name, value) in Self.usual { files["system.slice/ci.service/\(name)"] = value }
        if let limit { files["system.slice/ci.service/\(limit.file)"] = limit.value }
        let place = try Tree(files).place("0::/system.slice/ci.service\n")
        #expect((place == nil) == (limit != nil))
        #expect(limit != nil || place?.parent == "/system.slice")
    }

    @Test("In version 1 it is below the one of sonde, in each hierarchy where that is on its path")
    func below() throws {
        let tree = try Tree(Self.version1)
        let service = try #require(
            tree.place("6:cpu:/\n5:cpuacct:/\n4:memory:/system.slice/ci.service\n3:blkio:/other\n2:pids:/system.slice\n1:name=systemd:/x\n")
        )
        #expect(service.parent == "/system.slice/ci.service")
        #expect(Set(service.roots) == Set(["cpu", "cpuacct", "memory", "pids"].map { "\(tree.root)/\($0)" }))
        let hybrid = try Tree(Self.version1.merging(["unified/cgroup.controllers": ""]) { $1 })
        #expect(try #require(hybrid.place("6:cpuacct:/\n0::/a\n")).roots == ["\(hybrid.root)/cpuacct", "\(hybrid.root)/unified"])
    }

    @Test("What a killed sonde has left is removed, what another one has isn't, and where none can be made nothing new is left")
    func leftovers() throws {
        let tree = try Tree(Self.version2)
        // No process has such a number.
        let gone = try tree.scratch.makeDirectory("sys/fs/cgroup/a.slice/\(UnitPath.commandPrefix)\(Int32.max)")
        let alive = try tree.scratch.makeDirectory("sys/fs/cgroup/a.slice/\(UnitPath.commandPrefix)1")
        let foreign = try tree.scratch.makeDirectory("sys/fs/cgroup/a.slice/b.scope")
        // A directory of plain files has no cgroup.procs to enter.
        #expect(CommandCgroup(mount: tree.mount, own: Self.own("0::/a.slice/session-3.scope\n"), pid: 7) == nil)
        let left = Set(DirectoryList.subdirectories(of: tree.root + "/a.slice").map { "\(tree.root)/a.slice/\($0)" })
        #expect(left == [alive, foreign] && !DirectoryList.exists(gone))
    }

    @Test("Controllers that those beside it lack are enabled for it, and only they are taken away again")
    func controllers() throws {
        let files = ["a.slice/cgroup.controllers": "cpuset cpu io memory pids\n", "a.slice/cgroup.subtree_control": "cpu pids\n"]
        let tree = try Tree(Self.version2.merging(files) { $1 })
        var traces = CgroupTraces()
        CommandCgroup.enable(tree.root + "/a.slice", &traces)
        #expect(traces.enabled == ["memory", "io"] && traces.enabledIn == tree.root + "/a.slice/cgroup.subtree_control")
        try tree.scratch.write("", to: "sys/fs/cgroup/a.slice/cgroup.subtree_control")
        traces.remove()
        // A plain file keeps what was written last, from its begin.
        #expect(try String(contentsOfFile: traces.enabledIn, encoding: .utf8) == "-iomory")
        let other = try tree.scratch.makeDirectory("sys/fs/cgroup/a.slice/\(UnitPath.commandPrefix)1")
        try tree.scratch.write("", to: "sys/fs/cgroup/a.slice/cgroup.subtree_control")
        traces.remove()
        #expect(try String(contentsOfFile: traces.enabledIn, encoding: .utf8).isEmpty, "\(other) counts on them")
    }
}
