import Foundation
import Testing

@testable import StatsCore

/// The rows of a tree, compared with its `golden/<table>.txt`; SONDE_UPDATE_GOLDEN=1 rewrites these files.
@Suite("Rows of whole trees") struct HostGoldenTests {
    @Test("The host's row is as noted", arguments: HostFixture.all)
    func hostRow(fixture: HostFixture) throws {
        var reading = HostReading()
        for file in HostKernelFile.allCases { if let content = fixture.bytes(file) { file.load(content, into: &reading) } }
        try compare([row { HostTable.visit(reading, &$0) }], fixture, "host")
        let cores = reading.stat.cores.map { CPUReading(core: $0, frequency: CPUFrequency()) }
        try compare(cores.map { core in row { CPUTable.visit(core, &$0) } }, fixture, "cpu")
    }

    @Test("The devices' and interfaces' rows are as noted", arguments: HostFixture.all)
    func deviceRows(fixture: HostFixture) throws {
        var disks = DiskStats()
        let diskstats = try #require(fixture.bytes(.diskstats))
        disks.update(parsing: diskstats.span.bytes)
        try compare(disks.devices.map { device in row { DiskTable.visit(device, &$0) } }, fixture, "disk")
        var network = NetDev()
        let dev = try #require(fixture.bytes(.dev))
        network.update(parsing: dev.span.bytes)
        try compare(network.interfaces.map { interface in row { NetworkTable.visit(interface, &$0) } }, fixture, "network")
    }

    @Test("The file systems' rows are as noted", arguments: HostFixture.all)
    func filesystemRows(fixture: HostFixture) throws {
        var buffer = ReadBuffer()
        try KernelFile.readOnce(fixture.roots.proc + "/self/mounts", into: &buffer)
        var mounts = Mounts()
        mounts.update(parsing: buffer.bytes)
        // statvfs would describe the testing machine, so its values stay absent.
        let rows = mounts.mounts.map { mount in
            row { FilesystemTable.visit(FilesystemReading(mount: mount, usage: FilesystemUsage()), &$0) }
        }
        try compare(rows, fixture, "filesystem")
    }

    private func row(_ visit: (inout CellLister) -> Void) -> String {
        var lister = CellLister()
        visit(&lister)
        return lister.lines.map { $0 + "\n" }.joined()
    }

    private func compare(_ rows: [String], _ fixture: HostFixture, _ table: String) throws {
        let path = "\(fixture.root)/golden/\(table).txt"
        let text = rows.joined(separator: "\n")
        if ProcessInfo.processInfo.environment["SONDE_UPDATE_GOLDEN"] == "1" {
            try FileManager.default.createDirectory(atPath: "\(fixture.root)/golden", withIntermediateDirectories: true)
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }
        let golden = try String(contentsOfFile: path, encoding: .utf8)
        let (now, noted) = (text.split(separator: "\n"), golden.split(separator: "\n"))
        #expect(now.count == noted.count)
        for (line, (now, noted)) in zip(now, noted).enumerated() where now != noted {
            Issue.record("\(table).txt, line \(line + 1) that isn't blank: \(now) instead of \(noted)")
        }
    }
}
