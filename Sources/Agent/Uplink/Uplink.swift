import Logging
import NIOCore
import NIOPosix
import StatsCore

/// Keeps a connection to a collector: sends the frames of the outboxes, passes orders to the sampler, reconnects when it is lost.
///
/// A connection serves one epoch. The spooled frames of earlier epochs are delivered first. Where there are several collectors there is an uplink for each; `CollectorChoice`
/// says which of them are needed, and for what.
struct Uplink: Service {
    let collectors: [CollectorAddress]
    /// Of the one that this is for.
    let place: Int
    let identity: Identity
    /// The token that the collector has to have too.
    var token: Token?
    /// If set, the connection uses TLS.
    var tls: TLSContext?
    let facts: HostFacts
    /// In the order of the collectors.
    let destinations: Destinations
    let sampler: Sampler
    let group: any EventLoopGroup
    let logger: Logger
    /// What the collector is told of this host; `nil` when it is told nothing.
    var environment: EnvironmentReader?
    /// How long a peer may be silent before the connection is closed.
    var patience = Duration.seconds(15)
    /// Called with the agent's monitor name on every connection.
    let announce: @Sendable (String) -> Void
    private let link = UplinkLink()

    private var address: CollectorAddress { collectors[place] }
    private var deliveries: Deliveries { destinations[place].deliveries }
    private var clock: CollectorTime { destinations[place].clock }
    private var runNote: RunNote { destinations[place].runNote }

    /// Short, so that a try which began during an outage ends soon after it, and the next one begins.
    private static let connectLimit = TimeAmount.seconds(2)
    /// How long the peer's kernel may confirm nothing. TCP doubles its wait at each retransmission: after an outage of 7 s it would send again only
    /// 6 s later.
    private static let pathPatience = Duration.seconds(4)
    /// How long a stopping agent waits for the acknowledgement of what it still has.
    private static let drainLimit = Duration.seconds(3)
    /// How often it is asked whether a connection is needed that isn't.
    private static let idleTime = Duration.seconds(1)

    typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    func run() async throws {
        setUp(false)
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await keepConnected() }
            tasks.addTask {
                try? await gracefulShutdown()
                await drain()
            }
            await tasks.next()
            tasks.cancelAll()
        }
    }

    /// Ends sampling and gives the collector a moment to acknowledge the remaining frames.
    private func drain() async {
        sampler.order(.shutDown)
        let deadline = ContinuousClock.now + Self.drainLimit
        while link.isUp, !deliveries.current.isDrained, ContinuousClock.now < deadline, !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    private func keepConnected() async {
        var backoff = Backoff(first: .milliseconds(100), longest: .seconds(3))
        var lastComplaint = ""
        while !Task.isCancelled {
            guard let purpose = destinations.purpose(of: place) else {
                try? await Task.sleep(for: Self.idleTime)
                continue
            }
            link.setServing(purpose == .serve)
            var end: any Error = UplinkEnd.Closed()
            do {
                let outbox = try deliveries.next()
                try await serve(outbox, try await connect())
                if outbox !== deliveries.current, outbox.isAcknowledged {
                    destinations.ended(place)
                    logger.info("delivered the frames of an earlier epoch", metadata: ["epoch": "\(outbox.epoch)"])
                    continue
                }
            } catch { end = error }
            destinations.ended(place)
            // A connection that the collector refused after the handshake is no success: the same frames would be refused again at once.
            let wasServed = link.isUp && !(end is UplinkSession.Failure)
            setUp(false)
            if Task.isCancelled { break }
            if purpose == .serve { sampler.order(.live(false, of: place)) }
            if wasServed {
                backoff.reset()
                lastComplaint = ""
            }
            if end is UplinkEnd.Unneeded {
                try? await Task.sleep(for: backoff.next())
                continue
            }
            let complaint = UplinkEnd.words(end, at: address)
            // A warning once for each kind of failure, so that a collector that is away for a night doesn't fill the log.
            logger.log(
                level: complaint == lastComplaint ? .debug : .warning, "no connection to the collector, trying again",
                metadata: ["collector": "\(address)", "reason": "\(complaint)"])
            lastComplaint = complaint
            try? await Task.sleep(for: backoff.next())
        }
    }

    private func setUp(_ isUp: Bool) {
        link.setUp(isUp)
        // While the agent belongs to another collector, what is added here goes to the disk at once.
        deliveries.current.setConnected(isUp && link.isServing)
    }

    private func connect() async throws -> Connection {
        try await ClientBootstrap(group: group)
            .connectTimeout(Self.connectLimit)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: address.host, port: address.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(tls.clientHandler(host: address.host)) }
                    try channel.pipeline.syncOperations.addHandler(ByteToMessageHandler(LengthPrefixDecoder()))
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
    }

    /// Serves one connection until it ends, or until the collector has all frames of an earlier epoch.
    private func serve(_ outbox: Outbox, _ connection: Connection) async throws {
        clock.restart()
        let own = connection.channel.localAddress?.ipAddress ?? "0.0.0.0"
        link.hear()
        try await connection.executeThenClose { inbound, outbound in
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await converse(outbox, inbound, outbound, own: own) }
                tasks.addTask { try await watch(connection.channel) }
                defer { tasks.cancelAll() }
                try await tasks.next()
            }
        }
    }

    private func converse(
        _ outbox: Outbox, _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        own: String
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            defer { tasks.cancelAll() }
            var session = UplinkSession(epoch: outbox.epoch, identity: identity, token: token)
            let (tellings, teller) = AsyncStream.makeStream(of: Telling.self)
            for try await frame in inbound {
                link.hear()
                let isFirst = !session.isHandshakeDone
                try await perform(session.receive(try Self.decode(frame)), outbox, outbound, own: own) { teller.yield(.ready($0)) }
                if outbox !== deliveries.current, outbox.isAcknowledged { return }
                guard isFirst, session.isHandshakeDone else { continue }
                tasks.addTask { try await send(outbox, outbound) }
                tasks.addTask { try await beat(outbound) }
                tasks.addTask { try await tell(tellings, outbox, outbound) }
                if let environment, link.isServing, outbox === deliveries.current {
                    tasks.addTask { await look(environment) { teller.yield(.news) } }
                }
            }
            if let failure = session.ended() { throw failure }
        }
    }

    private static func decode(_ frame: ByteBuffer) throws -> UplinkSession.Message {
        try frame.withUnsafeReadableBytes { try UplinkSession.Message($0.bytes) }
    }

    private func perform(
        _ actions: [UplinkSession.Action], _ outbox: Outbox, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>, own: String,
        isReady: @escaping @Sendable (Ready) -> Void
    ) async throws {
        for action in actions {
            switch action {
            case .sendHello(let nonce, let proof, let collector):
                if let other = destinations.meet(collector, at: place) {
                    throw UplinkEnd.NamedTwice(others: [collectors[other]], hasID: true)
                }
                if link.isServing, !destinations.claim(place) { throw UplinkEnd.Unneeded() }
                var hello = hello(of: outbox, own: own)
                hello.nonce = nonce
                hello.proof = proof
                try await outbound.write(framing: hello)
            case .connected(let welcome):
                try await greet(welcome, outbox, outbound, own: own)
            case .acknowledge(let seq): outbox.acknowledge(through: seq)
            case .rewind(let seq): outbox.rewind(to: seq)
            case .noteClock(let pong):
                clock.note(pong, t4: Clocks.monotonicMicroseconds())
                if let heartbeat = pong.heartbeatMilliseconds { link.setHeartbeat(heartbeat) }
            case .measureClock: for _ in 0..<2 { try await outbound.write(framing: ping) }
            case .prepare(let prepare): sampler.order(.prepare(of: place) { isReady(Ready(run: prepare.run)) })
            case .join(let run):
                // A run that this agent has already finished isn't begun again; the agent only repeats its end.
                guard link.isServing, deliveries.current.finishedRun != run.id else { break }
                // Should it just have gone to another collector, this run has it back.
                destinations.joined(place)
                destinations.keep(run, of: place)
                sampler.order(.run(run, of: place))
            case .stop(let stop):
                runNote.end(stop)
                sampler.order(.stop(stop, of: place))
            case .abandonRun:
                runNote.forget()
                sampler.order(.abandon(of: place))
            case .close(let failure): throw failure
            }
        }
    }

    private func greet(
        _ welcome: Welcome, _ outbox: Outbox, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>, own: String
    ) async throws {
        if collectors.count > 1, outbox === deliveries.current, let last = welcome.last, last.epoch == outbox.epoch,
            last.seq >= outbox.position.next
        {
            throw UplinkEnd.NamedTwice(others: collectors.filter { $0 != address })
        }
        destinations.prove(place)
        var former = place
        if link.isServing {
            guard let before = destinations.welcomed(place) else { throw UplinkEnd.Unneeded() }
            former = before
        }
        if link.isServing, outbox === deliveries.current { announce(facts.monitor(address: own, node: identity.node)) }
        logger.info("connected", metadata: ["collector": "\(address)", "session": "\(welcome.session)", "epoch": "\(outbox.epoch)"])
        if former != place {
            logger.notice(
                "this agent belongs to another collector now", metadata: ["collector": "\(address)", "before": "\(collectors[former])"])
        }
        deliveries.current.keepEnd(of: welcome.run?.id)
        // No sampler ends a run from before the agent was restarted, if it is in none here now.
        if !link.isServing, let run = welcome.run?.id, runNote.recall() == nil { deliveries.end(run, behind: outbox) }
        // The agent comes back to a run that it had left.
        if link.isServing, let run = welcome.run?.id { deliveries.current.comeBack(to: run) }
        deliveries.current.limitFrames(to: welcome.frameLimit)
        link.setHeartbeat(welcome.heartbeatMilliseconds)
        for _ in 0..<4 { try await outbound.write(framing: ping) }
        setUp(true)
        if link.isServing { sampler.order(.live(true, of: place)) }
    }

    private func hello(of outbox: Outbox, own: String) -> Hello {
        let position = outbox.position
        return Hello(
            agent: identity.id, epoch: outbox.epoch, epochID: outbox.epochID, node: identity.node,
            monitor: facts.monitor(address: own, node: identity.node), addresses: [own], bootID: facts.bootID,
            version: Version.current, kernel: facts.kernel, cgroup: facts.cgroup, cpus: facts.cpus, memoryBytes: facts.memory,
            privileged: facts.isPrivileged, processesHidden: facts.hidesProcesses ? true : nil, topology: facts.topology,
            tables: facts.tables, firstUnacked: position.firstUnacked, nextSeq: position.next, takes: link.isServing ? [Prepare.type] : nil,
            deliversOnly: link.isServing ? nil : true)
    }

    private var ping: Ping {
        let estimate = clock.wallOffset
        let backlog = deliveries.backlog
        return Ping(
            t1: Clocks.monotonicMicroseconds(), offset: estimate?.offset, error: estimate?.error, backlogFrames: backlog.frames,
            backlogBytes: backlog.memoryBytes + backlog.spoolBytes)
    }

    private func send(_ outbox: Outbox, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) async throws {
        for await _ in outbox.signals() {
            while true {
                let batch = try outbox.takeBatch()
                if batch.isEmpty { break }
                try await outbound.write(contentsOf: batch)
            }
        }
    }

    /// What is said of this host, one after the other: a collector that hears `ready` knows all that was true then.
    private enum Telling {
        /// What has changed.
        case news
        case ready(Ready)
    }

    private func tell(
        _ tellings: AsyncStream<Telling>, _ outbox: Outbox, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws {
        var news = EnvironmentNews()
        for await telling in tellings {
            var ready: Ready?
            if case .ready(let said) = telling { ready = said }
            if let environment, outbox === deliveries.current,
                let message = news.message(await environment.read(isAsked: ready != nil), isAsked: ready != nil)
            {
                try await outbound.write(framing: message.encoded())
            }
            if let ready { try await outbound.write(framing: ready) }
        }
    }

    /// How often it is looked what the cores do, and after how many such looks what has changed of this host.
    private static let look = (interval: Duration.seconds(10), times: 6)

    private func look(_ environment: EnvironmentReader, _ tell: () -> Void) async {
        tell()
        var looks = 0
        while (try? await Task.sleep(for: Self.look.interval)) != nil {
            environment.noteTimes()
            looks += 1
            if looks.isMultiple(of: Self.look.times) { tell() }
        }
    }

    /// Pings as often as the collector wants.
    private func beat(_ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) async throws {
        while true {
            try await Task.sleep(for: link.heartbeat)
            try await outbound.write(framing: ping)
        }
    }

    /// Ends the connection when the collector went silent, when nothing gets through, or when it is needed no more. `beat` can't do this: a collector that is gone may block a
    /// write for ever.
    private func watch(_ channel: any Channel) async throws {
        var wasNeeded = true
        while true {
            let isNeeded = destinations.purpose(of: place) == (link.isServing ? .serve : .deliver)
            // What was delivered last has a while to get through: closing at once might take it back.
            if !isNeeded, link.isServing || !wasNeeded { throw UplinkEnd.Unneeded() }
            wasNeeded = isNeeded
            if link.silence >= patience { throw UplinkEnd.Silence(length: patience) }
            if link.silence >= Self.pathPatience, await isCut(channel) { throw UplinkEnd.Silence(length: Self.pathPatience) }
            try await Task.sleep(for: min(patience, .seconds(1)))
        }
    }

    /// Whether the collector's kernel has confirmed nothing for a while despite retransmissions. The kernel confirms even for a collector that is
    /// busy or stopped, so this means that the path is cut. Source: tcp(7), TCP_INFO.
    private func isCut(_ channel: any Channel) async -> Bool {
        guard let info = try? await (channel as? any SocketOptionProvider)?.getTCPInfo().get() else { return false }
        return info.tcpi_unacked > 0 && info.tcpi_backoff > 0 && Duration.milliseconds(info.tcpi_last_ack_recv) >= Self.pathPatience
    }
}

extension NIOAsyncChannelOutboundWriter<ByteBuffer> {
    fileprivate func write(framing message: some WireMessage) async throws { try await write(framing: message.encoded()) }

    /// - Parameter encoded: the JSON of one frame.
    fileprivate func write(framing encoded: [UInt8]) async throws {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(Frame.headerBytes + encoded.count)
        buffer.writeInteger(UInt32(encoded.count))
        buffer.writeBytes(encoded)
        try await write(buffer)
    }
}
