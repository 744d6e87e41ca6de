import Foundation
import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("Units of whole trees") struct UnitGoldenTests {
    @Test(
        "Every unit's row is as noted: a service, one of a user's manager, which isn't counted a second time, and a virtual machine",
        arguments: ["cgroup-hybrid", "cgroup-v2-systemd", "cgroup-v1-cgroupfs"])
    func rows(name: String) throws {
        let tree = try ContainerTree(name)
        var source = UnitSource(roots: tree.roots, UnitChoice("kind=service", "kind=scope", "kind=vm"))
        let cells = try source.cells()
        #expect(cells.errors == 0)
        let rows = cells.unit.map { row in
            // When it was read is of no interest.
            row.filter { $0.key != "sample_age_us" }.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\n" }.joined()
        }
        let text = rows.joined(separator: "\n")
        let path = "\(Checkout.fixtures(of: "StatsCoreTests"))/\(name)/golden/unit.txt"
        if ProcessInfo.processInfo.environment["SONDE_UPDATE_GOLDEN"] == "1" {
            try text.write(toFile: path, atomically: false, encoding: .utf8)
        }
        #expect(try text == String(contentsOfFile: path, encoding: .utf8))
    }
}
