import Foundation
import NIOCore
import TestSupport
import Testing

@testable import StatsCore

@Suite("The spool") struct SpoolTests {
    private let fixture: SpoolFixture

    init() throws { fixture = try SpoolFixture() }

    @Test("What was appended comes back byte for byte, over many segments, before and after a restart")
    func roundTrip() throws {
        let frames = SpoolFixture.frames(1...100)
        let spool = try fixture.open()
        let stream = spool.begin(epoch: 1, epochID: fixture.epochID)
        #expect(stream.range == nil)
        #expect(fixture.segments.isEmpty)
        for start in stride(from: 0, to: 100, by: 7) { try stream.append(Array(frames[start..<min(start + 7, 100)])) }
        try stream.sync()
        #expect(fixture.segments.count > 5)
        #expect(stream.range == 1..<101)
        #expect(try stream.all().map(\.frame) == frames.map(\.frame))

        let again = try fixture.open()
        #expect(again.recovered.count == 1)
        #expect(again.newestEpoch == 1)
        let recovered = try #require(again.recovered.first)
        #expect(recovered.epoch == 1)
        #expect(recovered.epochID == fixture.epochID)
        #expect(recovered.range == 1..<101)
        #expect(try recovered.all().map(\.frame) == frames.map(\.frame))
        #expect(try recovered.read(from: 50, limit: 1).map(\.seq) == [50])
        #expect(try recovered.read(from: 101, limit: 1).isEmpty)
    }

    @Test("Reading answers with about as many bytes as asked for, at least one frame, wherever it begins")
    func bounded() throws {
        let stream = try fixture.open(segmentBytes: 1 << 20).begin(epoch: 1, epochID: "e")
        try stream.append(SpoolFixture.frames(1...1000, padding: 1000))
        for seq in stride(from: UInt64(1), through: 1000, by: 13) {
            let frames = try stream.read(from: seq, limit: 10_000)
            #expect(frames.first?.seq == seq)
            #expect(frames.count <= 11)
        }
    }

    @Test("A frame that is larger than a segment gets one of its own")
    func large() throws {
        let stream = try fixture.open().begin(epoch: 1, epochID: "e")
        let frames = SpoolFixture.frames(1...3) + SpoolFixture.frames(4...4, padding: 50_000) + SpoolFixture.frames(5...6)
        try stream.append(frames)
        #expect(fixture.segments.count == 3)
        #expect(try stream.all().map(\.frame) == frames.map(\.frame))
    }

    @Test("What is acknowledged is deleted, segment by segment, and nothing else")
    func acknowledged() throws {
        let spool = try fixture.open()
        let stream = spool.begin(epoch: 1, epochID: "e")
        try stream.append(SpoolFixture.frames(1...60))
        let before = try fixture.contents()
        try stream.acknowledge(through: 1)
        #expect(try fixture.contents() == before)
        #expect(stream.range == 2..<61)
        try stream.acknowledge(through: 40)
        #expect(fixture.segments.count < before.count - 1)
        #expect(try stream.seqs() == Array(41...60))
        #expect(try fixture.open().recovered.map(\.range) == [41..<61])
        try stream.acknowledge(through: 60)
        #expect(stream.range == nil)
        #expect(spool.bytes == 0)
        try stream.finish()
        #expect(fixture.segments.isEmpty)
        #expect(try fixture.open().recovered.isEmpty)
    }

    @Test("After an outage the stream goes on at a later number, since what lay between never left memory")
    func jump() throws {
        let stream = try fixture.open().begin(epoch: 1, epochID: "e")
        try stream.append(SpoolFixture.frames(1...5))
        try stream.acknowledge(through: 90)
        #expect(stream.range == nil)
        try stream.append(SpoolFixture.frames(89...93))
        #expect(stream.range == 91..<94)
        #expect(try stream.seqs() == [91, 92, 93])
    }

    @Test("Killed between the cursor and the deletion: nothing below the cursor comes back")
    func killedBeforeDeletion() throws {
        let stream = try fixture.open().begin(epoch: 1, epochID: "e")
        try stream.append(SpoolFixture.frames(1...60))
        let before = try fixture.contents()
        try stream.acknowledge(through: 45)
        let after = fixture.segments
        for name in before.keys where name.hasSuffix(".segment") && !after.contains(name) {
            try fixture.write(before[name] ?? Data(), to: name)
        }
        #expect(fixture.segments.count > after.count)
        let recovered = try fixture.open().recovered
        #expect(recovered.map(\.range) == [46..<61])
        #expect(try recovered.first?.seqs() == Array(46...60))
        #expect(fixture.segments == after)
    }

    @Test("Earlier epochs come back in order, each by itself, and an acknowledgement of a later one deletes nothing of them")
    func epochs() throws {
        try fixture.open().begin(epoch: 1, epochID: "a").append(SpoolFixture.frames(1...20))
        try fixture.open().begin(epoch: 2, epochID: "b").append(SpoolFixture.frames(1...3))
        let spool = try fixture.open()
        #expect(spool.recovered.map(\.epoch) == [1, 2])
        #expect(spool.recovered.map(\.epochID) == ["a", "b"])
        #expect(spool.recovered.map(\.range) == [1..<21, 1..<4])
        let current = spool.begin(epoch: 3, epochID: "c")
        try current.append(SpoolFixture.frames(1...2))
        try current.acknowledge(through: 2)
        #expect(spool.recovered.map(\.range) == [1..<21, 1..<4])

        for stream in spool.recovered {
            let last = try #require(stream.range?.last)
            try stream.acknowledge(through: last)
            try stream.finish()
            #expect(stream.range == nil)
        }
        #expect(fixture.segments.count == 1)
        #expect(try fixture.open().recovered.map(\.epoch) == [3])
        try current.acknowledge(through: 2)
        try current.finish()
        #expect(fixture.segments.isEmpty)
    }

    @Test("When a segment can't be made, range says what is kept, and appending again goes on there")
    func noRoom() throws {
        let stream = try fixture.open().begin(epoch: 1, epochID: "e")
        try stream.append(SpoolFixture.frames(1...5))
        // A directory takes the name of the next segment.
        let fit = UInt64(
            (4096 - SegmentHeader.bytes) / SpoolRecord.size(ofFrame: SpoolFixture.frame(10, padding: 200).readableBytes))
        let blocked = SegmentHeader(epoch: 1, epochID: "e", firstSeq: fit + 1).name
        try FileManager.default.createDirectory(atPath: "\(fixture.directory)/spool/\(blocked)/x", withIntermediateDirectories: true)
        #expect(throws: DiskError.self) { try stream.append(SpoolFixture.frames(6...30)) }
        #expect(stream.range == 1..<fit + 1)
        #expect(throws: DiskError.self) { try stream.append(SpoolFixture.frames(fit + 1...30)) }
        try FileManager.default.removeItem(atPath: "\(fixture.directory)/spool/\(blocked)")
        try stream.append(SpoolFixture.frames(fit + 1...30))
        #expect(try stream.seqs() == Array(1...30))
        #expect(try fixture.open().recovered.map(\.range) == [1..<31])
    }

    @Test("Others may read while frames are appended, acknowledged and dropped, and never see a wrong one")
    func concurrent() async throws {
        let spool = try fixture.open(quota: 32 << 10)
        let stream = spool.begin(epoch: 1, epochID: "e")
        try await withThrowingTaskGroup { group in
            group.addTask {
                for start in stride(from: UInt64(1), to: 2000, by: 10) {
                    try stream.append(SpoolFixture.frames(start...start + 9))
                    await Task.yield()
                }
            }
            group.addTask {
                var next: UInt64 = 1
                while next <= 2000 {
                    guard let frames = try? stream.read(from: next, limit: 2000), let first = frames.first else {
                        await Task.yield()
                        continue
                    }
                    #expect(first.firstSeq <= next || stream.range?.lowerBound ?? next > next)
                    for (firstSeq, seq, frame) in frames where firstSeq == seq && !String(buffer: frame).contains("gap") {
                        #expect(frame == SpoolFixture.frame(seq, padding: 200))
                    }
                    next = (frames.last?.seq ?? next) + 1
                    if next % 3 == 0 { try stream.acknowledge(through: next / 2) }
                }
            }
            try await group.waitForAll()
        }
        #expect(stream.range?.upperBound == 2001)
    }
}
