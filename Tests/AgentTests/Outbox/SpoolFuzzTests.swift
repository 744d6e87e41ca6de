import Foundation
import Logging
import NIOCore
import TestSupport
import Testing

@testable import Agent
@testable import StatsCore

@Suite("Fuzz: the agent's state on its disk") struct SpoolFuzzTests {
    /// The numbers of a segment and of its records, as text, so that they can be damaged like any others.
    private static let segment = Array("1 1 0 epoch-id\n1 1 1\n2 2 2\n3 5 3\n6 6 4\n".utf8)

    /// Writes what the text says as a segment whose checksums are right.
    private static func bytes(of text: [UInt8]) throws -> ByteBuffer {
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n").map {
            $0.split(separator: " ", omittingEmptySubsequences: false)
        }
        guard let head = lines.first, head.count >= 4, let epoch = UInt64(head[0]), let first = UInt64(head[1]) else {
            throw CocoaError(.coderInvalidValue)
        }
        var buffer = ByteBuffer()
        SegmentHeader(epoch: epoch, epochID: String(head[3].utf8.prefix(40)) ?? "", firstSeq: first, isGaps: head[2] == "1").write(
            to: &buffer)
        for line in lines.dropFirst() where line.count >= 3 {
            guard let first = UInt64(line[0]), let seq = UInt64(line[1]), let tick = UInt64(line[2]) else { continue }
            SpoolRecord.write(firstSeq: first, seq: seq, frame: SpoolFixture.tick(tick, seq: seq), to: &buffer)
        }
        return buffer
    }

    @Test("Whatever numbers stand in the spool, with checksums that are right, the agent starts, delivers what it can and drops the rest")
    func segments() async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        await Fuzz.run("segment", [Self.segment], count: 250) { one in
            let fixture = try SpoolFixture()
            let buffer = try Self.bytes(of: one.input)
            try fixture.write(Data(buffer.readableBytesView), to: "0-0.segment")
            // A quota that is used up at once has the oldest segment replaced by gaps.
            let spool = try fixture.open(quota: one.random.next() % 2 == 0 ? 1 << 20 : 5000)
            guard spool.newestEpoch ?? 0 < .max else { return }
            let identity = Identity(id: "a", epoch: (spool.newestEpoch ?? 0) + 1, epochID: "new", node: "n")
            let deliveries = Deliveries(identity: identity, spool: spool)
            for tick in UInt64(1)...3 {
                deliveries.current.append(run: "r", tick: tick) { $1.writeString(String(repeating: "x", count: 3000 + Int($0))) }
            }
            let writer = SpoolWriter(deliveries, logger: logger)
            writer.end()
            writer.run()
            for _ in 0..<6 {
                let outbox = try deliveries.next()
                _ = try? outbox.takeBatch(limit: 100)
                outbox.rewind(to: one.random.next())
                let batch = try? outbox.takeBatch()
                outbox.acknowledge(through: batch == nil ? .max : one.random.next() % 8)
                _ = (outbox.depth, outbox.position, deliveries.backlog)
            }
        }
    }

    @Test("Whatever stands in the files of its state, the agent starts or says which file is damaged")
    func files() async throws {
        let files: [(name: String, text: String)] = [
            ("agent.json", #"{"id":"0b1e5f5c","epoch":4}"#),
            (
                "run.json",
                #"{"run":{"id":"r","name":"n","interval_us":1000000,"t0":1800000000000000,"ticks":60},"offset":1790000000000000,"boot_id":"b"}"#
            ),
            ("governor.json", #"[{"id":"c","name":"c","group":"g","action":"stop","begun":5,"boot_id":"b","done":true}]"#),
        ]
        let scratch = try ScratchDirectory(inMemory: true)
        let state = try scratch.state()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        for (name, text) in files {
            await Fuzz.run(name, [Array(text.utf8)], count: 250) { one in
                try scratch.write(one.input, to: name)
                _ = try? Identity.begin(in: state, node: "n", above: one.random.next() % 3 == 0 ? .max : 3)
                let note = RunNote(in: try state.directory.again(), bootID: "b", logger: logger)
                if let known = note.recall() {
                    let clock = CollectorTime()
                    clock.assume(offset: known.offset)
                    var schedule = Schedule(liveInterval: nil)
                    schedule.begin(known.run, now: clock.now())
                    if case .wait(let instant) = schedule.step(now: clock.now()) { _ = clock.monotonic(instant) }
                    note.end(StopOrder(run: known.run.id, lastTick: .max))
                }
                let journal = GovernorJournal(in: state, bootID: "b", cooldown: 60_000_000)
                var governor = Governor(try PolicyReader.read(Array("groups: [{name: a, match: {name: a}, keep: 1, action: stop}]".utf8)))
                for entry in journal.known { governor.recall(actionOn: entry.id, ago: Int64(7).saturatingSubtracting(entry.begun)) }
                _ = governor.decide(GovernorSnapshot(interval: 1_000_000, host: GovernorHost()), at: 1)
                _ = governor.decide(GovernorSnapshot(interval: 1_000_000, host: GovernorHost()), at: 1 << 53)
                try journal.end("c", at: 9)
            }
        }
    }
}
