import Testing

@testable import StatsCore

@Suite("Containers and processes of whole trees") struct CgroupGoldenTests {
    @Test("Every container's row is as noted", arguments: CgroupFixture.all)
    func containerRows(fixture: CgroupFixture) throws {
        let rows = try fixture.containers().map { reading in lines { ContainerTable.visit(reading, &$0) } }
        #expect(!rows.isEmpty)
        try fixture.compareGolden(rows, "container")
    }

    @Test("Every process's row is as noted", arguments: CgroupFixture.all)
    func processRows(fixture: CgroupFixture) throws {
        let mount = try fixture.mount()
        var rows: [[String]] = []
        for container in try fixture.walk() {
            for pid in try pids(mount.location(at: container.root)) {
                let reading = try process(pid, fixture, container.containerID)
                rows.append(lines { ProcessTable.visit(reading, &$0) })
            }
        }
        #expect(!rows.isEmpty)
        try fixture.compareGolden(rows, "process")
    }

    @Test("A comm with brackets, blanks and newlines ends at the last bracket")
    func oddComm() throws {
        #expect(try process(4102, .v1, "").comm?.text == "a) R 1 (b c")
        let other = try process(4103, .v1, "")
        #expect(other.comm?.text == "new\\nline) S 3\\n")
        #expect(other.state?.text == "R")
        #expect(other.stat.threads == 12)
    }

    private func pids(_ location: CgroupLocation) throws -> [Int32] {
        var tally = ReadTally()
        var buffer = ReadBuffer()
        var pids: [Int32] = []
        let directory = try #require(location.processes)
        CgroupProcesses(directory, &tally).read(into: &pids, &buffer, &tally)
        return Set(pids).sorted()
    }

    private func process(_ pid: Int32, _ fixture: CgroupFixture, _ id: String) throws -> ProcessReading {
        var reading = ProcessReading()
        let stat = try fixture.contents("proc/\(pid)/stat")
        reading.containerID = EncodedText(id)
        reading.stat = PidStat(parsing: stat.span.bytes)
        reading.comm = EncodedText(utf8: stat.span.bytes.extracting(reading.stat.comm))
        reading.state = reading.stat.state.map { EncodedText(String(UnicodeScalar($0))) }
        let statm = try fixture.contents("proc/\(pid)/statm")
        reading.statm = PidStatm(parsing: statm.span.bytes)
        let status = try fixture.contents("proc/\(pid)/status")
        reading.status = PidStatus(parsing: status.span.bytes)
        if let io = fixture.bytes("proc/\(pid)/io") { reading.io = PidIO(parsing: io.span.bytes) }
        return reading
    }
}
