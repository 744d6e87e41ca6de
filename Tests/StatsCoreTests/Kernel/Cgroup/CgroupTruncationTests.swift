import Foundation
import TestSupport
import Testing

@testable import StatsCore

/// Every file that the container and process readers parse, cut after every byte: each value is then either that of the whole file or absent.
@Suite("Files cut short") struct CgroupTruncationTests {
    @Test("A container's file cut anywhere gives no wrong value", arguments: [CgroupFixture.v1, .v2, .hybrid])
    func containerFile(fixture: CgroupFixture)
        throws
    {
        let id = CgroupFixture.web
        let location = try fixture.location(of: id, pid: 4101)
        let directories = Set(location.controllers.values).union(location.unified.map { [$0] } ?? [])
        let whole = cells(ContainerTable.self, fixture.reading(of: id, at: location))
        for directory in directories {
            for file in try FileManager.default.contentsOfDirectory(atPath: directory) where file != "cgroup.procs" {
                guard let bytes = FileManager.default.contents(atPath: "\(directory)/\(file)").map(Array.init) else { continue }
                // A directory of its own holds only this file, so that its values can't come from another one.
                for end in 0..<bytes.count {
                    let scratch = try ScratchDirectory()
                    try scratch.write(String(decoding: bytes[..<end], as: UTF8.self), to: file)
                    var alone = CgroupLocation()
                    for (name, place) in location.controllers where place == directory { alone.controllers[name] = scratch.path }
                    if location.unified == directory { alone.unified = scratch.path }
                    // Whole lines of io.stat are a valid file with fewer devices.
                    if file == "io.stat", end == 0 || bytes[end - 1] == UInt8(ascii: "\n") { continue }
                    for (column, value) in cells(ContainerTable.self, fixture.reading(of: id, at: alone))
                    where !Self.isDerived(column, file) {
                        #expect(value == whole[column], "\(file) cut at \(end): \(column)")
                    }
                }
            }
        }
    }

    /// A cut limit falls back to the host's memory. In the hybrid tree a cut version 1 `cpu.stat` falls back to version 2's CPU times.
    private static func isDerived(_ column: String, _ file: String) -> Bool {
        column == "memory_limit_bytes" || (column.hasPrefix("cpu_") && file == "cpu.stat")
    }

    @Test("A process's file cut anywhere gives no wrong value", arguments: ["stat", "statm", "status", "io"], [4101, 4102, 4103])
    func processFile(file: String, pid: Int) throws {
        guard let bytes = CgroupFixture.v1.bytes("proc/\(pid)/\(file)") else { return }
        let whole = cells(ProcessTable.self, process(file, bytes[...]))
        for end in 0..<bytes.count {
            for (column, value) in cells(ProcessTable.self, process(file, bytes[..<end])) {
                #expect(value == whole[column], "\(file) cut at \(end): \(column)")
            }
        }
    }

    @Test("Traffic cut within a line is absent, since a part of a sum is a wrong number")
    func traffic() throws {
        let bytes = try CgroupFixture.v1.contents("proc/4101/net/dev")
        let whole = NetDevTotals(parsing: bytes.span.bytes)
        #expect(whole.rxBytes == 1_000_001_796)
        #expect(whole.txDropped == 4)
        for end in 0..<bytes.count where end == 0 || bytes[end - 1] != UInt8(ascii: "\n") {
            let cut = Array(bytes[..<end])
            #expect(NetDevTotals(parsing: cut.span.bytes) == NetDevTotals(), "cut at \(end)")
        }
    }

    @Test("Rubbish is absent everywhere")
    func rubbish() {
        for text in [
            "", "\n", "\0\0\0\n", "usage_usec -5\n", "usage_usec 99999999999999999999999\n", "usage_usec\n", "a=b c=\n", ")))(((\n",
            "1 (x) S\n",
            "Total 0\n",
        ] {
            let bytes = Array(text.utf8)
            var counters = ContainerCounters()
            CgroupV2.parseCPUStat(bytes.span.bytes, &counters)
            CgroupV2.parseMemoryStat(bytes.span.bytes, &counters)
            CgroupV2.parseMemoryEvents(bytes.span.bytes, &counters)
            CgroupV1.parseMemoryStat(bytes.span.bytes, &counters)
            CgroupV1.parseCpuacctStat(bytes.span.bytes, &counters)
            CgroupV1.parseOOMControl(bytes.span.bytes, &counters)
            #expect(counters == ContainerCounters(), "\(text)")
            #expect(BlkioSums(parsing: bytes.span.bytes) == nil, "\(text)")
            #expect(PidStat(parsing: bytes.span.bytes) == PidStat(), "\(text)")
            #expect(PidStatus(parsing: bytes.span.bytes) == PidStatus(), "\(text)")
            #expect(PidIO(parsing: bytes.span.bytes) == PidIO(), "\(text)")
            #expect(PidSmapsRollup(parsing: bytes.span.bytes) == PidSmapsRollup(), "\(text)")
            #expect(PidCgroup(parsing: bytes.span.bytes) == PidCgroup(), "\(text)")
        }
    }

    private func process(_ file: String, _ content: ArraySlice<UInt8>) -> ProcessReading {
        let bytes = Array(content)
        var reading = ProcessReading()
        switch file {
        case "stat":
            reading.stat = PidStat(parsing: bytes.span.bytes)
            if !reading.stat.comm.isEmpty { reading.comm = EncodedText(utf8: bytes.span.bytes.extracting(reading.stat.comm)) }
        case "statm": reading.statm = PidStatm(parsing: bytes.span.bytes)
        case "status": reading.status = PidStatus(parsing: bytes.span.bytes)
        default: reading.io = PidIO(parsing: bytes.span.bytes)
        }
        return reading
    }

    private func cells(_ table: ContainerTable.Type, _ reading: ContainerReading) -> [String: String] {
        present { table.visit(reading, &$0) }
    }

    private func cells(_ table: ProcessTable.Type, _ reading: ProcessReading) -> [String: String] {
        present { table.visit(reading, &$0) }
    }

    private func present(_ visit: (inout CellLister) -> Void) -> [String: String] {
        var lister = CellLister()
        visit(&lister)
        return Dictionary(uniqueKeysWithValues: lister.cells.compactMap { cell in cell.value.map { (cell.column, $0) } })
    }
}
