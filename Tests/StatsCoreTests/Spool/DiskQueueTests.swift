import Foundation
import NIOCore
import TestSupport
import Testing

@testable import StatsCore

@Suite("A queue on disk") struct DiskQueueTests {
    private let fixture: DiskQueueFixture

    init() throws { fixture = try DiskQueueFixture() }

    @Test("What was appended is read in order and byte for byte, before and after the process was killed, and numbers go on")
    func order() throws {
        let records = DiskQueueFixture.records(1...100)
        let queue = try fixture.open()
        #expect(queue.first == nil && queue.next == 1 && queue.bytes == 0)
        for start in stride(from: 0, to: 100, by: 7) { try queue.append(Array(records[start..<min(start + 7, 100)])) }
        #expect(queue.first == 1 && queue.next == 101)
        #expect(try queue.all().map(\.record) == records)
        // Nothing was synced or closed: another process finds what the kernel has.
        let again = try fixture.open()
        #expect(again.first == 1 && again.next == 101)
        try again.append(DiskQueueFixture.records(101...110))
        #expect(try again.numbers() == Array(1...110))
        #expect(try again.all().map(\.record) == DiskQueueFixture.records(1...110))
        #expect(try again.read(from: 50, limit: 1).map(\.number) == [50])
        #expect(try again.read(from: 111, limit: 1).isEmpty)
        #expect(fixture.told.all.isEmpty && again.lost == 0)
    }

    @Test("What was acknowledged is never read again, not even after the process was killed, and its numbers aren't used again")
    func acknowledged() throws {
        let queue = try fixture.open()
        try queue.append(DiskQueueFixture.records(1...40))
        for number in UInt64(1)...33 { try queue.acknowledge(through: number) }
        #expect(try queue.numbers() == Array(34...40))
        var again = try fixture.open()
        #expect(again.first == 34)
        #expect(try again.numbers() == Array(34...40))
        try again.acknowledge(through: .max)
        #expect(again.first == nil && again.next == 41)
        again = try fixture.open()
        #expect(again.first == nil && again.next == 41)
        try again.append(DiskQueueFixture.records(41...41))
        #expect(try again.numbers() == [41])
    }

    @Test("Files whose records are acknowledged are removed at once, also the one that is written, and then no sync has anything to write")
    func removed() throws {
        let queue = try fixture.open(segmentBytes: 64 << 10)
        for number in UInt64(1)...50 {
            try queue.append([DiskQueueFixture.record(number)])
            #expect(fixture.segments.count == 1)
            try queue.acknowledge(through: number)
            #expect(fixture.segments.isEmpty)
            #expect(queue.bytes == 0)
        }
        try queue.sync()
        #expect(fixture.files == ["cursor"])
    }

    @Test("A queue that is full drops its oldest segment and hands over what nobody took; everything is read, or dropped, once")
    func full() throws {
        let quota: UInt64 = 64 << 10
        let queue = try fixture.open(quota: quota)
        try queue.append(DiskQueueFixture.records(1...4))
        try queue.acknowledge(through: 3)
        for number in UInt64(5)...1000 {
            try queue.append([DiskQueueFixture.record(number)])
            #expect(fixture.blocks <= quota)
        }
        let dropped = fixture.told.droppedNumbers
        let kept = try queue.numbers()
        #expect(dropped.first == 4)
        #expect(dropped + kept == Array(4...1000))
        #expect(kept.count > 100)
        #expect(queue.first == kept.first)
        // A reader that was behind goes on with what is there, and nothing counts as lost.
        #expect(try queue.read(from: 5, limit: 1).first?.number == kept.first)
        #expect(queue.lost == 0)
        #expect(try fixture.open(quota: quota).numbers() == kept)
    }

    @Test("A record of 8 MiB is taken, and one that could never have room is refused with the way out")
    func large() throws {
        let queue = try fixture.open(quota: 32 << 20)
        let large = DiskQueueFixture.record(2, bytes: 8 << 20)
        try queue.append([DiskQueueFixture.record(1), large, DiskQueueFixture.record(3)])
        #expect(try queue.all().map(\.record) == [DiskQueueFixture.record(1), large, DiskQueueFixture.record(3)])
        #expect(try fixture.open(quota: 32 << 20).read(from: 2, limit: 1).map(\.record.readableBytes) == [8 << 20])
        let error = #expect(throws: DiskQueue.Failure.self) { try queue.append(Array(repeating: large, count: 4)) }
        #expect(error?.description.contains("append fewer records") == true)
        #expect(queue.next == 4)
        #expect(fixture.told.droppedNumbers.isEmpty)
    }

    @Test("Appending fails as a whole when a segment can't be made, and goes on with the same numbers when it can")
    func noRoom() throws {
        let queue = try fixture.open()
        try queue.append(DiskQueueFixture.records(1...10))
        // A directory takes the name of the next segment.
        let blocked = "\(fixture.directory)/q/" + SegmentHeader(epoch: 1, epochID: "", firstSeq: 11).name
        try FileManager.default.createDirectory(atPath: blocked + "/x", withIntermediateDirectories: true)
        #expect(throws: DiskError.self) { try queue.append(DiskQueueFixture.records(11...30)) }
        #expect(queue.next == 11)
        #expect(try queue.numbers() == Array(1...10))
        try FileManager.default.removeItem(atPath: blocked)
        try queue.append(DiskQueueFixture.records(11...30))
        #expect(try queue.numbers() == Array(1...30))
        #expect(try fixture.open().numbers() == Array(1...30))
    }

    @Test("Others read and acknowledge while records are appended and dropped: each comes once, in order, or is dropped")
    func concurrent() async throws {
        let queue = try fixture.open(quota: 64 << 10)
        let last: UInt64 = 3000
        let read = try await withThrowingTaskGroup(of: [UInt64].self) { group in
            group.addTask {
                for start in stride(from: UInt64(1), to: last, by: 10) {
                    try queue.append(DiskQueueFixture.records(start...start + 9))
                    if start % 100 == 1 { try queue.sync() }
                    await Task.yield()
                }
                return []
            }
            group.addTask {
                var read: [UInt64] = []
                while read.last != last {
                    let records = try queue.read(from: (read.last ?? 0) + 1, limit: 2000)
                    for (number, record) in records { #expect(record == DiskQueueFixture.record(number)) }
                    read += records.map(\.number)
                    if let last = read.last { try queue.acknowledge(through: last) }
                    await Task.yield()
                }
                return read
            }
            return try await group.reduce(into: [UInt64]()) { $0 += $1 }
        }
        #expect(read == read.sorted())
        #expect(Set(read).count == read.count)
        #expect(Set(read).union(fixture.told.droppedNumbers) == Set(1...last))
        #expect(queue.lost == 0)
        #expect(fixture.segments.isEmpty)
    }
}
