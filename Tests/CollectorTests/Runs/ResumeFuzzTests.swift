import StatsCore
import TestSupport
import Testing

@testable import Collector

@Suite("Fuzz: a run that a restarted collector goes on with") struct ResumeFuzzTests {
    /// A run in progress, as a collector leaves it that was killed.
    private static func leave() async throws -> ScratchDirectory {
        let directory = try ScratchDirectory(inMemory: true)
        let fixture = try RecorderFixture(directory: directory)
        let session = try await fixture.admit()
        let run = try await fixture.recorder.start(RunPath("r"), options: StartOptions()).id
        fixture.clock.advance(milliseconds: 3000)
        _ = try await fixture.store(0, run: run, seq: 1, session: session)
        try await fixture.recorder.beat()
        return directory
    }

    /// Goes on with the run and closes it.
    private static func goOn(in directory: ScratchDirectory, note: ActiveNote?) async throws {
        let data = try RecorderFixture(directory: directory).recorder.data
        let clock = CollectorClock.continuing(note, boot: "another") { data.lastTick(of: $0) }
        _ = clock.now()
        let fixture = try RecorderFixture(directory: directory)
        try await fixture.recorder.resume()
        _ = try await fixture.admit(.sample(node: "b"))
        fixture.clock.advance(milliseconds: 60_000)
        try await fixture.recorder.beat()
        _ = (await fixture.recorder.runReport(), await fixture.recorder.recorderReport(), try RunCatalogue.list(data))
        if await !fixture.recorder.isIdle {
            let recorder = fixture.recorder
            async let closed = recorder.stop()
            fixture.clock.advance(milliseconds: 60_000)
            for _ in 0..<5 { try await recorder.beat() }
            try await recorder.shutDown()
            _ = try await closed
        }
    }

    @Test(
        "Whatever stands in .active, run.json and .commit, a collector starts, and goes on with the run or leaves it as it is",
        arguments: ["r/run.json", "r/.commit", ".active"])
    func files(name: String) async throws {
        let left = try await Self.leave()
        let whole = try left.bytes(name)
        let files = try left.tree().filter { $0.contains(".csv") || $0 == "r/run.json" || $0 == "r/.commit" || $0 == ".active" }.map {
            ($0, try left.bytes($0))
        }
        await Fuzz.runTasks("resume with \(name)", [whole], count: 60) { one in
            let directory = try ScratchDirectory(inMemory: true)
            for (file, bytes) in files { try directory.write(bytes, to: file) }
            var input = one.input
            if name == "r/.commit", let json = input.firstIndex(of: UInt8(ascii: "{")) {
                input = Array(input[json...].prefix { $0 != UInt8(ascii: "\n") })
                input = Array("\(Hexadecimal.text(CRC32C.checksum(input.span.bytes), width: 8)) ".utf8) + input + [UInt8(ascii: "\n")]
            }
            try directory.write(input, to: name)
            try await Self.goOn(
                in: directory, note: ActiveNote(decoding: name == ".active" ? input : files.first { $0.0 == ".active" }?.1 ?? []))
        }
    }
}
