import Glibc
import Testing

@testable import StatsCore

/// The running kernel's files, read by Sonde's readers and, before and after that, in the simplest way.
@Suite("The running kernel's files") struct HostLiveTests {
    /// Reads with read(2) until the end: a kernel file may come in several pieces.
    private func text(_ path: String) throws -> String {
        let descriptor = open(path, O_RDONLY)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var (bytes, piece) = ([UInt8](), [UInt8](repeating: 0, count: 65536))
        while case let count = Glibc.read(descriptor, &piece, piece.count), count > 0 { bytes += piece[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func words(_ line: Substring) -> [String] { line.split(whereSeparator: { $0.isWhitespace }).map { String($0) } }

    /// The number in a column of the line with this name.
    private func number(_ text: String, _ key: String, _ column: Int = 1) throws -> UInt64 {
        let line = try #require(text.split(separator: "\n").map { words($0) }.first { $0.first == key })
        return try #require(UInt64(line[column]))
    }

    private func read(_ path: String, _ body: (RawSpan) throws -> Void) throws {
        var buffer = ReadBuffer()
        let file = try KernelFile(path, shape: .records)
        try file.read(into: &buffer)
        try body(buffer.bytes)
    }

    @Test("Processor times lie between two plain readings")
    func processorTimes() throws {
        var stat = ProcStat()
        let before = try text("/proc/stat")
        try read("/proc/stat") { stat.update(parsing: $0) }
        let after = try text("/proc/stat")
        func bounds(_ key: String, _ column: Int) throws -> ClosedRange<UInt64> {
            let low = try number(before, key, column)
            return low...max(low, try number(after, key, column))
        }
        #expect(try bounds("cpu", 1).contains(try #require(stat.total.user) / 10_000))
        #expect(try bounds("cpu", 3).contains(try #require(stat.total.system) / 10_000))
        #expect(try bounds("ctxt", 1).contains(try #require(stat.contextSwitches)))
        #expect(try bounds("intr", 1).contains(try #require(stat.interrupts)))
        #expect(try bounds("processes", 1).contains(try #require(stat.forks)))
        #expect(stat.cores.count == before.split(separator: "\n").filter { $0.hasPrefix("cpu") && !$0.hasPrefix("cpu ") }.count)
    }

    @Test("Memory and page counters lie between two plain readings")
    func memoryAndPages() throws {
        var (memory, pages) = (MemInfo(), VMStat())
        // A virtual machine may be given memory, and have it taken away.
        let earlier = try number(text("/proc/meminfo"), "MemTotal:") * 1024
        try read("/proc/meminfo") { memory.update(parsing: $0) }
        let later = try number(text("/proc/meminfo"), "MemTotal:") * 1024
        #expect((min(earlier, later)...max(earlier, later)).contains(try #require(memory[.total])))
        let before = try text("/proc/vmstat")
        // Twice: the first reading learns the lines, the second uses what was learnt.
        for _ in 0..<2 { try read("/proc/vmstat") { pages.update(parsing: $0) } }
        let after = try text("/proc/vmstat")
        for (key, name) in [(VMStat.Key.freed, "pgfree"), (.faults, "pgfault"), (.pagedIn, "pgpgin"), (.pagedOut, "pgpgout")] {
            let (low, high) = (try number(before, name), try number(after, name))
            let value = try #require(pages[key])
            #expect((low...high).contains(value), "\(name)")
        }
    }

    @Test("Every block device is there, in the kernel's order")
    func blockDevices() throws {
        try whileStanding("block devices", { try text("/proc/diskstats").split(separator: "\n").map { words($0)[2] } }) { names in
            var disks = DiskStats()
            try read("/proc/diskstats") { disks.update(parsing: $0) }
            return { #expect(disks.devices.map { $0.name?.text } == names) }
        }
    }

    @Test("Every interface is there, in the kernel's order")
    func interfaces() throws {
        func names() throws -> [String] {
            try text("/proc/net/dev").split(separator: "\n").dropFirst(2).map { words(Substring($0.replacing(":", with: " ")))[0] }
        }
        try whileStanding("interfaces", names) { names in
            var network = NetDev()
            try read("/proc/net/dev") { network.update(parsing: $0) }
            return { #expect(network.interfaces.map { $0.name?.text } == names) }
        }
    }

    /// Compares a list with what our readers make of it. Containers and loop devices that come and go meanwhile change it: it is read again until
    /// it stood still.
    private func whileStanding(_ what: String, _ list: () throws -> [String], _ read: ([String]) throws -> () -> Void) throws {
        for _ in 0..<1000 {
            let before = try list()
            let compare = try read(before)
            if try list() == before { return compare() }
        }
        Issue.record("the list of \(what) never stood still")
    }

    @Test("Uptime agrees with the boot clock")
    func uptime() throws {
        var uptime = Uptime()
        func boot() -> UInt64 {
            var now = timespec()
            clock_gettime(CLOCK_BOOTTIME, &now)
            return UInt64(now.tv_sec) * 1_000_000 + UInt64(now.tv_nsec) / 1000
        }
        let before = boot()
        try read("/proc/uptime") { uptime = Uptime(parsing: $0) }
        let after = boot()
        // The file counts in steps of 10 ms.
        #expect((before - 10_000...after + 10_000).contains(try #require(uptime.microseconds)))
    }
}
