import Glibc
import Synchronization
import TestSupport
import Testing
import UnixSignals

@testable import Agent

@Suite("The agent's services") struct ServiceGroupTests {
    /// What services did, in order.
    private final class Diary: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func note(_ line: String) { lines.withLock { $0.append(line) } }
    }

    private struct Part: Service {
        let name: String
        let diary: Diary
        let body: @Sendable () async throws -> Void

        func run() async throws {
            diary.note("\(name) begins")
            defer { diary.note("\(name) ends") }
            try await body()
        }
    }

    private struct Fault: Error {}

    @Test("Behind a signal they end one after another, the last one first, however each waits for its turn")
    func order() async throws {
        let diary = Diary()
        let waits = Part(name: "waits", diary: diary) { try await gracefulShutdown() }
        let cancelled = Part(name: "cancelled", diary: diary) {
            await cancelWhenGracefulShutdown { try? await Task.sleep(for: .seconds(3600)) }
        }
        let told = Part(name: "told", diary: diary) {
            let (end, ending) = AsyncStream<Void>.makeStream()
            await withGracefulShutdownHandler {
                for await _ in end {}
            } onGracefulShutdown: {
                ending.finish()
            }
        }
        async let run: Void = ServiceGroup(services: [waits, cancelled, told]).run(until: [.sigusr1])
        // A service begins when signals are awaited.
        try await eventually("all of them") { diary.all.count == 3 }
        kill(getpid(), SIGUSR1)
        try await run
        #expect(diary.all.suffix(3) == ["told ends", "cancelled ends", "waits ends"])
    }

    @Test("One that fails, or ends before its turn, cancels the others, and the group says why")
    func failure() async throws {
        for fails in [true, false] {
            let diary = Diary()
            let waits = Part(name: "waits", diary: diary) { try await gracefulShutdown() }
            let brief = Part(name: "brief", diary: diary) { if fails { throw Fault() } }
            do {
                try await ServiceGroup(services: [waits, brief]).run(until: [.sigusr2])
                Issue.record("the group ended without a fault")
            } catch { #expect(fails ? error is Fault : "\(error)" == "Part ended before its turn") }
            #expect(diary.all.last == "waits ends")
        }
    }
}
