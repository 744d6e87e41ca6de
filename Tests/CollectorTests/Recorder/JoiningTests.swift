import StatsCore
import TestSupport
import Testing

@testable import Collector

@Suite("Nodes that join a run in progress") struct JoiningTests {
    private func hello(_ number: Int, kernel: String = "6.18.0") -> Hello {
        var hello = Hello.sample(agent: "agent-\(number)", node: "node-\(number)")
        hello.kernel = kernel
        return hello
    }

    private func recording() async throws -> RecorderFixture {
        let fixture = try RecorderFixture()
        _ = try await fixture.admit(hello(0))
        var options = StartOptions()
        options.duration = .seconds(5)
        _ = try await fixture.recorder.start(RunPath("r"), options: options)
        fixture.clock.advance(milliseconds: 2000)
        try await fixture.recorder.beat()
        return fixture
    }

    @Test("run.json is not written anew for each of them, .commit grows by what each says, and the closed run names all")
    func bounded() async throws {
        let fixture = try await recording()
        let manifest = try fixture.directory.bytes("r/run.json")
        var before = try fixture.directory.bytes("r/.commit").count
        for number in 1...200 {
            _ = try await fixture.admit(hello(number))
            try await fixture.recorder.beat()
            let size = try fixture.directory.bytes("r/.commit").count
            // Its facts, and the positions of the files that its event went into.
            #expect(size - before < 2048)
            before = size
        }
        #expect(try fixture.directory.bytes("r/run.json") == manifest)
        for number in 0...200 {
            await fixture.recorder.leave("agent-\(number)", session: UInt64(number + 1), reason: "test")
        }
        fixture.clock.advance(milliseconds: 60_000)
        try await fixture.recorder.beat()
        let closed = try RunManifest(decoding: fixture.directory.bytes("r/run.json"))
        #expect(!closed.state.isActive)
        #expect(closed.nodes.map(\.node) == (0...200).map { "node-\($0)" } && closed.nodes.allSatisfy { $0.kernel == "6.18.0" })
    }

    @Test("An agent of another collector delivers the ticks that it still owes, and neither joins the run nor counts as connected")
    func deliversOnly() async throws {
        let fixture = try await recording()
        await fixture.recorder.leave("agent-0", session: 1, reason: "test")
        var owing = hello(0)
        owing.deliversOnly = true
        var stranger = hello(1)
        stranger.deliversOnly = true
        let logs = [OrderLog(), OrderLog()]
        _ = try await fixture.admit(owing, orders: logs[0])
        _ = try await fixture.admit(stranger, orders: logs[1])
        #expect(await fixture.recorder.nodeReports().map(\.node) == ["node-0"])
        #expect(await fixture.recorder.nodeReports().map(\.isConnected) == [false])
        #expect(fixture.live.names == [])
        // It hears which run is in progress, as what it owes may be of an earlier one.
        for log in logs {
            guard case .welcome(let welcome) = log.all.first else { return #expect(Bool(false), "\(log.all)") }
            #expect(welcome.run?.name == "r")
        }
        #expect(await fixture.recorder.namedNodes.map(\.node) == ["node-0"])
    }

    @Test("After a crash the run goes on with all that is known of them")
    func resumed() async throws {
        let (directory, clock) = try await crashed()
        let fixture = try RecorderFixture(directory: directory, clock: clock)
        try await fixture.recorder.resume()
        let nodes = await fixture.recorder.namedNodes.sorted { $0.node < $1.node }
        #expect(nodes.map(\.node) == ["node-0", "node-1", "node-2"])
        #expect(nodes.map(\.kernel) == ["6.18.0", "6.19.0", "6.18.0"])
        // run.json was written after node-2 had gone, its commit when it came.
        #expect(nodes.map(\.clockOffsetUs) == [nil, nil, 70])
    }

    /// A run in progress that two nodes have joined. Its recorder has gone, and with it the lock.
    private func crashed() async throws -> (ScratchDirectory, ManualClock) {
        let fixture = try await recording()
        _ = try await fixture.admit(hello(2))
        _ = try await fixture.admit(hello(1))
        try await fixture.recorder.beat()
        fixture.live.note(Ping(t1: 1, offset: 70, error: 7), node: "node-2")
        await fixture.recorder.leave("agent-2", session: 2, reason: "test")
        await fixture.recorder.rewriteManifest()
        // Comes back after a reboot into another kernel.
        await fixture.recorder.leave("agent-1", session: 3, reason: "test")
        _ = try await fixture.admit(hello(1, kernel: "6.19.0"))
        try await fixture.recorder.beat()
        return (fixture.directory, fixture.clock)
    }

    @Test("One that comes back unchanged is not written down again, and what was known of its clock stays")
    func unchanged() async throws {
        let fixture = try await recording()
        fixture.live.note(Ping(t1: 1, offset: 70, error: 7), node: "node-0")
        await fixture.recorder.leave("agent-0", session: 1, reason: "test")
        try await fixture.recorder.beat()
        _ = try await fixture.admit(hello(0))
        try await fixture.recorder.beat()
        #expect(await fixture.recorder.committedNodes.isEmpty)
        #expect(await fixture.recorder.namedNodes.map(\.clockOffsetUs) == [70])
    }
}

extension Recorder {
    fileprivate var namedNodes: [RunManifest.Node] { active?.manifest.nodes ?? [] }
    fileprivate func rewriteManifest() { try? active?.writeManifest() }
    fileprivate var committedNodes: [String: RunManifest.Node] { active?.directory.committed.nodes ?? [:] }
}
