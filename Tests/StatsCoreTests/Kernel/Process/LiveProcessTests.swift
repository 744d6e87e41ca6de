import Foundation
import TestSupport
import Testing

@testable import StatsCore

/// The running kernel's files, compared with a simple reading of them.
@Suite("This very process") struct LiveProcessTests {
    @Test("stat and statm read as a plain split reads them")
    func statAndStatm() throws {
        var buffer = ReadBuffer()
        try KernelFile.readOnce("/proc/self/stat", into: &buffer)
        let stat = PidStat(parsing: buffer.bytes)
        let text = buffer.bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        let behindName = try #require(text.split(separator: ")").last)
        let fields = behindName.split(whereSeparator: \.isWhitespace)
        let tick = 1_000_000 / UInt64(sysconf(Int32(_SC_CLK_TCK)))
        #expect(stat.pid == UInt64(getpid()))
        #expect(stat.ppid == UInt64(getppid()))
        #expect(stat.minorFaults == UInt64(fields[7]))
        #expect(stat.cpuUser == UInt64(fields[11]).map { $0 * tick })
        #expect(stat.cpuSystem == UInt64(fields[12]).map { $0 * tick })
        #expect(stat.threads == UInt64(fields[17]))
        #expect(stat.nice == Int64(fields[16]))
        #expect(stat.start == UInt64(fields[19]).map { $0 * tick })

        try KernelFile.readOnce("/proc/self/statm", into: &buffer)
        let statm = PidStatm(parsing: buffer.bytes)
        let pages = buffer.bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }.split(whereSeparator: \.isWhitespace)
        #expect(statm.resident == UInt64(pages[1]).map { $0 * UInt64(sysconf(Int32(_SC_PAGESIZE))) })
        #expect(statm.data == UInt64(pages[5]).map { $0 * UInt64(sysconf(Int32(_SC_PAGESIZE))) })
    }

    @Test("status and io are all there")
    func statusAndIO() throws {
        var buffer = ReadBuffer()
        try KernelFile("/proc/self/status").read(into: &buffer)
        let status = PidStatus(parsing: buffer.bytes)
        #expect(status.swap != nil)
        #expect(status.voluntarySwitches != nil)
        #expect(status.involuntarySwitches != nil)
        // A kernel without task I/O accounting has no such file.
        guard (try? KernelFile.readOnce("/proc/self/io", into: &buffer)) != nil else { return }
        let io = PidIO(parsing: buffer.bytes)
        #expect((io.readChars ?? 0) > 0)
        #expect(io.cancelledWriteBytes != nil)
    }

    @Test("The size of its directory of open files, where the kernel tells that, is how many stand in it")
    func openFiles() async throws {
        let child = try ChildProcess("/bin/sleep", "1000")
        let directory = "/proc/\(child.pid)/fd"
        // Before its exec it still has those of the test, and then its libraries are opened and closed.
        try await eventually("as many by each way") {
            let count = try UInt64(FileManager.default.contentsOfDirectory(atPath: directory).count)
            return count > 0 && PidFd.list(directory) == count && (!PidFd.sizeTells || PidFd.size(directory) == count)
        }
        let version = try String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8).split { !$0.isNumber }.prefix(2).compactMap
        { Int($0) }
        #expect(PidFd.sizeTells == (version[0] > 6 || version[0] == 6 && version[1] >= 2))
        #expect(PidFd.list("/proc/2147483647/fd") == nil && PidFd.size("/proc/2147483647/fd") == nil)
    }

    @Test("A process that has ended is gone also by its kept descriptor, and not an error")
    func endedProcess() throws {
        let child = try ChildProcess("/bin/sleep", "1000")
        var tally = ReadTally()
        var buffer = ReadBuffer()
        var file = OptionalFile("/proc/\(child.pid)", "stat", &tally)
        #expect(file.read(into: &buffer, &tally))
        #expect(PidStat(parsing: buffer.bytes).pid == UInt64(child.pid))
        child.kill()
        #expect(!file.read(into: &buffer, &tally))
        #expect(tally.isGone)
        #expect(tally.errors == 0)
    }
}
