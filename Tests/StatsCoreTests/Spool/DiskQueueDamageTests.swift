import Foundation
import NIOCore
import TestSupport
import Testing

@testable import StatsCore

@Suite("A queue on disk that was damaged") struct DiskQueueDamageTests {
    private let fixture: DiskQueueFixture
    private let records = DiskQueueFixture.records(1...5, bytes: 50)
    private let recordBytes = SpoolRecord.size(ofFrame: Frame.headerBytes + 50)

    init() throws { fixture = try DiskQueueFixture() }

    /// One segment with five records.
    private func segment() throws -> (name: String, bytes: Data) {
        try fixture.open().append(records)
        let name = try #require(fixture.segments.first)
        return (name, try fixture.bytes(name))
    }

    /// Begins with an empty directory but for one segment.
    private func write(_ bytes: Data, to name: String) throws {
        for file in fixture.files { try FileManager.default.removeItem(atPath: "\(fixture.directory)/q/\(file)") }
        try fixture.write(bytes, to: name)
    }

    @Test("Whichever byte changes, at most the record that it is in is lost, it is counted unless it is the last, and the queue goes on")
    func flipped() throws {
        let (name, whole) = try segment()
        for offset in 0..<whole.count {
            var damaged = whole
            damaged[offset] ^= UInt8(1 << (offset % 8))
            try write(damaged, to: name)
            let queue = try fixture.open()
            let kept = try queue.all()
            let hit = offset < SegmentHeader.bytes ? nil : UInt64((offset - SegmentHeader.bytes) / recordBytes + 1)
            let lost = Set(1...5).subtracting(kept.map(\.number))
            #expect(lost.isEmpty || lost == [hit ?? 0], "byte \(offset)")
            for (number, record) in kept { #expect(record == records[Int(number) - 1]) }
            // The number of a torn last one is used again.
            #expect(queue.lost == UInt64(lost.subtracting([5]).count), "byte \(offset)")
            try queue.append([DiskQueueFixture.record(6)])
            #expect(try queue.all().last?.record == DiskQueueFixture.record(6))
            try queue.acknowledge(through: queue.next - 1)
            #expect(fixture.segments.isEmpty)
        }
    }

    @Test("Cut at whatever byte, what is whole before it is there, also without a header that can be read")
    func torn() throws {
        let (name, whole) = try segment()
        for length in 0..<whole.count {
            for hasHeader in [true, false] {
                var torn = whole.prefix(length) + Data(count: 40)
                if !hasHeader { torn.replaceSubrange(0..<min(SegmentHeader.bytes, torn.count), with: Data(count: min(256, torn.count))) }
                try write(torn, to: name)
                let queue = try fixture.open()
                let padding = recordBytes - 24 - Frame.headerBytes - 50
                let count = max(0, length + padding - SegmentHeader.bytes) / recordBytes
                #expect(try queue.all().map(\.record) == Array(records.prefix(count)), "cut at \(length)")
                #expect(queue.next == UInt64(count) + 1)
                #expect(queue.lost == 0)
            }
        }
    }

    @Test("A record that goes bad while the process runs is passed over, told and counted once, and doesn't stay")
    func whileRunning() throws {
        let queue = try fixture.open()
        try queue.append(records)
        let name = try #require(fixture.segments.first)
        let whole = try fixture.bytes(name)
        for (bad, kept) in [(3, [1, 2, 4, 5]), (5, [1, 2, 3, 4])] as [(Int, [UInt64])] {
            var damaged = whole
            damaged[SegmentHeader.bytes + (bad - 1) * recordBytes + 40] ^= 1
            let file = try FileHandle(forWritingTo: URL(filePath: "\(fixture.directory)/q/\(name)"))
            try file.write(contentsOf: damaged)
            try file.close()
            for _ in 0..<2 { #expect(try queue.numbers() == kept) }
        }
        #expect(queue.lost == 2)
        #expect(fixture.told.all == [.lost(3...3), .lost(5...5)])
        try queue.acknowledge(through: 4)
        #expect(try queue.read(from: 5, limit: 1000).isEmpty)
        #expect(queue.first == nil)
        #expect(fixture.segments.isEmpty)
    }

    @Test("Rubbish, empty files and what was being made when the process was killed neither stop the queue nor stay beyond its bound")
    func strays() throws {
        let (name, whole) = try segment()
        try fixture.write(Data("rubbish".utf8), to: "x.segment")
        try fixture.write(Data(), to: "y.segment")
        try fixture.write(whole.prefix(40), to: "z.segment.new")
        var foreign = ByteBuffer()
        SegmentHeader(epoch: 7, epochID: "another", firstSeq: 1).write(to: &foreign)
        try fixture.write(Data(foreign.readableBytesView), to: SegmentHeader(epoch: 7, epochID: "another", firstSeq: 1).name)
        try fixture.write(Data(count: 5000), to: "cursor")
        let queue = try fixture.open()
        #expect(try queue.numbers() == Array(1...5))
        #expect(fixture.files == [name, "cursor"])
        #expect(fixture.told.all.count == 3)
    }

    @Test("A file that somebody removed, or that can't be read, costs its records and holds up neither reader nor writer")
    func removedByHand() throws {
        let queue = try fixture.open(quota: 64 << 10)
        try queue.append(DiskQueueFixture.records(1...5, bytes: 1000))
        try FileManager.default.removeItem(atPath: "\(fixture.directory)/q/\(try #require(fixture.segments.first))")
        try queue.append(DiskQueueFixture.records(6...8, bytes: 1000))
        #expect(try queue.numbers() == [6, 7, 8])
        #expect(queue.lost == 5)
        try queue.acknowledge(through: 8)
        #expect(queue.first == nil && queue.bytes == 0)
    }

    @Test("A torn cursor is the one before it", arguments: [0, 4096])
    func cursor(slot: Int) throws {
        let queue = try fixture.open()
        try queue.append(DiskQueueFixture.records(1...10))
        try queue.acknowledge(through: 3)
        try queue.acknowledge(through: 4)
        var cursor = try fixture.bytes("cursor")
        cursor[slot + 20] ^= 1
        try fixture.write(cursor, to: "cursor")
        let first = try #require(try fixture.open().first)
        #expect(first == 4 || first == 5)
    }
}
