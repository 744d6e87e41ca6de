import Logging
import StatsCore
import TestSupport
import Testing

@testable import Agent

@Suite("The agent's identity") struct IdentityTests {
    @Test("An agent keeps its id for life, and every start is an epoch of its own")
    func epochs() throws {
        let scratch = try ScratchDirectory()
        let lives = try (0..<3).map { _ in try Identity.begin(in: scratch.state(), node: "n") }
        #expect(Set(lives.map(\.id)).count == 1)
        #expect(lives.map(\.epoch) == [1, 2, 3])
        #expect(Set(lives.map(\.epochID)).count == 3)
    }

    @Test("A second agent on the same state directory is refused until the first has ended")
    func lock() throws {
        let scratch = try ScratchDirectory()
        do {
            let first = try scratch.state()
            let refusal = #expect(throws: StateDirectory.Failure.self) { try scratch.state() }
            #expect(refusal?.description.contains("another agent uses") == true)
            _ = try Identity.begin(in: first, node: "n")
        }
        #expect(try Identity.begin(in: scratch.state(), node: "n").epoch == 2)
    }

    @Test("A damaged agent.json is named and left as it is")
    func damaged() throws {
        let scratch = try ScratchDirectory()
        try scratch.write(#"{"id":"a","epo"#, to: "agent.json")
        let failure = #expect(throws: StateDirectory.Failure.self) { try Identity.begin(in: scratch.state(), node: "n") }
        #expect(failure?.description.contains("agent.json is damaged: remove it") == true)
        #expect(try scratch.text("agent.json") == #"{"id":"a","epo"#)
    }

    @Test("Behind the last epoch that there is comes none, and the agent says what to do")
    func lastEpoch() throws {
        let scratch = try ScratchDirectory()
        try scratch.write(#"{"id":"a","epoch":18446744073709551615}"#, to: "agent.json")
        for newest in [nil, UInt64.max] {
            let failure = #expect(throws: StateDirectory.Failure.self) { try Identity.begin(in: scratch.state(), node: "n", above: newest) }
            #expect(failure?.description.contains("is damaged; remove it") == true)
        }
    }
}

@Suite("The note of the run in progress") struct RunNoteTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let run = RunOrder(id: "r", name: "night", intervalUs: 1_000_000, t0: 1_700_000_000_000_000, ticks: nil)

    private func note(_ scratch: ScratchDirectory, bootID: String? = "boot") throws -> RunNote {
        RunNote(in: try scratch.state().directory.again(), bootID: bootID, logger: logger)
    }

    @Test("A run is remembered with its clock over a restart, and its end once that is known")
    func remembered() throws {
        let scratch = try ScratchDirectory()
        try note(scratch).keep(run, offset: -42)
        #expect(try note(scratch).recall() == RunNote.Note(run: run, offset: -42, bootID: "boot"))
        try note(scratch).end(StopOrder(run: "another", lastTick: 1))
        #expect(try note(scratch).recall()?.run.ticks == nil)
        try note(scratch).end(StopOrder(run: "r", lastTick: 9))
        #expect(try note(scratch).recall()?.run.ticks == 10)
        try note(scratch).forget()
        #expect(try note(scratch).recall() == nil)
    }

    @Test("After the host was started anew its monotonic clock means something else: the run is not gone on with")
    func otherBoot() throws {
        let scratch = try ScratchDirectory()
        try note(scratch).keep(run, offset: 1)
        #expect(try note(scratch, bootID: "later").recall() == nil)
        #expect(try note(scratch, bootID: nil).recall() == nil)
    }

    @Test(
        "A damaged note is no note",
        arguments: ["", "{", #"{"run":{"id":"r","name":"n","interval_us":0,"t0":0},"offset":1,"boot_id":"boot"}"#])
    func damaged(text: String) throws {
        let scratch = try ScratchDirectory()
        try scratch.write(text, to: "run.json")
        #expect(try note(scratch).recall() == nil)
    }
}
