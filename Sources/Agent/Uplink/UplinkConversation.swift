import Logging
import NIOCore
import StatsCore

/// What an agent and a collector say over one connection, which serves one epoch: performs what `UplinkSession` decides.
struct UplinkConversation: Sendable {
    let uplink: Uplink
    /// Of that epoch.
    let outbox: Outbox
    let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    /// This host's address on the connection.
    let own: String
    private let host: HostTellings

    init(_ uplink: Uplink, _ outbox: Outbox, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>, own: String) {
        (self.uplink, self.outbox, self.outbound, self.own) = (uplink, outbox, outbound, own)
        host = HostTellings(outbox === uplink.deliveries.current ? uplink.environment : nil)
    }

    private var link: UplinkLink { uplink.link }
    /// Whether these are the frames of this start, and not those of an earlier one.
    private var isCurrent: Bool { outbox === uplink.deliveries.current }
    /// Whether the collector has all frames of an earlier epoch.
    private var isOver: Bool { !isCurrent && outbox.isAcknowledged }

    /// Goes on until the connection ends, or the collector has all frames of an earlier epoch.
    func run(_ inbound: NIOAsyncChannelInboundStream<ByteBuffer>) async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            defer { tasks.cancelAll() }
            var session = UplinkSession(epoch: outbox.epoch, identity: uplink.identity, token: uplink.token)
            for try await frame in inbound {
                link.hear()
                let isFirst = !session.isHandshakeDone
                try await perform(session.receive(try Self.decode(frame)))
                if isOver { return }
                guard isFirst, session.isHandshakeDone else { continue }
                tasks.addTask { try await send() }
                tasks.addTask { try await beat() }
                tasks.addTask { try await host.send(over: outbound) }
                if link.isServing { tasks.addTask { await host.follow() } }
            }
            if let failure = session.ended() { throw failure }
        }
    }

    private static func decode(_ frame: ByteBuffer) throws -> UplinkSession.Message {
        try frame.withUnsafeReadableBytes { try UplinkSession.Message($0.bytes) }
    }

    private func perform(_ actions: [UplinkSession.Action]) async throws {
        let (destinations, sampler, place) = (uplink.destinations, uplink.sampler, uplink.place)
        for action in actions {
            switch action {
            case .sendHello(let nonce, let proof, let collector):
                if let other = destinations.meet(collector, at: place) {
                    throw UplinkEnd.NamedTwice(others: [uplink.collectors[other]], hasID: true)
                }
                if link.isServing, !destinations.claim(place) { throw UplinkEnd.Unneeded() }
                var hello = hello
                hello.nonce = nonce
                hello.proof = proof
                try await outbound.write(framing: hello)
            case .connected(let welcome):
                try await greet(welcome)
            case .acknowledge(let seq): outbox.acknowledge(through: seq)
            case .rewind(let seq): outbox.rewind(to: seq)
            case .noteClock(let pong):
                uplink.clock.note(pong, t4: Clocks.monotonicMicroseconds())
                if let heartbeat = pong.heartbeatMilliseconds { link.setHeartbeat(heartbeat) }
            case .measureClock: for _ in 0..<2 { try await outbound.write(framing: ping) }
            case .prepare(let prepare): sampler.order(.prepare(of: place) { [host] in host.note(Ready(run: prepare.run)) })
            case .join(let run):
                // A run that this agent has already finished isn't begun again; the agent only repeats its end.
                guard link.isServing, uplink.deliveries.current.finishedRun != run.id else { break }
                // Should it just have gone to another collector, this run has it back.
                destinations.joined(place)
                destinations.keep(run, of: place)
                sampler.order(.run(run, of: place))
            case .stop(let stop):
                uplink.runNote.end(stop)
                sampler.order(.stop(stop, of: place))
            case .abandonRun:
                uplink.runNote.forget()
                sampler.order(.abandon(of: place))
            case .close(let failure): throw failure
            }
        }
    }

    private func greet(_ welcome: Welcome) async throws {
        let (collectors, place, logger, current) = (uplink.collectors, uplink.place, uplink.logger, uplink.deliveries.current)
        if collectors.count > 1, isCurrent, let last = welcome.last, last.epoch == outbox.epoch, last.seq >= outbox.position.next {
            throw UplinkEnd.NamedTwice(others: collectors.filter { $0 != uplink.address })
        }
        uplink.destinations.prove(place)
        var former = place
        if link.isServing {
            guard let before = uplink.destinations.welcomed(place) else { throw UplinkEnd.Unneeded() }
            former = before
        }
        if link.isServing, isCurrent { uplink.announce(uplink.facts.monitor(address: own, node: uplink.identity.node)) }
        logger.info("connected", metadata: ["collector": "\(uplink.address)", "session": "\(welcome.session)", "epoch": "\(outbox.epoch)"])
        if former != place {
            logger.notice(
                "this agent belongs to another collector now",
                metadata: ["collector": "\(uplink.address)", "before": "\(collectors[former])"])
        }
        current.keepEnd(of: welcome.run?.id)
        // No sampler ends a run from before the agent was restarted, if it is in none here now.
        if !link.isServing, let run = welcome.run?.id, uplink.runNote.recall() == nil { uplink.deliveries.end(run, behind: outbox) }
        // The agent comes back to a run that it had left.
        if link.isServing, let run = welcome.run?.id { current.comeBack(to: run) }
        current.limitFrames(to: welcome.frameLimit)
        link.setHeartbeat(welcome.heartbeatMilliseconds)
        for _ in 0..<4 { try await outbound.write(framing: ping) }
        uplink.setUp(true)
        if link.isServing { uplink.sampler.order(.live(true, of: place)) }
    }

    private var hello: Hello {
        let (position, identity, facts) = (outbox.position, uplink.identity, uplink.facts)
        return Hello(
            agent: identity.id, epoch: outbox.epoch, epochID: outbox.epochID, node: identity.node,
            monitor: facts.monitor(address: own, node: identity.node), addresses: [own], bootID: facts.bootID,
            version: Version.current, kernel: facts.kernel, cgroup: facts.cgroup, cpus: facts.cpus, memoryBytes: facts.memory,
            privileged: facts.isPrivileged, processesHidden: facts.hidesProcesses ? true : nil, topology: facts.topology,
            tables: facts.tables, firstUnacked: position.firstUnacked, nextSeq: position.next, takes: link.isServing ? [Prepare.type] : nil,
            deliversOnly: link.isServing ? nil : true)
    }

    private var ping: Ping {
        let estimate = uplink.clock.wallOffset
        let backlog = uplink.deliveries.backlog
        return Ping(
            t1: Clocks.monotonicMicroseconds(), offset: estimate?.offset, error: estimate?.error, backlogFrames: backlog.frames,
            backlogBytes: backlog.memoryBytes + backlog.spoolBytes)
    }

    private func send() async throws {
        for await _ in outbox.signals() {
            while true {
                let batch = try outbox.takeBatch()
                if batch.isEmpty { break }
                try await outbound.write(contentsOf: batch)
            }
        }
    }

    /// Pings as often as the collector wants.
    private func beat() async throws {
        while true {
            try await Task.sleep(for: link.heartbeat)
            try await outbound.write(framing: ping)
        }
    }
}
