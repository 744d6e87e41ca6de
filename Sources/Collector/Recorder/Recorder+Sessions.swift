import Logging
import NIOCore
import StatsCore

extension Recorder {
    /// Where the session of an admitted agent continues.
    struct Entry: Sendable {
        let session: UInt64
        /// In its lane.
        let place: Int
        /// The node's name in the form in which all of its rows are written.
        let node: String
        let accepted: UInt64
    }

    /// Admits an agent. The first of its orders is `welcome`; an older session of the same agent is closed.
    /// - Parameters:
    ///   - said: as it came. Rows are written under the name that the node had when it was first heard of.
    ///   - columns: of `said`.
    /// - Throws: `Refusal` with `node_in_use`, `cloned` or `stale_epoch`.
    func admit(
        _ said: Hello, columns: ColumnMap, address: String, proof: String? = nil, lane: Lane, orders: any SessionOrders
    ) throws(Refusal) -> Entry {
        var hello = said
        hello.node = streams.spelling(of: said.node)
        let session = lastSession + 1
        let admission = try makeWay(for: hello, session: session)
        lastSession = session
        if let replaced = admission.replaced, let old = connections.removeValue(forKey: replaced) {
            stopAwaiting(replaced)
            old.orders.post(.close(Refusal(code: "replaced", message: "the same agent has connected again from \(address)")))
        }
        if admission.lost > 0 {
            counters.count("lost_frame", by: admission.lost)
            logger.error("frames are gone on both sides", metadata: [LogKey.node: "\(hello.node)", LogKey.frames: "\(admission.lost)"])
        }
        var welcome = Welcome(
            session: String(session), last: admission.last, heartbeatMilliseconds: heartbeat.milliseconds, proof: proof)
        var seat = LaneSeat(session: session, agent: hello.agent, node: hello.node, columns: columns, accepted: admission.accepted)
        if let run = active, !run.isSealed, !hello.isMember {
            // Its further ticks are another collector's. Here it only has those that it still owes.
            seat.account = run.ledger.accounts[hello.node]
            welcome.run = run.order
            welcome.stop = run.stopOrder
        } else if let run = active, !run.isSealed, run.life.stop == nil || run.takesPart(hello.node) {
            if run.hasRoom(for: hello) {
                run.join(hello)
                seat.account = run.ledger.accounts[hello.node]
                welcome.run = run.order
                welcome.stop = run.stopOrder
                note(
                    "agent joined", message: "\(hello.monitor), agent \(hello.agent), version \(hello.version)", node: hello.node, in: run,
                    now: clock.now())
                moved.insert(hello.agent)
            } else {
                seat.isTurnedAway = true
                counters.count("too_many_nodes")
                logger.warning("the run takes in no more nodes", metadata: [LogKey.node: "\(hello.node)", LogKey.run: "\(run.path)"])
            }
        }
        let place = lane.withState { $0.add(seat) }
        connections[session] = Connection(hello: hello, address: address, orders: orders, lane: lane, place: place)
        heartbeat.note(agents: connections.count)
        if hello.isMember { live.add(hello.node) }
        orders.post(.welcome(welcome))
        logger.info(
            hello.isMember ? "agent joined" : "agent of another collector delivers what it still has",
            metadata: [LogKey.node: "\(hello.node)", LogKey.agent: "\(hello.agent)", LogKey.peer: "\(address)"])
        return Entry(session: session, place: place, node: hello.node, accepted: admission.accepted)
    }

    /// Admits an agent's stream. What an older session of the agent has delivered is taken over first, and nothing is taken from it any more.
    private func makeWay(for hello: Hello, session: UInt64) throws(Refusal) -> Streams.Admission {
        guard let old = streams[hello.agent]?.session.flatMap({ connections[$0] }) else {
            return try streams.admit(hello, session: session)
        }
        let result = old.lane.withState { state -> Result<Streams.Admission, Refusal> in
            takeOver(&state)
            do throws(Refusal) {
                let admission = try streams.admit(hello, session: session)
                state.remove(old.place)
                return .success(admission)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// The agent connected while the run was being stopped, or when it had no room, and has ticks of it after all.
    func joinLate(session: UInt64) {
        guard let connection = connections[session], let run = active, !run.isSealed else { return }
        let hello = connection.hello
        let isIn = run.takesPart(hello.node) || run.hasRoom(for: hello)
        if isIn, !run.takesPart(hello.node) { run.join(hello) }
        let account = isIn ? run.ledger.accounts[hello.node] : nil
        connection.lane.withState { $0.set(account, isTurnedAway: !isIn, at: connection.place) }
    }

    /// A session has ended.
    /// - Parameter fin: what its agent said last of a run that it has delivered. The end of the session may be told before.
    func leave(_ agent: String, session: UInt64, reason: String, fin: Fin? = nil) {
        if let fin { note(fin, agent: agent, session: session) }
        guard let connection = connections[session] else { return }
        connection.lane.withState { state in
            takeOver(&state)
            state.remove(connection.place)
        }
        connections[session] = nil
        heartbeat.note(agents: connections.count)
        guard streams.leave(agent, session: session) else { return }
        stopAwaiting(session)
        let node = connection.hello.node
        if connection.hello.isMember, let run = active, !run.isSealed, run.takesPart(node) {
            run.noteClock(live.facts(of: node)?.clock, of: node)
            note("agent lost", message: reason, node: node, in: run, now: clock.now())
        }
        // A forgotten stream has nothing left to commit.
        if streams[agent] == nil { moved.remove(agent) }
        live.remove(node)
        environments.remove(node)
        logger.info("agent lost", metadata: [LogKey.node: "\(node)", LogKey.reason: "\(reason)"])
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

    /// The connections of agents that belong to this collector, not to another one.
    var members: [UInt64: Connection] { connections.filter { $0.value.hello.isMember } }

    func broadcast(_ order: SessionOrder) { send(order, to: connections.values) }

    /// Sends the same order to several agents. It is encoded once.
    func send(_ order: SessionOrder, to connections: some Sequence<Connection>) {
        let frame = try? ByteBuffer(frame: order)
        for connection in connections { connection.orders.post(order, frame: frame) }
    }
}

extension ByteBuffer {
    /// A whole frame, with its length.
    init(frame order: SessionOrder) throws {
        var json = ByteWriter()
        try order.write(to: &json)
        self.init(frame: json)
    }

    /// A whole frame of this JSON, with its length.
    init(frame json: borrowing ByteWriter) {
        self = ByteBufferAllocator().buffer(capacity: Frame.headerBytes + json.count)
        writeInteger(UInt32(json.count))
        json.withUnsafeBytes { _ = writeBytes($0) }
    }
}
