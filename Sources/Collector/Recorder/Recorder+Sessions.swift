import Logging
import NIOCore
import StatsCore

extension Recorder {
    /// Where the session of an admitted agent continues.
    struct Entry: Sendable {
        let session: UInt64
        let accepted: UInt64
    }

    /// A node's name in the form in which all of its rows are written.
    func spelling(of node: String) -> String { streams.spelling(of: node) }

    /// Admits an agent. The first order in its mailbox is `welcome`; an older session of the same agent is closed.
    /// - Throws: `Refusal` with `node_in_use`, `cloned` or `stale_epoch`.
    func admit(_ hello: Hello, address: String, proof: String? = nil, mailbox: SessionMailbox) throws(Refusal) -> Entry {
        let session = lastSession + 1
        let admission = try streams.admit(hello, session: session)
        lastSession = session
        connections[session] = Connection(hello: hello, address: address, mailbox: mailbox)
        if let replaced = admission.replaced, let old = connections.removeValue(forKey: replaced) {
            stopAwaiting(replaced)
            old.mailbox.post(.close(Refusal(code: "replaced", message: "the same agent has connected again from \(address)")))
        }
        if admission.lost > 0 {
            counters.count("lost_frame", by: admission.lost)
            logger.error("frames are gone on both sides", metadata: [LogKey.node: "\(hello.node)", LogKey.frames: "\(admission.lost)"])
        }
        var welcome = Welcome(session: String(session), last: admission.last, proof: proof)
        if let run = active, !run.isSealed, run.life.stop == nil || run.takesPart(hello.node) {
            if run.hasRoom(for: hello) {
                run.join(hello)
                welcome.run = run.order
                welcome.stop = run.stopOrder
                note(
                    "agent joined", message: "\(hello.monitor), agent \(hello.agent), version \(hello.version)", node: hello.node, in: run,
                    now: clock.now())
                moved.insert(hello.agent)
            } else {
                counters.count("too_many_nodes")
                logger.warning("the run takes in no more nodes", metadata: [LogKey.node: "\(hello.node)", LogKey.run: "\(run.path)"])
            }
        }
        live.add(hello.node)
        mailbox.post(.welcome(welcome))
        logger.info("agent joined", metadata: [LogKey.node: "\(hello.node)", LogKey.agent: "\(hello.agent)", LogKey.peer: "\(address)"])
        return Entry(session: session, accepted: admission.accepted)
    }

    /// A session has ended.
    func leave(_ agent: String, session: UInt64, reason: String) {
        guard streams.leave(agent, session: session), let connection = connections.removeValue(forKey: session) else { return }
        stopAwaiting(session)
        let node = connection.hello.node
        if let run = active, !run.isSealed, run.takesPart(node) {
            run.noteClock(live[node]?.clock, of: node)
            note("agent lost", message: reason, node: node, in: run, now: clock.now())
        }
        // A forgotten stream has nothing left to commit.
        if streams[agent] == nil { moved.remove(agent) }
        live.remove(node)
        logger.info("agent lost", metadata: [LogKey.node: "\(node)", LogKey.reason: "\(reason)"])
    }

    /// Takes a frame that the session has found to be the agent's next one. It is acknowledged when it is durable.
    func store(_ delivery: Delivery, seq: UInt64, agent: String, session: UInt64) -> Receipt {
        guard let stream = streams[agent], stream.session == session, seq > stream.accepted, delivery.firstCovered - 1 <= stream.accepted
        else { return .replaced }
        if failure != nil || active.map({ $0.directory.pendingBytes >= Self.bufferBytes }) == true {
            streams[agent]?.needsRewind = true
            return .full
        }
        let now = clock.now()
        do throws(Refusal) {
            if let dropped = try append(delivery, node: stream.node, session: session, now: now) { counters.count(dropped) }
        } catch {
            return .refused(error)
        }
        streams[agent]?.accepted = seq
        moved.insert(agent)
        if let run = active, run.directory.pendingBytes >= Self.commitBytes {
            do {
                try commitIfPossible(at: now)
            } catch {
                failure = error
            }
        }
        return .stored
    }

    private func append(_ delivery: Delivery, node: String, session: UInt64, now: Int64) throws(Refusal) -> String? {
        guard let run = active, !run.isSealed, run.order.id == delivery.run else { return "late_frame" }
        // The agent connected while the run was being stopped, and has ticks of it after all.
        if !run.takesPart(node), let hello = connections[session]?.hello, run.hasRoom(for: hello) { run.join(hello) }
        switch delivery {
        case .tick(let tick, let frame, let columns):
            return try run.append(tick, frame: frame.readableBytesSpan, node: node, columns: columns, now: now, counters: counters)
        case .gap(let gap):
            return try run.append(gap, node: node, now: now)
        }
    }

    /// An agent repeated a frame: the next commit sends it the current acknowledgement.
    func repeatAck(_ agent: String, session: UInt64) {
        if streams[agent]?.session == session { moved.insert(agent) }
    }

    /// An agent has delivered all of its run.
    func note(_ fin: Fin, agent: String, session: UInt64) {
        guard streams[agent]?.session == session, active?.order.id == fin.run else { return }
        streams[agent]?.fin = StreamPosition(epoch: fin.epoch, seq: fin.seq)
    }

    /// Writes an event of the collector's own into event.csv, or counts it when there is no room.
    func note(_ kind: String, message: String, node: String, in run: ActiveRun, now: Int64) {
        if !run.append(event: kind, message: message, node: node, now: now) { counters.count("event_dropped") }
    }

    func broadcast(_ order: SessionOrder) {
        for connection in connections.values { connection.mailbox.post(order) }
    }
}
