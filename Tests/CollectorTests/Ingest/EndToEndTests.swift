import Logging
import NIOCore
import NIOPosix
import StatsCore
import Synchronization
import TestSupport
import Testing

@testable import Collector

/// An agent that the test controls, over real TCP.
private enum ScriptedAgent {

    static func with<Result: Sendable>(
        _ address: ListenAddress, _ body: (inout Peer) async throws -> Result
    ) async throws -> Result {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        let channel = try await bootstrap.connect(host: address.host, port: address.port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
        return try await channel.executeThenClose { inbound, outbound in
            var peer = Peer(inbound: inbound.makeAsyncIterator(), outbound: outbound)
            return try await body(&peer)
        }
    }

    struct Peer {
        var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
        let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
        private var decoder = FrameDecoder()

        init(inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator, outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) {
            self.inbound = inbound
            self.outbound = outbound
        }

        func send(_ json: [UInt8]) async throws {
            var buffer = ByteBuffer()
            buffer.writeInteger(UInt32(json.count))
            buffer.writeBytes(json)
            try await outbound.write(buffer)
        }

        /// Reads until a message of this type comes.
        mutating func wait<Message: WireMessage>(for type: Message.Type) async throws -> Message {
            while true {
                _ = try decoder.readHeader()
                if let frame = decoder.readFrame() {
                    guard try FrameEnvelope(frame.readableBytesSpan).type == Message.type else { continue }
                    return try Message(decoding: frame.readableBytesSpan)
                }
                guard let bytes = try await inbound.next() else {
                    throw Refusal(code: "closed", message: "the collector closed the connection")
                }
                decoder.append(bytes)
            }
        }
    }
}

@Suite("A collector over TCP", .timeLimit(.minutes(10))) struct EndToEndTests {
    private static let threads = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let directory: ScratchDirectory

    init() throws { directory = try ScratchDirectory() }

    /// Runs the body with a collector on a free port.
    private func withCollector(
        sinks: [any ReceivedTickSink] = [], budget: MemoryBudget = MemoryBudget(), clock: CollectorClock = .anchored(),
        _ body: (Recorder, ListenAddress, RefusalCounters) async throws -> Void
    ) async throws {
        let counters = RefusalCounters()
        let live = NewestTicks(clock: clock, counters: counters)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let recorder = Recorder(
            data: try DataDirectory(directory.path, state: directory.path), live: live, counters: counters, clock: clock, logger: logger,
            thread: Self.threads)
        let listen = try #require(ListenAddress("127.0.0.1:0"))
        // A busy machine may give the test no time for longer than a peer may take.
        let patient = PeerDeadlines.Limits(handshake: .minutes(9), partialFrame: .minutes(9), silence: .minutes(9))
        let server = try await IngestServer(
            address: listen, recorder: recorder, sinks: [live] + sinks, counters: counters, clock: clock, logger: logger, budget: budget,
            deadlines: patient)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            group.addTask { try await RecorderService(recorder: recorder).run() }
            try await body(recorder, try #require(server.address), counters)
            group.cancelAll()
        }
    }

    @Test("An agent joins, is armed, delivers and finishes; the run closes itself and its files parse")
    func whole() async throws {
        let clock = ManualClock()
        try await withCollector(clock: clock.clock) { recorder, address, _ in
            try await ScriptedAgent.with(address) { agent in
                #expect(try await agent.wait(for: Challenge.self).nonce.count == 64)
                try await agent.send(Hello.sample().encoded())
                #expect(try await agent.wait(for: Welcome.self).last == nil)
                var options = StartOptions()
                options.interval = .milliseconds(10)
                options.duration = .milliseconds(50)
                _ = try await recorder.start(RunPath("run"), options: options)
                let run = try await agent.wait(for: RunOrder.self)
                #expect(run.ticks == 5)
                for tick in 0..<5 { try await agent.send(Frames.tick(UInt64(tick), run: run.id, seq: UInt64(tick + 1))) }
                try await agent.send(Fin(run: run.id, epoch: 1, seq: 5).encoded())
                while try await agent.wait(for: Ack.self).seq < 5 {}
                #expect(await !recorder.isIdle)
                clock.advance(milliseconds: 5000)
                try await eventually("the run's end") { await recorder.isIdle }
                let manifest = try await recorder.stopOrWait()
                #expect(manifest.verdict == "complete: 5 of 5 ticks on 1 node")
            }
        }
        for file in RunFiles.published where file.hasSuffix(".csv") {
            #expect(parseCSV(try directory.text("run/" + file)) != nil, "\(file)")
        }
        let times = try #require(parseCSV(try directory.text("run/host.csv"))).dropFirst().map { $0[0].suffix(10) }
        #expect(Set(times).count == 5)
    }

    @Test("A node whose name comes back in another form of Unicode is the same in the files too")
    func forms() async throws {
        let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}")
        try await withCollector { recorder, address, _ in
            var options = StartOptions()
            options.interval = .milliseconds(10)
            for (number, node) in [composed, decomposed].enumerated() {
                try await ScriptedAgent.with(address) { agent in
                    try await agent.send(Hello.sample(agent: "agent-\(number)", node: node).encoded())
                    _ = try await agent.wait(for: Welcome.self)
                    if number == 0 { _ = try await recorder.start(RunPath("run"), options: options) }
                    let run = try #require(await recorder.runReport())
                    try await agent.send(Frames.tick(UInt64(number), run: run.id, seq: 1))
                    while try await agent.wait(for: Ack.self).seq < 1 {}
                }
                try await eventually("its end") { await recorder.nodeReports().allSatisfy { !$0.isConnected } }
            }
            _ = try await recorder.stopOrWait()
        }
        let rows = try #require(parseCSV(try directory.text("run/host.csv"))).dropFirst()
        #expect(rows.count == 2 && rows.allSatisfy { Array($0[2].utf8) == Array(composed.utf8) })
    }

    @Test("Whoever wants ticks gets each as it comes, live or of a run, before it is acknowledged, and what the agent says of itself")
    func sinks() async throws {
        let sink = Sink()
        try await withCollector(sinks: [sink]) { recorder, address, _ in
            try await ScriptedAgent.with(address) { agent in
                try await agent.send(Hello.sample().encoded())
                _ = try await agent.wait(for: Welcome.self)
                try await agent.send(Ping(t1: 42, offset: 7, error: 2).encoded())
                try await agent.send(Frames.tick(3, run: "", seq: 0))
                _ = try await recorder.start(RunPath("run"), options: StartOptions())
                let run = try await agent.wait(for: RunOrder.self)
                try await agent.send(Frames.tick(0, run: run.id, seq: 1))
                while try await agent.wait(for: Ack.self).seq < 1 {}
                #expect(sink.taken.withLock(\.self) == ["ping of a: 7", "live tick 3 of a", "tick 0 of a"])
            }
        }
    }

    private final class Sink: ReceivedTickSink {
        let taken = Mutex<[String]>([])

        func take(_ tick: ReceivedTick) {
            taken.withLock { $0.append("\(tick.isLive ? "live " : "")tick \(tick.tick.header.tick) of \(tick.sender.node)") }
        }

        func take(_ ping: Ping, of node: String) { taken.withLock { $0.append("ping of \(node): \(ping.offset ?? 0)") } }
    }

    @Test("Peers that announce the largest frames, and strangers that begin one, keep no agent out")
    func announcements() async throws {
        let limits = MemoryBudget.Limits(all: 1 << 20, large: (1 << 20, 1 << 19), handshake: (1 << 14, 1 << 14))
        try await withCollector(budget: MemoryBudget(limits)) { recorder, address, counters in
            try await withPeers(40, address) { number, peer in
                guard number % 2 == 0 else { return try await peer.outbound.write(ByteBuffer(bytes: [0, 0, 0x7f, 0xff, 0x7b])) }
                try await peer.send(Hello.sample(agent: "agent-\(number)", node: "n\(number)").encoded())
                _ = try await peer.wait(for: Welcome.self)
                try await peer.outbound.write(ByteBuffer(bytes: [1, 0, 0, 0] + Array("{\"type\":\"tick".utf8)))
            } body: {
                try await ScriptedAgent.with(address) { agent in
                    try await agent.send(Hello.sample(agent: "honest", node: "honest").encoded())
                    _ = try await agent.wait(for: Welcome.self)
                    _ = try await recorder.start(RunPath("run"), options: StartOptions())
                    let run = try await agent.wait(for: RunOrder.self)
                    // A large frame, too: three quarters of what one address may have.
                    let padding = String(repeating: " ", count: 390_000)
                    try await agent.send(Frames.tick(0, run: run.id, seq: 1, rows: "{\(padding)}"))
                    try await agent.send(Frames.tick(1, run: run.id, seq: 2))
                    while try await agent.wait(for: Ack.self).seq < 2 {}
                }
            }
            #expect(counters.all["busy"] == nil)
        }
    }

    @Test("Strangers who have filled their purse and gone have left nothing in it")
    func departed() async throws {
        let limits = MemoryBudget.Limits(all: 1 << 20, large: (1 << 20, 1 << 19), handshake: (1 << 15, 1 << 15))
        try await withCollector(budget: MemoryBudget(limits)) { _, address, _ in
            // Each begins a frame for which there isn't room beside the others', sends on, and goes.
            for _ in 0..<3 {
                try await withPeers(6, address) { _, peer in
                    try await peer.outbound.write(ByteBuffer(bytes: [0, 0, 0x7f, 0xff] + [UInt8](repeating: 0x20, count: 16_000)))
                } body: {
                }
            }
            try await ScriptedAgent.with(address) { agent in
                try await agent.send(Hello.sample().encoded())
                _ = try await agent.wait(for: Welcome.self)
            }
        }
    }

    /// Runs the body while so many peers, each of which has done something, stay connected.
    private func withPeers(
        _ count: Int, _ address: ListenAddress, _ prepare: @escaping @Sendable (Int, inout ScriptedAgent.Peer) async throws -> Void,
        body: () async throws -> Void
    ) async throws {
        let (prepared, isPrepared) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                group.addTask {
                    try await ScriptedAgent.with(address) { peer in
                        try await prepare(number, &peer)
                        isPrepared.yield()
                        while try await peer.inbound.next() != nil {}
                    }
                }
            }
            var ready = prepared.makeAsyncIterator()
            for _ in 0..<count { await ready.next() }
            try await body()
            group.cancelAll()
        }
    }

    @Test("A hostile peer is told why and shut out; the agent beside it delivers on")
    func hostile() async throws {
        try await withCollector { recorder, address, counters in
            try await ScriptedAgent.with(address) { agent in
                try await agent.send(Hello.sample().encoded())
                _ = try await agent.wait(for: Welcome.self)
                _ = try await recorder.start(RunPath("run"), options: StartOptions())
                let run = try await agent.wait(for: RunOrder.self)
                for (bytes, code) in [
                    (Array("not json".utf8), "not_json"), ([0x7b, 0xff, 0x7d], "not_utf8"), (Array("{}".utf8), "no_type"),
                    (
                        Array(
                            ("{\"type\":\"x\",\"a\":" + String(repeating: "[", count: 20) + String(repeating: "]", count: 20) + "}").utf8),
                        "too_deep"
                    ),
                    (Frames.tick(0, run: run.id, seq: 1), "no_hello"), ([UInt8](repeating: 0x20, count: 40_000), "frame_too_large"),
                    (try Hello.sample(agent: "other").encoded(), "node_in_use"),
                ] {
                    try await ScriptedAgent.with(address) { peer in
                        try await peer.send(bytes)
                        #expect(try await peer.wait(for: Refusal.self).code == code)
                    }
                    #expect(counters.all[code] == 1)
                }
                try await agent.send(Frames.tick(0, run: run.id, seq: 1))
                while try await agent.wait(for: Ack.self).seq < 1 {}
                try await agent.send(Frames.tick(2, run: run.id, seq: 3))
                #expect(try await agent.wait(for: Rewind.self).seq == 2)
                try await agent.send(Frames.tick(0, run: run.id, seq: 1))
                #expect(try await agent.wait(for: Ack.self).seq == 1)
            }
        }
        #expect(parseCSV(try directory.text("run/host.csv"))?.count == 2)
    }

    @Test("An older session of the same agent is ended, and told why")
    func replaced() async throws {
        try await withCollector { _, address, _ in
            try await ScriptedAgent.with(address) { old in
                try await old.send(Hello.sample().encoded())
                _ = try await old.wait(for: Welcome.self)
                try await ScriptedAgent.with(address) { new in
                    try await new.send(Hello.sample().encoded())
                    _ = try await new.wait(for: Welcome.self)
                    #expect(try await old.wait(for: Refusal.self).code == "replaced")
                    await #expect(throws: Refusal.self, "it is closed") { _ = try await old.wait(for: Welcome.self) }
                    try await new.send(Ping(t1: 1).encoded())
                    #expect(try await new.wait(for: Pong.self).t1 == 1)
                }
            }
        }
    }

    @Test("A ping is answered with the collector's two timestamps")
    func ping() async throws {
        try await withCollector { _, address, _ in
            try await ScriptedAgent.with(address) { agent in
                try await agent.send(Hello.sample().encoded())
                _ = try await agent.wait(for: Welcome.self)
                try await agent.send(Ping(t1: 42, offset: 1, error: 2).encoded())
                let pong = try await agent.wait(for: Pong.self)
                #expect(pong.t1 == 42 && pong.t2 <= pong.t3 && pong.heartbeatMilliseconds == nil)
            }
        }
    }

    @Test(
        "An agent that connected while few were there is told once to ping less often when there are thousands, and more often when they have gone"
    )
    func heartbeat() async throws {
        try await withCollector { recorder, address, _ in
            try await ScriptedAgent.with(address) { agent in
                try await agent.send(Hello.sample().encoded())
                let first = try await agent.wait(for: Welcome.self).heartbeatMilliseconds
                func told() async throws -> Int? {
                    try await agent.send(Ping(t1: 42).encoded())
                    return try await agent.wait(for: Pong.self).heartbeatMilliseconds
                }
                var paces = [try await told()]
                recorder.heartbeat.note(agents: 10_000)
                for _ in 0..<2 { paces.append(try await told()) }
                recorder.heartbeat.note(agents: 1)
                for _ in 0..<2 { paces.append(try await told()) }
                #expect(first == 1000 && paces == [nil, 5000, nil, 1000, nil])
            }
        }
    }
}

extension Recorder {
    /// The run's manifest, whether the run is still in progress or has closed itself already.
    fileprivate func stopOrWait() async throws -> RunManifest {
        guard active == nil else { return try await stop() }
        return try RunManifest(decoding: data.open(RunPath("run")).file(RunFiles.manifest).contents())
    }
}
