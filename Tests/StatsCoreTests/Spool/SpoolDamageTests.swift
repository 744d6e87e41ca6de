import Foundation
import NIOCore
import TestSupport
import Testing

@testable import StatsCore

@Suite("A spool that was damaged") struct SpoolDamageTests {
    private let fixture: SpoolFixture
    private let frames = SpoolFixture.frames(1...5, padding: 30)

    init() throws { fixture = try SpoolFixture() }

    /// One segment with five frames, without its unused space.
    private func segment() throws -> (name: String, bytes: Data) {
        try fixture.open().begin(epoch: 1, epochID: fixture.epochID).append(frames)
        _ = try fixture.open()
        let name = try #require(fixture.segments.first)
        return (name, try fixture.bytes(name))
    }

    @Test("Torn at whatever byte of the last frame, only that frame is lost, and recovering twice gives the same bytes")
    func torn() throws {
        let (name, whole) = try segment()
        let size = SpoolRecord.size(ofFrame: frames[4].frame.readableBytes)
        let padding = size - 24 - frames[4].frame.readableBytes
        for length in whole.count - size..<whole.count {
            for tail in [0, 100] {
                try fixture.write(whole.prefix(length) + Data(count: tail), to: name)
                let isWhole = length >= whole.count - padding
                let recovered = try fixture.open().recovered
                #expect(recovered.map(\.range) == [1..<(isWhole ? 6 : 5)], "cut at \(length)")
                #expect(try recovered.first?.all().map(\.frame) == frames.prefix(isWhole ? 5 : 4).map(\.frame))
                let once = try fixture.contents()
                #expect(once[name]?.count == min(whole.count - (isWhole ? 0 : size), length + tail))
                _ = try fixture.open()
                #expect(try fixture.contents() == once)
            }
        }
    }

    @Test("A byte that changed costs at most the frame that it is in, and no frame comes back wrong")
    func flipped() throws {
        let (name, whole) = try segment()
        let starts = (0...4).map { SegmentHeader.bytes + $0 * SpoolRecord.size(ofFrame: frames[0].frame.readableBytes) }
        for offset in 0..<whole.count {
            var damaged = whole
            damaged[offset] ^= UInt8(1 << (offset % 8))
            try fixture.write(damaged, to: name)
            let recovered = try fixture.open().recovered
            let kept = try recovered.flatMap { try $0.all() }
            let hit = starts.lastIndex { $0 <= offset }.map { UInt64($0 + 1) }
            let lost = Set(1...5).subtracting(kept.map(\.seq))
            #expect(lost.isEmpty || lost == [hit ?? 0], "byte \(offset)")
            for frame in kept { #expect(frame.frame == frames[Int(frame.seq) - 1].frame) }
            let once = try fixture.contents()
            _ = try fixture.open()
            #expect(try fixture.contents() == once)
        }
    }

    @Test("Damage in the middle splits the range in two, and each part can be delivered and acknowledged by itself")
    func split() throws {
        let (name, whole) = try segment()
        var damaged = whole
        damaged[SegmentHeader.bytes + 2 * SpoolRecord.size(ofFrame: frames[0].frame.readableBytes) + 40] ^= 1
        try fixture.write(damaged, to: name)
        let spool = try fixture.open()
        #expect(spool.recovered.map(\.range) == [1..<3, 4..<6])
        // An acknowledgement below the second range must not cover the frames of the first.
        try spool.recovered[1].acknowledge(through: 3)
        #expect(try spool.recovered[0].seqs() == [1, 2])
        try spool.recovered[0].acknowledge(through: 2)
        try spool.recovered[0].finish()
        #expect(try spool.recovered[1].seqs() == [4, 5])
        #expect(try fixture.open().recovered.map(\.range) == [4..<6])
        try spool.recovered[1].acknowledge(through: 5)
        try spool.recovered[1].finish()
        #expect(fixture.segments.isEmpty)
    }

    @Test("A segment whose header is damaged is kept under another name")
    func header() throws {
        let (name, whole) = try segment()
        var damaged = whole
        damaged[3] ^= 1
        damaged[131] ^= 1
        try fixture.write(damaged, to: name)
        #expect(try fixture.open().recovered.isEmpty)
        #expect(fixture.names == ["\(name).damaged", "cursor"].sorted())
        #expect(try fixture.bytes("\(name).damaged") == damaged)
    }

    @Test("Rubbish, empty files and what was being made when the agent was killed don't keep it from starting")
    func strays() throws {
        let (name, whole) = try segment()
        try fixture.write(Data("rubbish".utf8), to: "x.segment")
        try fixture.write(Data(), to: "y.segment")
        try fixture.write(whole.prefix(40), to: "z.segment.new")
        try fixture.write(Data(count: 5000), to: "cursor")
        #expect(try fixture.open().recovered.map(\.range) == [1..<6])
        #expect(fixture.names == [name, "cursor", "x.segment.damaged", "y.segment.damaged"])
    }

    @Test("A torn cursor is the one before it: frames are sent again, and none is deleted too early", arguments: [0, 4096])
    func cursor(slot: Int) throws {
        let spool = try fixture.open()
        let stream = spool.begin(epoch: 1, epochID: "e")
        try stream.append(SpoolFixture.frames(1...80))
        try stream.acknowledge(through: 30)
        try stream.acknowledge(through: 60)
        var cursor = try fixture.bytes("cursor")
        cursor[slot + 20] ^= 1
        try fixture.write(cursor, to: "cursor")
        let range = try #require(try fixture.open().recovered.first?.range)
        #expect(range.upperBound == 81)
        #expect(range.lowerBound <= 61)
    }

    @Test("A frame that goes bad while the agent runs is named, again and again until it is passed over")
    func whileRunning() throws {
        let stream = try fixture.open(segmentBytes: 1 << 20).begin(epoch: 1, epochID: "e")
        try stream.append(frames)
        let name = try #require(fixture.segments.first)
        var bytes = try fixture.bytes(name)
        let third = SegmentHeader.bytes + 2 * SpoolRecord.size(ofFrame: frames[0].frame.readableBytes)
        bytes[third + 50] ^= 1
        try fixture.write(bytes, to: name)
        #expect(try stream.read(from: 1, limit: 10_000).map(\.seq) == [1, 2])
        for _ in 0..<2 {
            #expect(throws: SpoolDamage(epoch: 1, lost: 3...3)) { try stream.read(from: 3, limit: 10_000) }
        }
        #expect(stream.range == 1..<6)
        try stream.acknowledge(through: 3)
        #expect(stream.range == 4..<6)
        #expect(try stream.seqs() == [4, 5])
    }
}
