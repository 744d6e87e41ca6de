import StatsCore
import Synchronization
import TestSupport
import Testing

@testable import CLI

/// A place that records runs at once.
private final class InstantPlace: RunPlace {
    let manifest: RunManifest
    /// What was recorded and closed, by name, as on the disk of a collector.
    private let closed = Mutex<[String]>([])
    /// Runs that end so.
    let failing: Set<String>
    let environment: [String: String] = [:]
    /// How many ticks lie in the part that counts, of runs of which that is known.
    private let counted: [String: UInt64]
    private let isAway: Bool
    /// Happens in each run.
    private let event: @Sendable () throws -> Void

    init(
        closed: [String] = [], failing: Set<String> = [], isAway: Bool = false, counted: [String: UInt64] = [:],
        event: @escaping @Sendable () throws -> Void = {}
    ) throws {
        manifest = try VerifyRunBuilder().manifest
        (self.failing, self.isAway, self.counted, self.event) = (failing, isAway, counted, event)
        self.closed.withLock { $0 = closed }
    }

    var runs: [String] { closed.withLock { $0 } }

    func name(_ directory: String) -> String { directory }

    func check(isNew: Bool) async throws {
        if isAway { throw CommandFailure(code: "unreachable", message: "nobody\nis there") }
    }

    func record(_ order: RecordingOrder, until ending: Latch<Ending>) async throws -> (run: RunManifest, outcome: RunCourse.Outcome) {
        try event()
        let outcome = RunCourse.Outcome(
            countedTicks: counted[order.name], failure: failing.contains(order.name) ? "the load ended with status 1" : nil)
        try order.isOver(outcome)
        closed.withLock { $0.append(order.name) }
        return (manifest, outcome)
    }

    func settle(_ name: String) async throws -> RunManifest? { runs.contains(name) ? manifest : nil }
}

@Suite("A matrix that goes on") struct MatrixSessionTests {
    private static let plan = "factors: {a: [1, 2]}\nrepetitions: 2\nduration: 1s\n"

    private static func go(
        _ scratch: ScratchDirectory, _ place: InstantPlace, again: Set<MatrixState.Verdict> = [], plan: String = Self.plan,
        until ending: Latch<Ending> = Latch()
    ) async throws -> MatrixState {
        let directory = try MatrixDirectory(scratch.path("m"), for: MatrixPlanTests.plan(plan))
        try await MatrixSession(directory: directory, place: place, again: again).run(until: ending)
        return directory.state
    }

    /// The journal of all of it.
    private static func journal(failing: Set<String> = []) async throws -> (lines: [String], head: [UInt8]) {
        let scratch = try ScratchDirectory(inMemory: true)
        _ = try await go(scratch, InstantPlace(failing: failing), plan: plan + "on_failure: continue\n")
        return (try scratch.text("m/journal.jsonl").split(separator: "\n").map { $0 + "\n" }, try scratch.bytes("m/matrix.json"))
    }

    @Test(
        "Killed behind any record, or in the middle of writing one, it neither repeats nor loses a run, and no two attempts share a directory"
    )
    func everyPrefix() async throws {
        let (lines, head) = try await Self.journal(failing: ["run-002"])
        #expect(lines.count == 15)
        for count in 0...lines.count {
            for torn in [0, 1, 20] where count < lines.count || torn == 0 {
                let kept = lines.prefix(count)
                let scratch = try ScratchDirectory(inMemory: true)
                try scratch.write(head, to: "m/matrix.json")
                try scratch.write(kept.joined() + (torn > 0 ? lines[count].prefix(torn) : ""), to: "m/journal.jsonl")
                // What a collector had closed by then, or a moment later by itself.
                let records = try MatrixJournal.read(Array(kept.joined().utf8), path: "").records
                let measured = records.filter { $0.event == .measured }.map { "run-00\($0.run)" }
                let begun = records.filter { $0.event == .began }.compactMap(\.directory)
                let done = Set(records.filter { $0.event == .recorded || $0.event == .measured }.map(\.run))
                let place = try InstantPlace(closed: measured)

                let state = try await Self.go(scratch, place, plan: Self.plan + "on_failure: continue\n")
                let all = state.attempts.values.joined().map(\.directory)
                #expect(Set(all).count == all.count, "no directory twice, behind \(count) records")
                for run in 1...4 {
                    let attempts = state.attempts[run] ?? []
                    #expect(
                        attempts.count { $0.state != nil } == 1 && attempts.last?.state != nil && attempts.allSatisfy { $0.ended != nil })
                    #expect(!done.contains(run) || attempts.count == 1, "run \(run) isn't repeated, behind \(count) records")
                }
                let again = Set(place.runs.dropFirst(measured.count))
                #expect(again.isDisjoint(with: begun), "a run that is done again has a new directory")
                #expect(try scratch.text("m/journal.jsonl").hasPrefix(kept.joined()), "nothing that was written changes")
                let rows = try CSVTable(path: scratch.path("m/runs.csv")).rows
                #expect(rows.map { $0["state"] ?? "" } == (1...4).map { state.newest($0)?.state?.rawValue ?? "" })
                #expect(rows.map { $0["directory"] ?? "" } == (1...4).map { state.newest($0)?.directory ?? "" })
            }
        }
    }

    @Test("A run that failed stops the plan and is done again when that goes on; if the plan says to go on, it stays as it is")
    func failures() async throws {
        let stopping = try ScratchDirectory(inMemory: true)
        let stopped = try await Self.go(stopping, InstantPlace(failing: ["run-002"]), again: [.failed])
        #expect(stopped.counts == [.complete: 1, .failed: 1])
        let place = try InstantPlace()
        let all = try await Self.go(stopping, place, again: [.failed])
        #expect(all.counts == [.complete: 4] && place.runs == ["run-002.2", "run-003", "run-004"])
        let row = try CSVTable(path: stopping.path("m/runs.csv")).rows[1]
        #expect(row["directory"] == "run-002.2" && row["attempts"] == "2" && row["given_up"] == "run-002")

        let going = try ScratchDirectory(inMemory: true)
        let plan = Self.plan + "on_failure: continue\n"
        let gone = try await Self.go(going, InstantPlace(failing: ["run-002"]), plan: plan)
        #expect(gone.counts == [.complete: 3, .failed: 1])
        #expect(try await Self.go(going, InstantPlace(), plan: plan) == gone)
        // Tried again, and failing again, it isn't tried forever.
        let retried = try await Self.go(going, InstantPlace(failing: ["run-002.2"]), again: [.failed], plan: plan)
        #expect(retried.counts == gone.counts && retried.newest(2)?.directory == "run-002.2")
    }

    @Test("Where nothing can be recorded, nothing has begun")
    func away() async throws {
        let scratch = try ScratchDirectory(inMemory: true)
        await #expect(throws: CommandFailure.self) { try await Self.go(scratch, InstantPlace(isAway: true)) }
        #expect(try scratch.bytes("m/journal.jsonl").isEmpty)
    }

    @Test("A run whose collector went out of reach in its middle is settled there before anything else begins, and done again")
    func outOfReach() async throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let gone = try InstantPlace { throw CommandFailure(code: "unreachable", message: "nobody is there") }
        await #expect(throws: CommandFailure.self) { try await Self.go(scratch, gone) }
        #expect(try MatrixDirectory(scratch.path("m"), for: MatrixPlanTests.plan(Self.plan)).state.unfinished?.what == .halfDone)
        let state = try await Self.go(scratch, InstantPlace())
        #expect(state.counts == [.complete: 4] && state.newest(1)?.directory == "run-001.2")
        #expect(state.attempts[1]?.first?.isInterrupted == true)
    }

    @Test("A signal before a run has begun interrupts it as any other does")
    func early() async throws {
        let (scratch, ending) = (try ScratchDirectory(inMemory: true), Latch<Ending>())
        let place = try InstantPlace {
            ending.set(.interrupted(15))
            throw Recording.interrupted
        }
        let state = try await Self.go(scratch, place, until: ending)
        #expect(state.newest(1)?.isInterrupted == true && state.newest(1)?.reasons == ["it was interrupted"])
        let text = try MatrixReport(MatrixPlanTests.plan(Self.plan), state, directory: "m", next: []).text
        #expect(text.contains("run-001 interrupted\n"), "once is enough: \(text)")
    }

    @Test(
        "Runs whose load was shorter than the interval are named with what to do, in runs.csv by their number of ticks; one that failed isn't among them"
    )
    func shortLoads() async throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let plan = Self.plan + "on_failure: continue\n"
        let place = try InstantPlace(failing: ["run-003"], counted: ["run-001": 0, "run-002": 7, "run-003": 0])
        let state = try await Self.go(scratch, place, plan: plan)
        #expect(try CSVTable(path: scratch.path("m/runs.csv")).rows.map { $0["ticks_counted"] } == ["0", "7", "0", nil])
        let report = try MatrixReport(MatrixPlanTests.plan(plan), state, directory: "m", next: [])
        #expect(
            report.text.contains("1 run (run-001) has no tick between the marks measure and cool-down")
                && report.text.contains("a shorter interval than 1s"), "\(report.text)")
        // What is known of it is known to whoever goes on.
        #expect(try await Self.go(scratch, InstantPlace(), plan: plan) == state)
        #expect(report.status == 1)
    }

    @Test("Of several recordings each warning is said once, also with other numbers; of one alone all are")
    func heard() {
        let heard = Progress.Heard()
        #expect(heard.isNew("the host was busy before: 34 %") && !heard.isNew("the host was busy before: 51 %"))
        #expect(heard.isNew("the engine can't be asked"))
    }

    @Test("A tear-down that failed leaves its run complete, and the exit status says that a command failed")
    func tearDownFailed() throws {
        let plan = try MatrixPlanTests.plan("factors: {a: [1]}\nduration: 1s\n")
        func status(reason: String?) throws -> Int32 {
            var state = MatrixState(MatrixOrder.runs(plan))
            var (began, recorded, ended) = (MatrixRecord(.began, 1), MatrixRecord(.recorded, 1), MatrixRecord(.ended, 1))
            (began.attempt, began.directory, recorded.state, ended.reason) = (1, "run-001", .complete, reason)
            for record in [began, recorded, ended] { try state.apply(record) }
            return MatrixReport(plan, state, directory: "m", next: []).status
        }
        #expect(try status(reason: nil) == 0 && status(reason: "the tear-down ended with status 1") == 1)
    }

    @Test("A directory of another plan, of another time of this one, of somebody else, or in use is refused, and it is said why")
    func otherDirectories() async throws {
        func failure(_ plan: String, in path: String) -> CommandFailure? {
            do {
                _ = try MatrixDirectory(path, for: MatrixPlanTests.plan(plan))
                return nil
            } catch {
                return error as? CommandFailure
            }
        }
        let scratch = try ScratchDirectory(inMemory: true)
        do {
            let first = try MatrixDirectory(scratch.path("m"), for: MatrixPlanTests.plan(Self.plan))
            #expect(failure(Self.plan, in: scratch.path("m"))?.code == "busy")
            withExtendedLifetime(first) {}
        }
        let changed = try #require(failure(Self.plan + "seed: 2\ninterval: 500ms\n", in: scratch.path("m")))
        #expect(changed.message.contains("seed was 1 and is 2") && changed.message.contains("interval was \"1s\" and is \"500ms\""))
        #expect(failure(Self.plan + "name: other\n", in: scratch.path("m"))?.message.contains("belongs to the plan test") == true)
        #expect(failure(Self.plan + "on_failure: continue\n", in: scratch.path("m")) == nil)
        try scratch.write("x", to: "full/data.csv")
        #expect(failure(Self.plan, in: scratch.path("full"))?.message.contains("(data.csv)") == true)
        // A journal that can't be believed isn't.
        for broken in ["{}\n", #"{"event":"ended","run":1,"time":""}"# + "\n", #"{"event":"measured","run":99,"time":""}"# + "\n"] {
            try scratch.write(broken, to: "m/journal.jsonl")
            #expect(failure(Self.plan, in: scratch.path("m"))?.message.contains("damaged in line 1") == true)
        }
    }

    @Test("A level that is a number is one in runs.csv, also below zero; a text that a spreadsheet would run isn't run")
    func numbers() throws {
        let plan = try MatrixPlanTests.plan("factors: {a: [-1, \"=1+1\", \"x,y\"]}\nduration: 1s\n")
        let text = String(decoding: MatrixTable.bytes(plan, MatrixState(MatrixOrder.runs(plan))), as: UTF8.self)
        for field in [",-1,pending", ",'=1+1,pending", ",\"x,y\",pending"] { #expect(text.contains(field), "\(text)") }
    }

    @Test("What to do next compares each level with the first of its factor, and pairs runs where none is missing")
    func next() async throws {
        let scratch = try ScratchDirectory(inMemory: true)
        let plan = try MatrixPlanTests.plan("factors: {a: [1, \"x y\"], b: [1]}\nduration: 1s\n")
        let directory = try MatrixDirectory(scratch.path("m"), for: plan)
        func commands() -> [String] {
            MatrixNext.commands(
                plan, directory.state, output: "m", file: "p.yaml", options: ["--host", "far"], isElsewhere: true, isCopied: false)
        }
        #expect(commands().isEmpty)
        try await MatrixSession(directory: directory, place: InstantPlace(), again: []).run(until: Latch())
        #expect(
            commands() == [
                "sonde matrix p.yaml --output m --download --host far",
                "sonde compare m --where a=1 --to-where 'a=x y' --window measure..cool-down --pair",
            ])
        let words = ["compare", "m", "--where", "a=1", "--to-where", "a=x y", "--window", "measure..cool-down", "--pair"]
        #expect(throws: Never.self) { try Invocation.parsed(words) }
    }
}
