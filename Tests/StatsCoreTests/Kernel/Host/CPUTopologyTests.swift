import Foundation
import TestSupport
import Testing

@testable import StatsCore

@Suite("How the cores belong together") struct CPUTopologyTests {
    /// Two packages with two physical cores of two threads each; core 5 is offline.
    private func host(hasClocks: Bool) throws -> ScratchDirectory {
        let scratch = try ScratchDirectory()
        try scratch.write("0-4,6-7\n", to: "devices/system/cpu/online")
        for number in 0..<8 where number != 5 {
            let core = "devices/system/cpu/cpu\(number)"
            try scratch.write("\(number % 2)\n", to: "\(core)/topology/core_id")
            try scratch.write("\(number % 4 / 2)\n", to: "\(core)/topology/physical_package_id")
            try scratch.write("\(number % 4),\(number % 4 + 4)\n", to: "\(core)/topology/thread_siblings_list")
            if hasClocks { try scratch.write("3500000\n", to: "\(core)/cpufreq/cpuinfo_max_freq") }
        }
        try scratch.write("0-1,4-5\n", to: "devices/system/node/node0/cpulist")
        try scratch.write("2-3,6-7\n", to: "devices/system/node/node1/cpulist")
        return scratch
    }

    @Test("Each core that is online has its core, package, NUMA node and threads, and its clock where the kernel tells it")
    func whole() throws {
        let (scratch, plain) = (try host(hasClocks: true), try host(hasClocks: false))
        let read = try #require(CPUTopology(sys: scratch.path))
        #expect(read.cpu == [0, 1, 2, 3, 4, 6, 7] && read.core == [0, 1, 0, 1, 0, 0, 1] && read.package == [0, 0, 1, 1, 0, 1, 1])
        #expect(read.numaNode == [0, 0, 1, 1, 0, 1, 1] && read.siblings == ["0,4", "1,5", "2,6", "3,7", "0,4", "2,6", "3,7"])
        #expect(read.maxHz == Array(repeating: 3_500_000_000, count: 7) && read.isSound)
        let json = String(decoding: try JSONCoding.encode(read), as: UTF8.self)
        #expect(json.contains(#""numa_node":[0,0,1,1,0,1,1]"#))
        #expect(try #require(CPUTopology(sys: plain.path)).maxHz == nil)
    }

    @Test("What a machine doesn't tell is null, and where it names no cores nothing is told")
    func parts() throws {
        let scratch = try ScratchDirectory()
        #expect(CPUTopology(sys: scratch.path) == nil)
        try scratch.write("0\n", to: "devices/system/cpu/online")
        // As in some virtual machines.
        try scratch.write("-1\n", to: "devices/system/cpu/cpu0/topology/physical_package_id")
        let read = try #require(CPUTopology(sys: scratch.path))
        #expect(read.cpu == [0] && read.core == [nil] && read.package == [nil] && read.numaNode == [nil] && read.siblings == [nil])
    }

    @Test("A host with very many cores says hello all the same, then without clocks or without the topology")
    func large() throws {
        func host(_ count: Int) throws -> CPUTopology {
            let list = { (value: String) in "[" + Array(repeating: value, count: count).joined(separator: ",") + "]" }
            let text =
                #"{"cpu":\#(list("1000")),"core":\#(list("100")),"package":\#(list("1")),"numa_node":\#(list("1")),"#
                + #""siblings":\#(list("\"500,900\"")),"max_hz":\#(list("3500000000"))}"#
            return try JSONCoding.decode(from: Array(text.utf8))
        }
        #expect(try host(128).fitting()?.maxHz != nil)
        for (count, isTold) in [(512, true), (4096, false)] {
            let told = try host(count).fitting()
            #expect((told != nil) == isTold && told?.maxHz == nil)
        }
        let tables = Dictionary(uniqueKeysWithValues: Catalogue.tables.map { ($0.id.name, $0.columns.map(\.name)) })
        let hello = Hello(
            agent: "id", epoch: 1, node: String(repeating: "n", count: 255), monitor: String(repeating: "m", count: 512), version: "1",
            topology: try host(512).fitting(), tables: tables, firstUnacked: 1, nextSeq: 1)
        #expect(try hello.encoded().count < Frame.handshakeLimit)
    }

    @Test("A list of cores with a fault is none", arguments: ["", "-1", "3-1", "a", "0-", "0-99999999", ",", "0-8000,0-8000"])
    func faulty(list: String) {
        #expect(CPUTopology.numbers(list)?.isEmpty ?? true)
    }

    @Test("This machine's cores are those that are online")
    func live() throws {
        let read = try #require(CPUTopology(sys: "/sys"))
        #expect(read.cpu.count == sysconf(Int32(_SC_NPROCESSORS_ONLN)) && read.isSound)
    }
}
