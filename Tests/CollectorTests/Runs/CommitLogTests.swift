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
        var coder = CommitCoder()
        let lines = try (1...3).map { try coder.line(record(UInt64($0))) }
        let log = lines.flatMap(\.self)
        var ends: [Int] = []
        for line in lines { ends.append((ends.last ?? 0) + line.count) }
        for length in 0...log.count {
            let whole = ends.filter { $0 <= length }.count
            let folded = CommitCoder.fold(Array(log.prefix(length)))
            #expect(folded?.record.streams["agent-1"]?.seq == (whole == 0 ? nil : UInt64(whole)), "cut to \(length) bytes")
            #expect(folded?.length == (whole == 0 ? nil : ends[whole - 1]))
        }
    }

    @Test("A flipped bit ends the log at the record before it")
    func flipped() throws {
        var coder = CommitCoder()
        let first = try coder.line(record(1))
        let log = first + (try coder.line(record(2)))
        for index in first.count..<log.count {
            var damaged = log
            damaged[index] ^= 0x04
            #expect(CommitCoder.fold(damaged)?.length == first.count, "bit of byte \(index)")
        }
    }

    @Test(
        "What a log says of agents in short is what its records said: of new ones, of the same in another epoch or on another node, of missing ticks"
    )
    func short() throws {
        var coder = CommitCoder()
        var log: [UInt8] = []
        var whole = CommitRecord()
        for seq in UInt64(1)...6 {
            var next = record(seq)
            next.streams["agent-1"]?.epoch = seq / 2
            next.streams["agent-2"] = CommitRecord.Stream(node: "b \"\u{e9}\"", epoch: 7, seq: 10 * seq, epochID: seq < 4 ? nil : "x")
            next.ticks["b \"\u{e9}\""] = RunLedger.Account(nextTick: seq, present: seq - 1, missing: seq > 2 ? ["away": 1] : [:])
            next.ticks["c"] = RunLedger.Account(nextTick: seq, present: seq)
            if seq == 5 { next.streams["agent-1"]?.node = "d" }
            whole.merge(next)
            log += try coder.line(next)
            #expect(CommitCoder.fold(log)?.record == whole, "\(seq)")
        }
        // A collector that goes on with a log doesn't know its places.
        coder = CommitCoder()
        whole.merge(record(9))
        #expect(CommitCoder.fold(log + (try coder.line(record(9))))?.record == whole)
    }

    @Test("A log that an earlier version began is read on, also behind lines of this version")
    func earlier() throws {
        let old = try JSONCoding.encode(record(1)).oldCommitLine
        var coder = CommitCoder()
        let log = old + (try coder.line(record(2)))
        #expect(CommitCoder.fold(old)?.record == record(1) && CommitCoder.fold(log)?.record == record(2))
        #expect(CommitCoder.fold(log)?.length == log.count)
    }

    @Test("A line that speaks of an agent of which no line before has told ends the log")
    func unknownPlace() throws {
        var coder = CommitCoder()
        let first = try coder.line(record(1))
        let second = try coder.line(record(2))
        #expect(CommitCoder.fold(second) == nil)
        #expect(CommitCoder.fold(first + second)?.record == record(2))
    }

    @Test("A record keeps what later ones don't mention")
    func merges() throws {
        var later = CommitRecord()
        later.files = ["cpu.csv": 5]
        later.streams = ["agent-2": CommitRecord.Stream(node: "b", epoch: 3, seq: 1)]
        var coder = CommitCoder()
        let folded = try #require(CommitCoder.fold(try coder.line(record(1)) + coder.line(later)))
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
        let folded = try #require(CommitCoder.fold(bytes))
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
        #expect(CommitCoder.fold(bytes)?.record == record(40))
        #expect(bytes.filter { $0 == UInt8(ascii: "\n") }.count == 40)
        try directory.removeDirectory(".commit.new")
        for seq in 41...60 { try log.append(record(UInt64(seq)), in: directory) }
        let later = try place.bytes(".commit")
        #expect(CommitCoder.fold(later)?.record == record(60) && later.count < bytes.count)
    }
}
