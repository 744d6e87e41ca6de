import StatsCore
import TestSupport
import Testing

@testable import Agent

/// Whatever cgroups a host has and whatever is asked for, units and containers are parts of it that don't overlap.
@Suite("Units of random trees") struct UnitChoicePropertyTests {
    /// A host's cgroups, each with what it uses itself.
    private struct World {
        let mount: CgroupMount
        /// What the processes in each cgroup use, without those in cgroups below it.
        let own: [String: UInt64]
        private let scratch: ScratchDirectory

        init(_ random: inout SeededRandom) throws {
            let scratch = try ScratchDirectory(inMemory: true)
            try scratch.write("cpu\n", to: "sys/fs/cgroup/cgroup.controllers")
            var own = ["": UInt64(7)]
            for _ in 0..<Int.random(in: 1...25, using: &random) {
                let parent = own.keys.sorted().randomElement(using: &random) ?? ""
                let path = "\(parent)/\(Self.name(&random))"
                // Processes may be in any of them, as under version 1.
                own[path] = .random(in: 0...100, using: &random)
                try scratch.makeDirectory("sys/fs/cgroup" + path)
            }
            let found = CgroupMount(roots: KernelRoots(proc: scratch.path("proc"), sys: scratch.path("sys")))
            mount = try #require(found)
            (self.own, self.scratch) = (own, scratch)
        }

        private static func name(_ random: inout SeededRandom) -> String {
            let number = Int.random(in: 0...3, using: &random)
            let id = String(repeating: "\(number)b", count: 32)
            let names = [
                "s\(number).service", "s\(number).scope", "s\(number).slice", "user-\(number).slice", "docker-\(id).scope", id, "docker",
                "job \(number)", "lxc.payload.\(number)", "lxc.monitor.\(number)", "machine-qemu\\x2d\(number).scope",
                "sonde-command-\(number)",
                "init.scope", "libpod-\(id).scope",
            ]
            return names.randomElement(using: &random) ?? ""
        }

        /// What the kernel counts for a cgroup: all below it included.
        func counted(_ path: String) -> UInt64 { own.filter { $0.key == path || $0.key.hasPrefix(path + "/") }.values.reduce(0, +) }
    }

    private static let wildcards = [
        "*", "kind=service", "kind=scope", "kind=other", "kind=vm", "kind=command", "kind=lxc", "s*", "*.service", "/s1.slice/*", "s?",
        "/*/*",
        "cgroup=/docker/*", "name=job*",
    ]
    private static let plain = ["s1.service", "s2.scope", "/s0.slice", "kind=slice", "*.slice", "docker", "init"]

    /// Whether a pattern names a cgroup so that it is recorded although others within it are.
    private static func names(_ pattern: String, _ path: String) -> Bool {
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        let isSlice = name.hasSuffix(".slice")
        return switch pattern {
        case "kind=slice", "*.slice": isSlice
        case "/s0.slice": path == pattern
        case "docker", "init": name == pattern || name.hasPrefix(pattern + ".")
        default: name == pattern
        }
    }

    @Test(
        "Units and containers never add up to more than their host, but for those around others that are named plainly",
        arguments: UInt64(0)..<150)
    func sums(seed: UInt64) throws {
        var random = SeededRandom(state: seed)
        let world = try World(&random)
        let hasPlain = seed.isMultiple(of: 3)
        let patterns = (0...Int.random(in: 0...2, using: &random)).compactMap { _ in
            (Self.wildcards + (hasPlain ? Self.plain : [])).randomElement(using: &random)
        }
        let takesNamed = Bool.random(using: &random)
        let choice = UnitChoice(patterns: patterns.compactMap { UnitPattern($0) }, takesNamedContainers: takesNamed)
        let units = UnitTree(world.mount, choice).walk().units.map(\.path)
        // What has a row as a container; one that is named is a unit instead where asked for.
        let known = world.own.keys.compactMap { CgroupPath($0) }.filter { !($0.isNamed && takesNamed) }
        let containers = Set(known.map(\.root))
        #expect(Set(units).count == units.count && units.allSatisfy { world.own[$0] != nil }, "each is there, and once")

        let named = Set(units.filter { unit in patterns.contains { Self.names($0, unit) } })
        let parts = Set(units).subtracting(named).union(containers)
        for part in parts {
            let around = parts.filter { $0 != part && part.hasPrefix($0 + "/") }
            #expect(around.isEmpty, "\(part) counts a second time in \(around), of \(patterns), seed \(seed)")
        }
        #expect(parts.reduce(0) { $0 + world.counted($1) } <= world.counted(""), "\(patterns), seed \(seed): \(parts)")
        for unit in units { #expect(!containers.contains { unit == $0 || unit.hasPrefix($0 + "/") }, "\(unit) is in a container") }
        // Nothing is lost for that: what holds no others is recorded if it is asked for.
        guard patterns.contains("*") else { return }
        let outside = world.own.keys.filter { path in !path.isEmpty && !containers.contains { path == $0 || path.hasPrefix($0 + "/") } }
        let leaves = outside.filter { leaf in !world.own.keys.contains { $0.hasPrefix(leaf + "/") } }
        #expect(Set(leaves).isSubset(of: units), "\(Set(leaves).subtracting(units)), seed \(seed)")
    }
}
