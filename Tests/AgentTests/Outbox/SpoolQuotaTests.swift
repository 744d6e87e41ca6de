import Foundation
import NIOCore
import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("A spool that is full") struct SpoolQuotaTests {
    private let fixture: SpoolFixture

    init() throws { fixture = try SpoolFixture() }

    private func gap(_ frame: ByteBuffer) -> Gap? {
        let payload = frame.readableBytesSpan.extracting(Frame.headerBytes...)
        guard (try? FrameEnvelope(payload))?.type == Gap.type else { return nil }
        return try? Gap(decoding: payload)
    }

    private func header(_ frame: ByteBuffer) -> TickHeader? {
        (try? TickFrame(frame.readableBytesSpan.extracting(Frame.headerBytes...)))?.header
    }

    private func size() throws -> Int { try fixture.segments.reduce(0) { try $0 + fixture.bytes($1).count } }

    @Test("Beyond the quota the oldest frames make place, and one gap names their ticks")
    func oldest() throws {
        let spool = try fixture.open(quota: 32 << 10)
        let stream = spool.begin(epoch: 1, epochID: "e")
        for seq in UInt64(1)...500 { try stream.append(SpoolFixture.ticks(seq...seq)) }
        #expect(try size() <= 32 << 10)
        let frames = try stream.all()
        let first = try #require(frames.first.flatMap { gap($0.frame) })
        #expect(frames[0].firstSeq == 1)
        #expect(first == Gap(run: "r", epoch: 1, seq: frames[0].seq, firstSeq: 1, from: 1, to: frames[0].seq, reason: .spoolFull))
        #expect(frames.dropFirst().map(\.seq) == Array(frames[0].seq + 1...500))
        #expect(spool.dropped == frames[0].seq)
        #expect(fixture.segments.count < 10)
        let recovered = try fixture.open().recovered
        #expect(recovered.map(\.range) == [1..<501])
        #expect(try recovered.first?.all().map(\.frame) == frames.map(\.frame))
        // Reading in the middle of a gap's numbers gives that gap.
        #expect(try stream.read(from: 7, limit: 1).map(\.seq) == [frames[0].seq])
    }

    @Test("A gap says that it stands for a frame that had a number already, also when it is one frame alone")
    func single() throws {
        try fixture.open().begin(epoch: 1, epochID: "a").append(SpoolFixture.ticks(1...1, padding: 5000))
        let spool = try fixture.open(quota: 32 << 10)
        let stream = spool.begin(epoch: 2, epochID: "b")
        var last: UInt64 = 0
        while spool.dropped == 0 {
            last += 1
            try stream.append(SpoolFixture.ticks(last...last, epoch: 2, padding: 5000))
        }
        let only = try #require(try spool.recovered[0].all().first)
        #expect(gap(only.frame) == Gap(run: "r", epoch: 1, seq: 1, firstSeq: 1, from: 1, to: 1, reason: .spoolFull))
    }

    @Test("Frames that are acknowledged are in no gap, and an earlier epoch is dropped before a later one")
    func epochs() throws {
        let before = try fixture.open().begin(epoch: 1, epochID: "a")
        try before.append(SpoolFixture.ticks(1...40))
        let spool = try fixture.open(quota: 32 << 10)
        try spool.recovered[0].acknowledge(through: 3)
        let stream = spool.begin(epoch: 2, epochID: "b")
        try stream.append(SpoolFixture.ticks(1...60, epoch: 2))
        let frames = try spool.recovered[0].all()
        #expect(frames[0].firstSeq == 4)
        #expect(gap(frames[0].frame)?.from == 4)
        #expect(frames.last?.seq == 40)
        #expect(stream.range == 1..<61)
        #expect(try stream.seqs() == Array(1...60))
    }

    @Test("Killed between the gap and the deletion of what it stands for: every frame is there once")
    func killed() throws {
        let stream = try fixture.open(quota: 32 << 10).begin(epoch: 1, epochID: "e")
        var last: UInt64 = 0
        var before = try fixture.contents()
        var deleted = ""
        // Until a segment is merged with the gap before it.
        while true {
            last += 1
            try stream.append(SpoolFixture.ticks(last...last))
            let gone = Set(before.keys).subtracting(fixture.names)
            if let name = gone.first {
                try fixture.write(before[name] ?? .init(), to: name)
                deleted = name
                break
            }
            before = try fixture.contents()
        }
        let recovered = try fixture.open().recovered
        #expect(recovered.map(\.range) == [1..<last + 1])
        #expect(!fixture.names.contains(deleted))
        var next: UInt64 = 1
        for frame in try recovered[0].all() {
            #expect(frame.firstSeq == next)
            next = frame.seq + 1
        }
        #expect(next == last + 1)
    }

    @Test("Gaps with different reasons don't grow without bound: they become one, and still name every tick once")
    func manyGaps() throws {
        let spool = try fixture.open(quota: 32 << 10)
        let stream = spool.begin(epoch: 1, epochID: "e")
        for seq in UInt64(1)...4000 {
            let frame = try seq.isMultiple(of: 2) ? SpoolFixture.gap(seq...seq, seq: seq) : SpoolFixture.tick(seq, seq: seq)
            try stream.append([(seq, frame)])
        }
        #expect(try size() <= 32 << 10)
        var next: UInt64 = 1
        for frame in try stream.all() {
            let ticks = gap(frame.frame).map { $0.from...$0.to } ?? frame.seq...frame.seq
            #expect(ticks == frame.firstSeq...frame.seq)
            #expect(frame.firstSeq == next)
            next = frame.seq + 1
        }
        #expect(next == 4001)
    }

    @Test(
        "Whatever is sampled, acknowledged and restarted, every number is covered once, and gaps name exactly the ticks that were dropped",
        arguments: 0..<6)
    func property(seed: UInt64) throws {
        var random = SeededRandom(state: seed)
        var spool = try fixture.open(quota: 24 << 10)
        var stream = spool.begin(epoch: 1, epochID: "e")
        var epoch: UInt64 = 1
        var seq: UInt64 = 0
        var tick: UInt64 = 0
        var run = 0
        /// The run and ticks that each number of the epoch stood for when it was appended.
        var said: [UInt64: (run: String, ticks: ClosedRange<UInt64>, isGap: Bool)] = [:]

        func check(_ stream: SpoolStream) throws {
            guard let range = stream.range else { return }
            var next = range.lowerBound
            for (firstSeq, seq, frame) in try stream.all(limit: Int.random(in: 1...5000, using: &random)) {
                #expect(firstSeq == next || (next == range.lowerBound && firstSeq <= next))
                let told = (firstSeq...seq).compactMap { said[$0] }
                if let gap = gap(frame) {
                    #expect(gap.seq == seq && gap.firstSeq ?? seq == firstSeq && gap.epoch == stream.epoch)
                    #expect(told.allSatisfy { $0.run == gap.run })
                    #expect(told.flatMap { Array($0.ticks) } == Array(gap.from...gap.to))
                } else {
                    let header = try #require(self.header(frame))
                    #expect(firstSeq == seq && header.seq == seq && told.count == 1)
                    #expect(told.first?.run == header.run && told.first?.ticks == header.tick...header.tick && told.first?.isGap == false)
                }
                next = seq + 1
            }
            #expect(next == range.upperBound)
        }
        for _ in 0..<200 {
            switch Int.random(in: 0..<40, using: &random) {
            case 0:
                run += 1
                tick = 0
            case 1: if let range = stream.range { try stream.acknowledge(through: range.randomElement(using: &random) ?? 0) }
            case 2: try stream.sync()
            case 3:
                spool = try fixture.open(quota: 24 << 10)
                #expect(spool.recovered.count <= 1)
                for stream in spool.recovered {
                    try check(stream)
                    try stream.acknowledge(through: stream.range?.last ?? 0)
                    try stream.finish()
                }
                epoch += 1
                seq = 0
                said = [:]
                stream = spool.begin(epoch: epoch, epochID: "e")
            default:
                var batch: [(seq: UInt64, frame: ByteBuffer)] = []
                for _ in 0..<Int.random(in: 1...8, using: &random) {
                    seq += 1
                    if Int.random(in: 0..<6, using: &random) == 0 {
                        let end = tick + UInt64.random(in: 0...4, using: &random)
                        batch.append((seq, try SpoolFixture.gap(tick...end, seq: seq, run: "\(run)", epoch: epoch)))
                        said[seq] = ("\(run)", tick...end, true)
                        tick = end + 1
                    } else {
                        // Sometimes a tick is skipped without a gap.
                        if Int.random(in: 0..<20, using: &random) == 0 { tick += 3 }
                        let padding = Int.random(in: 0...(Bool.random(using: &random) ? 100 : 5000), using: &random)
                        batch.append((seq, SpoolFixture.tick(tick, seq: seq, run: "\(run)", epoch: epoch, padding: padding)))
                        said[seq] = ("\(run)", tick...tick, false)
                        tick += 1
                    }
                }
                try stream.append(batch)
            }
            try check(stream)
        }
        #expect(spool.dropped > 0 || epoch > 1)
    }
}
