import ArgumentParser
import StatsCore
import SystemPackage
import Testing

@testable import CLI

@Suite("sonde record") struct RecordTests {
    @Test(
        "An output directory is a parent and a run's name",
        arguments: [("x", "/w", "x"), ("./a/b/", "/w/./a", "b"), ("/tmp/r", "/tmp", "r")])
    func outputDirectory(text: String, parent: String, name: String) throws {
        let directory = try OutputDirectory(text, workingDirectory: "/w")
        #expect(directory.name == name)
        #expect(directory.parent.lexicallyNormalized() == FilePath(parent).lexicallyNormalized())
    }

    @Test("A path that names no directory is wrong usage", arguments: ["", "/", ".", "..", "a/.."])
    func noDirectory(text: String) {
        let error = #expect(throws: CommandFailure.self) { try OutputDirectory(text, workingDirectory: "/w") }
        #expect(error?.status.rawValue == 64)
    }

    @Test("An output directory that exists is refused, and stays as it was")
    func existingDirectory() async throws {
        try await TemporaryDirectory.with { path in
            let error = #expect(throws: CommandFailure.self) {
                try OutputDirectory(path.string, workingDirectory: "/").prepare()
            }
            #expect(error?.code == "run_exists")
        }
    }
}

@Suite("A latch") struct LatchTests {
    @Test("The first value wins, for who waits already and for who comes later")
    func firstWins() async throws {
        let latch = Latch<Int>()
        async let early = latch.wait()
        latch.set(1)
        latch.set(2)
        #expect(try await early == 1)
        #expect(try await latch.wait() == 1)
        #expect(latch.value == 1)
    }

    @Test("A cancelled task stops waiting")
    func cancellation() async throws {
        let latch = Latch<Int>()
        let task = Task { try await latch.wait() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await latch.wait(within: .zero) == nil)
    }
}
