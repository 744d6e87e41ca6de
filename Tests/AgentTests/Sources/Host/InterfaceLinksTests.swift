import Foundation
import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("State and speed of interfaces") struct InterfaceLinksTests {
    private final class Bench {
        private let scratch: ScratchDirectory
        private var network = NetDev()
        private var links: InterfaceLinks
        private var buffer = ReadBuffer()
        private(set) var tally = ReadTally()

        /// - Parameter sys: another than a scratch directory.
        init(sys: String? = nil) throws {
            scratch = try ScratchDirectory()
            links = InterfaceLinks(sys: sys ?? scratch.path)
        }

        func set(_ name: String, _ state: String, _ speed: String) throws {
            try scratch.write("\(state)\n", to: "class/net/\(name)/operstate")
            try scratch.write("\(speed)\n", to: "class/net/\(name)/speed")
        }

        /// - Parameter second: at which it is read.
        func read(_ names: [String], at second: UInt64, wanted: (String) -> Bool = { _ in true }) -> [InterfaceLink] {
            let text = "Inter-|\n face |\n" + names.map { "  \($0): 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n" }.joined()
            network.update(parsing: Array(text.utf8).span.bytes, isWanted: wanted)
            links.read(into: &network, at: second * 1_000_000_000, &buffer, &tally)
            return network.interfaces.map(\.link)
        }
    }

    @Test("Each has the state and the speed of its own link, also when another one before it has gone")
    func several() async throws {
        let bench = try Bench()
        try bench.set("eth0", "up", "10000")
        try bench.set("eth1", "up", "25000")
        try bench.set("lo", "unknown", "-1")
        var found: [InterfaceLink] = []
        try await eventually("speeds") {
            found = bench.read(["lo", "eth0", "eth1"], at: 1)
            return found.filter { $0.speed != nil }.count == 2
        }
        #expect(found.map { $0.state?.text } == ["unknown", "up", "up"])
        #expect(found.map(\.speed) == [nil, 1_250_000_000, 3_125_000_000])
        #expect(bench.read(["lo", "eth1"], at: 2).map(\.speed) == [nil, 3_125_000_000])
        #expect(bench.tally.errors == 0)
    }

    @Test("A speed is looked up again after ten seconds, and when the link's state has changed")
    func again() async throws {
        let bench = try Bench()
        try bench.set("eth0", "up", "1000")
        try await eventually("a speed") { bench.read(["eth0"], at: 1)[0].speed == 125_000_000 }
        try bench.set("eth0", "up", "2500")
        #expect(bench.read(["eth0"], at: 10)[0].speed == 125_000_000)
        try await eventually("its new speed") { bench.read(["eth0"], at: 11)[0].speed == 312_500_000 }
        try bench.set("eth0", "down", "-1")
        #expect(bench.read(["eth0"], at: 12)[0].state?.text == "down")
        try await eventually("that nobody knows its speed") { bench.read(["eth0"], at: 12)[0].speed == nil }
    }

    @Test("What isn't recorded isn't looked up, and what sysfs doesn't know is empty and no error")
    func absent() throws {
        let bench = try Bench()
        try bench.set("veth1", "up", "10000")
        let found = bench.read(["veth1", "eth9"], at: 1) { $0 != "veth1" }
        #expect(found.map { $0.state?.text } == [nil, nil] && bench.tally == ReadTally())
    }

    @Test("The state of this machine's interfaces is what their files say")
    func live() throws {
        let bench = try Bench(sys: "/sys")
        let names = try FileManager.default.contentsOfDirectory(atPath: "/sys/class/net").filter { $0 == "lo" }
        let told = try String(contentsOfFile: "/sys/class/net/lo/operstate", encoding: .utf8)
        #expect(bench.read(names, at: 1)[0].state?.text == String(told.dropLast()))
    }
}
