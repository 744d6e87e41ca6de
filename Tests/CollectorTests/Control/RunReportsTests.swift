import StatsCore
import SystemPackage
import TestSupport
import Testing

@testable import Collector

@Suite("Reports that a process of its own draws") struct RunReportsTests {
    private func failure(_ script: String) async throws -> ControlFailure {
        let scratch = try ScratchDirectory()
        let reports = RunReports(program: FilePath(try scratch.makeProgram("sonde", script)))
        return try #require(await #expect(throws: ControlFailure.self) { try await reports.report("/runs/r") })
    }

    @Test("A process that is killed while it draws is told as such, and what to do")
    func killed() async throws {
        let failure = try await failure("kill -9 $$")
        #expect(failure.code == "unreadable")
        #expect(failure.message.contains("/runs/r` was ended by signal 9, perhaps for lack of memory"), "\(failure.message)")
        #expect(failure.message.contains("with more memory"))
    }

    @Test("One that fails without a word is told with its status, and one that says why with that")
    func silent() async throws {
        #expect(try await failure("exit 3").message.contains("failed with status 3 and said nothing"))
        #expect(try await failure("echo no room >&2; exit 1").message.contains("no room"))
        let own = try await failure(#"echo '{"code":"bad_format","message":"of a later version"}' >&2; exit 1"#)
        #expect(own.code == "bad_format" && own.message == "of a later version")
    }
}
