import TestSupport
import Testing

@testable import Agent

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

@Suite("The agent's sign of life") struct LivenessTests {
    @Test("An agent that goes round is alive")
    func alive() throws {
        let scratch = try ScratchDirectory()
        let state = try scratch.state()
        let now = time(nil)
        try scratch.date("lock", now - 3600)
        var liveness = Liveness(state)
        liveness.show()
        try Liveness.check(scratch.path, at: now)
    }

    @Test("An agent that hangs is not, and it is said since when")
    func hangs() throws {
        let scratch = try ScratchDirectory()
        var liveness = Liveness(try scratch.state())
        liveness.show()
        try scratch.date("lock", 1_800_000_000)
        try Liveness.check(scratch.path, at: 1_800_000_030)
        let failure = #expect(throws: StateDirectory.Failure.self) { try Liveness.check(scratch.path, at: 1_800_000_031) }
        #expect(failure?.description.hasSuffix("gave its last sign of life 31 s ago") == true)
    }

    @Test("A directory that no agent has used shows no life")
    func unused() throws {
        let scratch = try ScratchDirectory()
        let failure = #expect(throws: StateDirectory.Failure.self) { try Liveness.check(scratch.path) }
        #expect(failure?.description.contains("no agent has used") == true)
    }
}

extension ScratchDirectory {
    /// Sets a file's time, in seconds since 1970.
    fileprivate func date(_ name: String, _ seconds: Int) throws {
        let then = timespec(tv_sec: seconds, tv_nsec: 0)
        try #require(utimensat(AT_FDCWD, "\(path)/\(name)", [then, then], 0) == 0)
    }
}
