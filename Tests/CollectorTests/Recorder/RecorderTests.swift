import Logging
import NIOCore
import NIOPosix
import StatsCore
import TestSupport
import Testing

@testable import Collector

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A recorder in a directory of its own, with a clock that the test moves.
struct RecorderFixture {
    let directory: ScratchDirectory
    let clock: ManualClock
    let live: NewestTicks
    let counters = RefusalCounters()
    let recorder: Recorder
    let lane: Lane
    /// Taken over before the other one.
    let earlierLane: Lane
    private let log = OrderLog()
    /// Not the threads of the connections, which a busy recorder would hold up.
    private static let threads = MultiThreadedEventLoopGroup(numberOfThreads: 2)

    init(directory: ScratchDirectory? = nil, clock: ManualClock = ManualClock()) throws {
        let directory = try directory ?? ScratchDirectory()
        self.directory = directory
        self.clock = clock
        let collectorClock = clock.clock
        live = NewestTicks(clock: collectorClock, counters: counters)
        let backlog = RowBacklog()
        lane = Lane(backlog: backlog, counters: counters) { $0() }
        earlierLane = Lane(backlog: backlog, counters: counters) { $0() }
        recorder = Recorder(
            data: try DataDirectory(directory.path, state: directory.path), live: live, counters: counters, clock: collectorClock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, thread: Self.threads, backlog: backlog,
            lanes: [earlierLane, lane])
    }

    func admit(_ hello: Hello = .sample()) async throws -> UInt64 { try await admit(hello, orders: log).session }

    func admit(_ hello: Hello, orders: OrderLog, lane: Lane? = nil) async throws -> Recorder.Entry {
        try await recorder.admit(
            hello, columns: ColumnMap(tables: hello.tables), address: "127.0.0.1", lane: lane ?? self.lane, orders: orders)
    }

    func store(
        _ tick: UInt64, run: String, seq: UInt64, session: UInt64, agent: String = "agent-1", rows: String = "{\"host\":[[0.5,7]]}",
        late: [String] = []
    ) async throws -> Lane.Receipt {
        let frame = Frames.tick(tick, run: run, seq: seq, rows: rows, late: late)
        return await store(.tick(try TickFrame(frame.span.bytes)), frame, session: session)
    }

    /// Stores a tick or a gap as its session would.
    func store(_ incoming: Incoming, _ frame: [UInt8] = [], session: UInt64) async -> Lane.Receipt {
        guard let (lane, place) = await recorder.connections[session].map({ ($0.lane, $0.place) }) else { return .replaced }
        func once() -> Lane.Receipt {
            switch incoming {
            case .tick(let tick): lane.store(tick, frame: frame.span.bytes, at: place, of: session, now: clock.now)
            case .gap(let gap): lane.store(gap, at: place, of: session, now: clock.now)
            default: .refused(Refusal(code: "test", message: "nothing to store"))
            }
        }
        switch once() {
        case .join: await recorder.joinLate(session: session)
        case .wait: await recorder.commitEarly()
        case let receipt: return receipt
        }
        return once()
    }

    /// The orders that came so far.
    func orders() async -> [SessionOrder] { log.all }
}

@Suite("The recorder") struct RecorderTests {
    @Test("Nothing is acknowledged before it is committed, and what is acknowledged is in the file")
    func acknowledges() async throws {
        let fixture = try RecorderFixture()
        let session = try await fixture.admit()
        let run = try await fixture.recorder.start(RunPath("r"), options: StartOptions())
        try await fixture.recorder.beat()
        let before = try fixture.directory.text("r/host.csv")
        #expect(try await fixture.store(0, run: run.id, seq: 1, session: session) == .stored)
        #expect(try fixture.directory.text("r/host.csv") == before)
        try await fixture.recorder.beat()
        let rows = try #require(parseCSV(try fixture.directory.text("r/host.csv")))
        #expect(rows.count == 2 && rows[1][1...2] == ["0", "a"])
        let acks = await fixture.orders().filter { if case .ack = $0 { true } else { false } }
        #expect(acks == [.ack(Ack(epoch: 1, seq: 1))])
    }

    @Test("An agent that connects again elsewhere keeps its rows in order, and what its older session still sends isn't taken")
    func moves() async throws {
        let fixture = try RecorderFixture()
        let first = try await fixture.admit()
        let run = try await fixture.recorder.start(RunPath("r"), options: StartOptions())
        fixture.clock.advance(milliseconds: 5000)
        #expect(try await fixture.store(0, run: run.id, seq: 1, session: first) == .stored)
        let orders = OrderLog()
        let second = try await fixture.admit(.sample(nextSeq: 2), orders: orders, lane: fixture.earlierLane)
        #expect(second.accepted == 1)
        let late = Frames.tick(1, run: run.id, seq: 2)
        let receipt = fixture.lane.store(try TickFrame(late.span.bytes), frame: late.span.bytes, at: 0, of: first, now: fixture.clock.now)
        #expect(receipt == .replaced)
        #expect(try await fixture.store(1, run: run.id, seq: 2, session: second.session) == .stored)
        try await fixture.recorder.beat()
        let rows = try #require(parseCSV(try fixture.directory.text("r/host.csv")))
        #expect(rows.dropFirst().map { $0[1] } == ["0", "1"])
        #expect(orders.all.last == .ack(Ack(epoch: 1, seq: 2)))
    }

    @Test("A lane has room for each table")
    func tables() {
        let state = LaneState()
        #expect(TableID.allCases.count <= state.tables.count)
    }

    @Test("A fin that the end of its session overtakes counts all the same")
    func overtaken() async throws {
        let fixture = try RecorderFixture()
        let session = try await fixture.admit()
        var options = StartOptions()
        options.duration = .milliseconds(1000)
        let run = try await fixture.recorder.start(RunPath("r"), options: options)
        fixture.clock.advance(milliseconds: 2500)
        #expect(try await fixture.store(0, run: run.id, seq: 1, session: session) == .stored)
        try await fixture.recorder.beat()
        await fixture.recorder.leave("agent-1", session: session, reason: "test", fin: Fin(run: run.id, epoch: 1, seq: 1))
        try await fixture.recorder.beat()
        #expect(await fixture.recorder.isIdle)
    }

    @Test("A refused tick leaves no byte in any table, and the run goes on")
    func refused() async throws {
        let fixture = try RecorderFixture()
        let session = try await fixture.admit()
        let run = try await fixture.recorder.start(RunPath("r"), options: StartOptions())
        let receipt = try await fixture.store(
            0, run: run.id, seq: 1, session: session,
            rows: #"{"event":[["mark","x"]],"host":[[0.5,7]],"container":[["one",1],["two","2"]]}"#)
        guard case .refused(let refusal) = receipt else { return #expect(Bool(false), "was not refused") }
        #expect(refusal.code == "bad_row" && refusal.message.contains("`container`") && refusal.message.contains("`pids`"))
        try await fixture.recorder.beat()
        #expect(parseCSV(try fixture.directory.text("r/host.csv"))?.count == 1)
        #expect(parseCSV(try fixture.directory.text("r/container.csv"))?.count == 1)
        #expect(parseCSV(try fixture.directory.text("r/event.csv"))?.count == 2)
        #expect(try await fixture.store(0, run: run.id, seq: 1, session: session) == .stored)
    }

    @Test(
        "A tick that names a table twice, or has two rows of a host, is refused whole",
        arguments: [#"{"host":[[0.5,7]],"event":[],"host":[[0.5,8]]}"#, #"{"host":[[0.5,7],[0.5,8]]}"#])
    func twofold(_ rows: String) async throws {
        let fixture = try RecorderFixture()
        let session = try await fixture.admit()
        let run = try await fixture.recorder.start(RunPath("r"), options: StartOptions())
        let receipt = try await fixture.store(0, run: run.id, seq: 1, session: session, rows: rows)
        guard case .refused(let refusal) = receipt else { return #expect(Bool(false), "was not refused") }
        #expect(refusal.code == "bad_row" && refusal.message.contains("`host`"))
        try await fixture.recorder.beat()
        #expect(parseCSV(try fixture.directory.text("r/host.csv"))?.count == 1)
    }

    @Test("A container that stands twice in a tick has one row, and the run says that another was left out, once a node")
    func twice() async throws {
        let fixture = try RecorderFixture()
        let session = try await fixture.admit()
        let run = try await fixture.recorder.start(RunPath("r"), options: StartOptions())
        for tick in UInt64(0)..<2 {
            let rows = #"{"container":[["one",1],["two",2],["one",3]],"host":[[0.5,7]]}"#
            #expect(try await fixture.store(tick, run: run.id, seq: tick + 1, session: session, rows: rows) == .stored)
        }
        try await fixture.recorder.beat()
        let rows = try #require(parseCSV(try fixture.directory.text("r/container.csv"))?.dropFirst())
        #expect(rows.map { $0[3] } == ["one", "two", "one", "two"])
        #expect(parseCSV(try fixture.directory.text("r/event.csv"))?.filter { $0[3] == "row twice" }.count == 1)
        #expect(fixture.counters.all["row_twice"] == 2)
    }

    @Test("A tick without the rows of a source makes the run incomplete: verdict and run.json name node and source")
    func lateSources() async throws {
        let fixture = try RecorderFixture()
        let session = try await fixture.admit()
        let run = try await fixture.recorder.start(RunPath("r"), options: StartOptions())
        for tick in UInt64(0)..<3 {
            let late = tick == 1 ? ["container"] : []
            #expect(try await fixture.store(tick, run: run.id, seq: tick + 1, session: session, late: late) == .stored)
        }
        fixture.clock.advance(milliseconds: 3000)
        async let stop = fixture.recorder.stop()
        try await eventually("a stop that waits") { await fixture.recorder.waiters == 1 }
        await fixture.recorder.note(Fin(run: run.id, epoch: 1, seq: 3), agent: "agent-1", session: session)
        try await fixture.recorder.beat()
        let manifest = try await stop
        #expect(manifest.state == .incomplete && manifest.verdict == "incomplete: node a misses container rows in 1 of 3 ticks")
        #expect(manifest.nodes[0].incompleteRows == ["container": 1] && manifest.nodes[0].missing == [:])
        let record = try #require(CommitCoder.fold(try fixture.directory.bytes("r/.commit"))?.record)
        #expect(record.ticks["a"]?.incompleteRows == ["container": 1])
    }

    @Test("A stop is on the disk as soon as an agent can hear of it, with all that is acknowledged")
    func durableStop() async throws {
        let fixture = try RecorderFixture()
        let session = try await fixture.admit()
        let run = try await fixture.recorder.start(RunPath("r"), options: StartOptions())
        #expect(try await fixture.store(0, run: run.id, seq: 1, session: session) == .stored)
        fixture.clock.advance(milliseconds: 1000)
        let stop = Task { [recorder = fixture.recorder] in try await recorder.stop() }
        try await eventually("a stop that waits") { await fixture.recorder.waiters == 1 }
        // No beat has come between.
        let manifest = try RunManifest(decoding: fixture.directory.bytes("r/run.json"))
        #expect(manifest.state == .stopping && manifest.lastTick == 0)
        await fixture.recorder.note(Fin(run: run.id, epoch: 1, seq: 1), agent: "agent-1", session: session)
        try await fixture.recorder.beat()
        #expect(try await stop.value.lastTick == 0)
    }

    @Test("A start that is refused changes nothing on the disk")
    func refusedStart() async throws {
        let fixture = try RecorderFixture()
        let before = fixture.directory.tree()
        await #expect(throws: ControlFailure.self) { try await fixture.recorder.start(RunPath("a/b"), options: StartOptions()) }
        _ = try await fixture.admit()
        var options = StartOptions()
        options.expect = 2
        let few = await #expect(throws: ControlFailure.self) { try await fixture.recorder.start(RunPath("a/b"), options: options) }
        #expect(few?.code == "too_few_nodes" && few?.message.contains("connected: a") == true)
        try fixture.directory.write([1], to: "file")
        try fixture.directory.descriptor().makeDirectory("there")
        let after = fixture.directory.tree()
        for (name, code) in [("there", "run_exists"), ("file", "run_exists"), ("file/x", "bad_name")] {
            let failure = await #expect(throws: ControlFailure.self) {
                try await fixture.recorder.start(RunPath(name), options: StartOptions())
            }
            #expect(failure?.code == code)
        }
        #expect(fixture.directory.tree() == after)
        #expect(after == (before + ["file", "there"]).sorted())
    }

    @Test("A link in the way is not followed")
    func links() async throws {
        let elsewhere = try ScratchDirectory()
        let fixture = try RecorderFixture()
        _ = try await fixture.admit()
        #expect(symlink(elsewhere.path, fixture.directory.path + "/link") == 0)
        for name in ["link", "link/x", "link/x/y"] {
            await #expect(throws: ControlFailure.self) { try await fixture.recorder.start(RunPath(name), options: StartOptions()) }
        }
        #expect(elsewhere.tree().isEmpty)
    }

    @Test("A run is closed when its nodes have finished, with a verdict that adds up")
    func closes() async throws {
        let fixture = try RecorderFixture()
        let session = try await fixture.admit()
        let run = try await fixture.recorder.start(RunPath("deep/r"), options: StartOptions())
        #expect(run.state == .armed)
        for tick in 0..<3 { _ = try await fixture.store(UInt64(tick), run: run.id, seq: UInt64(tick + 1), session: session) }
        fixture.clock.advance(milliseconds: 3000)
        try await fixture.recorder.beat()
        async let first = fixture.recorder.stop()
        async let second = fixture.recorder.stop()
        try await eventually("two stops that wait") { await fixture.recorder.waiters == 2 }
        await fixture.recorder.note(Fin(run: run.id, epoch: 1, seq: 3), agent: "agent-1", session: session)
        try await fixture.recorder.beat()
        let manifest = try await first
        #expect(try await second == manifest)
        #expect(manifest.state == .complete && manifest.verdict == "complete: 3 of 3 ticks on 1 node")
        #expect(manifest.files["host.csv"]?.rows == 3 && manifest.files.count == TableID.allCases.count + 2, "and columns.csv and gaps.csv")
        #expect(try RunManifest(decoding: fixture.directory.bytes("deep/r/run.json")) == manifest)
        #expect(!fixture.directory.tree().contains(".active"))
        #expect(try RunCatalogue.list(fixture.recorder.data).map(\.name) == ["deep/r"])
    }

    @Test("A node that stays away is booked as missing after ten seconds")
    func away() async throws {
        let fixture = try RecorderFixture()
        let session = try await fixture.admit()
        var options = StartOptions()
        options.duration = .seconds(5)
        let run = try await fixture.recorder.start(RunPath("r"), options: options)
        _ = try await fixture.store(0, run: run.id, seq: 1, session: session)
        _ = try await fixture.store(3, run: run.id, seq: 2, session: session)
        await fixture.recorder.leave("agent-1", session: session, reason: "test")
        fixture.clock.advance(milliseconds: 14_000)
        try await fixture.recorder.beat()
        #expect(await !fixture.recorder.isIdle)
        fixture.clock.advance(milliseconds: 2000)
        try await fixture.recorder.beat()
        #expect(await fixture.recorder.isIdle)
        let manifest = try RunManifest(decoding: fixture.directory.bytes("r/run.json"))
        #expect(manifest.verdict == "incomplete: node a misses 3 of 5 ticks (3 away)")
        let gaps = try #require(parseCSV(try fixture.directory.text("r/gaps.csv")))
        #expect(gaps.dropFirst().map { $0[1...].joined(separator: " ") } == ["a 1 2 2 away", "a 4 4 1 away"])
    }

    @Test("Frames of another run are acknowledged and dropped")
    func late() async throws {
        let fixture = try RecorderFixture()
        let session = try await fixture.admit()
        #expect(try await fixture.store(0, run: "old", seq: 1, session: session) == .stored)
        try await fixture.recorder.beat()
        #expect(fixture.counters.all == ["late_frame": 1])
        #expect(await fixture.recorder.streams["agent-1"]?.durable == 1)
    }

    @Test("After a crash the run goes on from its last commit, and recovering twice gives the same bytes")
    func resumes() async throws {
        let directory = try ScratchDirectory()
        let clock = ManualClock()
        var id = ""
        do {
            let fixture = try RecorderFixture(directory: directory, clock: clock)
            let session = try await fixture.admit()
            id = try await fixture.recorder.start(RunPath("r"), options: StartOptions()).id
            for tick in 0..<4 { _ = try await fixture.store(UInt64(tick), run: id, seq: UInt64(tick + 1), session: session) }
            try await fixture.recorder.beat()
        }
        let good = try directory.bytes("r/host.csv")
        let log = try directory.bytes("r/.commit")
        try directory.append("2026-11-21T08:00:00.0", to: "r/host.csv")
        try directory.append("0123abcd {\"files", to: "r/.commit")
        for _ in 0..<2 {
            let outcome = try Recovery.recover(directory.descriptor().directory("r"))
            #expect(try directory.bytes("r/host.csv") == good)
            #expect(try directory.bytes("r/.commit") == log)
            #expect(outcome.record.streams["agent-1"]?.seq == 4)
        }
        let fixture = try RecorderFixture(directory: directory, clock: clock)
        try await fixture.recorder.resume()
        let session = try await fixture.admit(.sample(firstUnacked: 1, nextSeq: 7))
        #expect(try await fixture.store(4, run: id, seq: 5, session: session) == .stored)
        try await fixture.recorder.beat()
        #expect(parseCSV(try directory.text("r/host.csv"))?.count == 6)
        let welcome = await fixture.orders().first
        guard case .welcome(let told) = welcome else { return #expect(Bool(false), "no welcome") }
        #expect(told.last == StreamPosition(epoch: 1, seq: 4) && told.run?.id == id)
    }

    @Test("A file that is shorter than the last commit says can't be gone on with, and the collector starts all the same")
    func damaged() async throws {
        let directory = try ScratchDirectory()
        do {
            let fixture = try RecorderFixture(directory: directory)
            _ = try await fixture.admit()
            _ = try await fixture.recorder.start(RunPath("r"), options: StartOptions())
        }
        try directory.write([], to: "r/host.csv")
        #expect(throws: RecoveryFailure.self) { try Recovery.recover(directory.descriptor().directory("r")) }
        let fixture = try RecorderFixture(directory: directory)
        try await fixture.recorder.resume()
        #expect(await fixture.recorder.isIdle)
        #expect(!directory.tree().contains(".active"))
    }

    @Test("A data directory belongs to one collector, and the second is told whose it is")
    func locked() throws {
        let directory = try ScratchDirectory()
        let held = try DataDirectory(directory.path, state: directory.path)
        let failure = #expect(throws: StartFailure.self) { try DataDirectory(directory.path, state: directory.path) }
        #expect(failure?.description.contains("process \(getpid())") == true)
        #expect(held.path == directory.path)
    }
}

extension Recorder {
    var isIdle: Bool { active == nil }
    var waiters: Int { active?.closing.count ?? 0 }
}
