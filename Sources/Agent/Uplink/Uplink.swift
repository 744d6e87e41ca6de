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
    let link = UplinkLink()

    var address: CollectorAddress { collectors[place] }
    var deliveries: Deliveries { destinations[place].deliveries }
    var clock: CollectorTime { destinations[place].clock }
    var runNote: RunNote { destinations[place].runNote }

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

    /// Notes whether the collector takes frames, for all whom that concerns.
    func setUp(_ isUp: Bool) {
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
                tasks.addTask { try await UplinkConversation(self, outbox, outbound, own: own).run(inbound) }
                tasks.addTask { try await watch(connection.channel) }
                defer { tasks.cancelAll() }
                try await tasks.next()
            }
        }
    }

    /// Ends the connection when the collector went silent, when nothing gets through, or when it is needed no more. Who sends pings can't do this: a collector that is gone may block a
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
