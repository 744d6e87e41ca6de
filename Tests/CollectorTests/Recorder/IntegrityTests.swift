import Foundation
import StatsCore
import TestSupport
import Testing

@testable import Collector

@Suite("A run whose bytes were changed") struct IntegrityTests {
    /// A run with four ticks and three commits, as a killed collector leaves it.
    private struct Interrupted {
        let directory: ScratchDirectory
        let clock: ManualClock
        let log: [UInt8]

        static func make() async throws -> Interrupted {
            let directory = try ScratchDirectory()
            let clock = ManualClock()
            let fixture = try RecorderFixture(directory: directory, clock: clock)
            let session = try await fixture.admit()
            let id = try await fixture.recorder.start(RunPath("r"), options: StartOptions()).id
            for tick in UInt64(0)..<4 {
                _ = try await fixture.store(tick, run: id, seq: tick + 1, session: session)
                if tick % 2 == 1 { try await fixture.recorder.beat() }
            }
            return Interrupted(directory: directory, clock: clock, log: try directory.bytes("r/.commit"))
        }

        func recover() throws -> Recovery.Outcome { try Recovery.recover(directory.descriptor().directory("r")) }

        /// Continues the run, lets it end, and closes it.
        func finish() async throws -> RunManifest {
            let fixture = try RecorderFixture(directory: directory, clock: clock)
            try await fixture.recorder.resume()
            let answer = Task { try await fixture.recorder.stop() }
            try await eventually("a stop that waits") { await fixture.recorder.waiters > 0 }
            clock.advance(milliseconds: 11_000)
            try await fixture.recorder.beat()
            return try await answer.value
        }
    }

    @Test("A bit that flips in .commit costs no byte of what was acknowledged, whichever it is")
    func commitLog() async throws {
        let run = try await Interrupted.make()
        let good = try run.recover()
        #expect(run.log.count { $0 == UInt8(ascii: "\n") } == 3)
        let rows = try run.directory.bytes("r/host.csv")
        for index in run.log.indices {
            var damaged = run.log
            damaged[index] ^= 1 << UInt8(index % 8)
            try run.directory.write(damaged, to: "r/.commit")
            if let outcome = try? run.recover() {
                #expect(outcome.record == good.record, "byte \(index)")
            } else {
                #expect(try run.directory.bytes("r/.commit") == damaged, "byte \(index)")
            }
        }
        #expect(try run.directory.bytes("r/host.csv") == rows)
    }

    @Test("A run whose .commit is damaged is left as it is, and the collector starts")
    func leftAlone() async throws {
        let run = try await Interrupted.make()
        var damaged = run.log
        damaged[damaged.count / 2] ^= 1
        try run.directory.write(damaged, to: "r/.commit")
        let fixture = try RecorderFixture(directory: run.directory, clock: run.clock)
        try await fixture.recorder.resume()
        #expect(await fixture.recorder.isIdle)
        #expect(try run.directory.bytes("r/.commit") == damaged)
        #expect(try RunManifest(decoding: run.directory.bytes("r/run.json")).state.isActive)
    }

    @Test("A write that the power cut in its middle is cut off, not taken for damage")
    func torn() async throws {
        let run = try await Interrupted.make()
        let line = try run.recover().record.line()
        for length in 1..<line.count {
            try run.directory.write(run.log + line.prefix(length), to: "r/.commit")
            #expect(try run.recover().logLength == UInt64(run.log.count), "cut to \(length) bytes")
        }
        var holed = line
        for index in 20..<60 { holed[index] = 0 }
        try run.directory.write(run.log + holed, to: "r/.commit")
        #expect(try run.recover().logLength == UInt64(run.log.count))
        #expect(try run.directory.bytes("r/.commit") == run.log)
    }

    @Test("When one file lacks bytes, none is cut")
    func short() async throws {
        let run = try await Interrupted.make()
        try run.directory.append("tail", to: "r/agent.csv")
        try run.directory.descriptor().directory("r").writableFile("host.csv").cut(to: 10)
        let before = try run.directory.bytes("r/agent.csv")
        #expect(throws: RecoveryFailure.self) { try run.recover() }
        #expect(try run.directory.bytes("r/agent.csv") == before)
    }

    @Test("A CSV file that is not what was written makes the verdict incomplete, and is named", arguments: ["host.csv", "columns.csv"])
    func csv(_ name: String) async throws {
        let run = try await Interrupted.make()
        var bytes = try run.directory.bytes("r/" + name)
        bytes[bytes.count - 5] ^= 0x10
        try run.directory.write(bytes, to: "r/" + name)
        let manifest = try await run.finish()
        #expect(manifest.state == .incomplete)
        #expect(manifest.verdict?.contains("\(name) is not what was written: its bytes have another checksum") == true)
        #expect(manifest.files.filter { $0.value.fault != nil }.keys.sorted() == [name])
        #expect(manifest.files[name]?.sha256.count == 64)
    }

    @Test("A CSV file that is gone, or has grown, is named too, and the run is closed all the same")
    func vanished() async throws {
        let run = try await Interrupted.make()
        let fixture = try RecorderFixture(directory: run.directory, clock: run.clock)
        try await fixture.recorder.resume()
        try run.directory.descriptor().directory("r").remove("cpu.csv")
        try run.directory.append("more\n", to: "r/disk.csv")
        let answer = Task { try await fixture.recorder.stop() }
        try await eventually("a stop that waits") { await fixture.recorder.waiters > 0 }
        run.clock.advance(milliseconds: 11_000)
        try await fixture.recorder.beat()
        let verdict = try #require(try await answer.value.verdict)
        #expect(verdict.hasPrefix("incomplete: cpu.csv is gone; disk.csv is not what was written: it has "))
    }

    @Test("An undamaged run is complete, and its log sums up the very bytes of its files")
    func whole() async throws {
        let run = try await Interrupted.make()
        let committed = try #require(CommitCoder.fold(run.log)).record
        #expect(committed.sums.count == RunFiles.published.count - 1)
        for (name, sum) in committed.sums {
            let bytes = try run.directory.bytes("r/" + name)
            let found = CRC32C.checksum(bytes.span.bytes)
            #expect(found == sum, "\(name)")
        }
        run.clock.advance(milliseconds: 3500)
        #expect(try await run.finish().state == .complete)
    }

    @Test("A log of version 0.1.0, which has no sums, is gone on with")
    func older() async throws {
        let run = try await Interrupted.make()
        var record = try #require(CommitCoder.fold(run.log)).record
        record.sums = [:]
        let text = String(decoding: try JSONCoding.encode(record), as: UTF8.self).replacing("\"sums\":{},", with: "")
        #expect(!text.contains("sums"))
        try run.directory.write(Array(text.utf8).oldCommitLine, to: "r/.commit")
        run.clock.advance(milliseconds: 3500)
        #expect(try await run.finish().state == .complete)
    }

    @Test("A run that an earlier version began, with fewer columns, goes on with those; one with other columns is left as it is")
    func earlierColumns() async throws {
        let run = try await Interrupted.make()
        let text = try run.directory.text("r/host.csv")
        /// Lets the columns of host.csv be others, and what `.commit` says of it fit.
        func change(_ line: (Substring) -> String) async throws -> RecorderFixture {
            let changed = text.split(separator: "\n").map { line($0) + "\n" }.joined()
            try run.directory.write(Array(changed.utf8), to: "r/host.csv")
            var record = try #require(CommitCoder.fold(run.log)?.record)
            record.files["host.csv"] = UInt64(changed.utf8.count)
            record.sums["host.csv"] = CRC32C.checksum(Array(changed.utf8).span.bytes)
            try run.directory.write(record.line(), to: "r/.commit")
            let fixture = try RecorderFixture(directory: run.directory, clock: run.clock)
            try await fixture.recorder.resume()
            return fixture
        }
        do {
            let other = try await change { $0.replacingOccurrences(of: "load1", with: "load2") }
            #expect(await other.recorder.isIdle)
        }
        try run.directory.write(Array("r".utf8), to: ".active")
        let fixture = try await change { $0.split(separator: ",", omittingEmptySubsequences: false).dropLast(2).joined(separator: ",") }
        #expect(await !fixture.recorder.isIdle)
        let session = try await fixture.admit(.sample(firstUnacked: 5, nextSeq: 5))
        let id = try RunManifest(decoding: run.directory.bytes("r/run.json")).id
        #expect(try await fixture.store(4, run: id, seq: 5, session: session) == .stored)
        try await fixture.recorder.beat()
        let rows = try #require(parseCSV(try run.directory.text("r/host.csv")))
        #expect(rows.count == 6 && Set(rows.map(\.count)) == [rows[0].count])
    }
}
