import StatsCore
import TestSupport
import Testing

@testable import Collector

@Suite("The commit log") struct CommitLogTests {
    private func record(_ seq: UInt64) -> CommitRecord {
        var record = CommitRecord()
        record.files = ["host.csv": seq * 10]
        record.rows = ["host.csv": seq]
        record.streams = ["agent-1": CommitRecord.Stream(node: "a", epoch: 1, seq: seq)]
        record.ticks = ["a": RunLedger.Account(nextTick: seq, present: seq, missing: [:])]
        return record
    }

    @Test("CRC-32C gives the published check value")
    func checksum() {
        #expect(CRC32C.checksum("123456789".utf8.span.bytes) == 0xe306_9283)
        #expect(CRC32C.checksum("".utf8.span.bytes) == 0)
    }

    @Test("A log torn at any byte reads as the records that are whole")
    func torn() throws {
        let lines = try (1...3).map { try record(UInt64($0)).line() }
        let log = lines.flatMap(\.self)
        var ends: [Int] = []
        for line in lines { ends.append((ends.last ?? 0) + line.count) }
        for length in 0...log.count {
            let whole = ends.filter { $0 <= length }.count
            let folded = CommitRecord.fold(Array(log.prefix(length)))
            #expect(folded?.record.streams["agent-1"]?.seq == (whole == 0 ? nil : UInt64(whole)), "cut to \(length) bytes")
            #expect(folded?.length == (whole == 0 ? nil : ends[whole - 1]))
        }
    }

    @Test("A flipped bit ends the log at the record before it")
    func flipped() throws {
        let first = try record(1).line()
        let log = first + (try record(2).line())
        for index in first.count..<log.count {
            var damaged = log
            damaged[index] ^= 0x04
            #expect(CommitRecord.fold(damaged)?.length == first.count, "bit of byte \(index)")
        }
    }

    @Test("A record keeps what later ones don't mention")
    func merges() throws {
        var later = CommitRecord()
        later.files = ["cpu.csv": 5]
        later.streams = ["agent-2": CommitRecord.Stream(node: "b", epoch: 3, seq: 1)]
        let folded = try #require(CommitRecord.fold(try record(1).line() + later.line()))
        #expect(folded.record.files == ["host.csv": 10, "cpu.csv": 5])
        #expect(folded.record.streams.count == 2)
    }

    @Test("A log that has grown is replaced by one line that says the same")
    func compacts() throws {
        let place = try ScratchDirectory()
        let directory = try place.descriptor()
        var log = try CommitLog(creatingIn: directory, first: record(1), limit: 1000)
        for seq in 2...40 { try log.append(record(UInt64(seq)), in: directory) }
        let bytes = try place.bytes(".commit")
        #expect(bytes.count < 1400)
        let folded = try #require(CommitRecord.fold(bytes))
        #expect(folded.record == record(40) && folded.length == bytes.count)
        #expect(place.tree() == [".commit"])
    }

    @Test("A log that can't be replaced goes on growing: what it has recorded is durable and no failure")
    func compactionFails() throws {
        let place = try ScratchDirectory()
        let directory = try place.descriptor()
        var log = try CommitLog(creatingIn: directory, first: record(1), limit: 1000)
        try directory.makeDirectory(".commit.new")
        for seq in 2...40 { try log.append(record(UInt64(seq)), in: directory) }
        let bytes = try place.bytes(".commit")
        #expect(CommitRecord.fold(bytes)?.record == record(40))
        #expect(bytes.filter { $0 == UInt8(ascii: "\n") }.count == 40)
        try directory.removeDirectory(".commit.new")
        for seq in 41...60 { try log.append(record(UInt64(seq)), in: directory) }
        let later = try place.bytes(".commit")
        #expect(CommitRecord.fold(later)?.record == record(60) && later.count < bytes.count)
    }
}
