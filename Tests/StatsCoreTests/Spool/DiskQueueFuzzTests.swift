import Foundation
import NIOCore
import TestSupport
import Testing

@testable import StatsCore

@Suite("Fuzz: a queue on disk") struct DiskQueueFuzzTests {
    /// The numbers of a cursor, of a segment and of its records, as text, so that they can be damaged like any others.
    private static let files = Array("1 0\n1 1\n1 1\n2 2\n3 5\n6 6\n".utf8)

    /// The files that the text tells of, with checksums that are right.
    private static func write(_ text: [UInt8], to fixture: DiskQueueFixture) throws {
        let pairs = String(decoding: text, as: UTF8.self).split(separator: "\n").map { line in
            line.split(separator: " ").map { UInt64($0) ?? 0 } + [0, 0]
        }
        guard pairs.count > 2 else { return }
        try FileManager.default.createDirectory(atPath: fixture.directory + "/q", withIntermediateDirectories: true)
        var cursor = try SpoolCursor(in: Descriptor.directory(fixture.directory + "/q"))
        try cursor.move(to: StreamPosition(epoch: pairs[0][0], seq: pairs[0][1]))
        var segment = ByteBuffer()
        SegmentHeader(epoch: pairs[1][0], epochID: "", firstSeq: pairs[1][1]).write(to: &segment)
        for pair in pairs[2...] {
            SpoolRecord.write(firstSeq: pair[0], seq: pair[1], frame: SpoolFixture.frame("record"), to: &segment)
        }
        try fixture.write(Data(segment.readableBytesView), to: "1-1.segment")
    }

    @Test("Whatever numbers stand in its files, with checksums that are right, it opens, gives what it can and goes on")
    func numbers() async throws {
        await Fuzz.run("queue", [Self.files], count: 250) { one in
            let fixture = try DiskQueueFixture()
            try Self.write(one.input, to: fixture)
            // A quota that is used up at once has the oldest segment dropped.
            let queue = try fixture.open(quota: one.random.next() % 2 == 0 ? 1 << 20 : 5000)
            for _ in 0..<3 {
                try queue.append(DiskQueueFixture.records(1...9))
                let records = try queue.read(from: one.random.next() % 8, limit: 500)
                try queue.acknowledge(through: one.random.next() % 2 == 0 ? records.last?.number ?? 0 : one.random.next())
                try queue.sync()
                _ = (queue.first, queue.next, queue.bytes, queue.lost)
            }
        }
    }
}
