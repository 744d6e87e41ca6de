import Glibc

extension Fleet {
    /// Reads what has arrived for an agent, and acts on it.
    func receive(_ index: Int) {
        while agents[index].descriptor >= 0 {
            let count = recv(agents[index].descriptor, room.baseAddress, room.count, 0)
            let now = Clock.wallMicroseconds()
            if count < 0, errno == EAGAIN { return }
            guard count > 0 else {
                if agents[index].phase == .connecting { counts.unconnected += 1 }
                return lose(index, at: now)
            }
            let arrived = UnsafeRawBufferPointer(rebasing: room[..<count])
            if agents[index].partial.isEmpty {
                let taken = takeFrames(index, arrived, at: now)
                if taken < count, agents[index].descriptor >= 0 { agents[index].partial = Array(arrived[taken...]) }
            } else {
                let joined = agents[index].partial + arrived
                let taken = joined.withUnsafeBytes { takeFrames(index, $0, at: now) }
                if agents[index].descriptor >= 0 { agents[index].partial = Array(joined[taken...]) }
            }
        }
    }

    /// - Returns: how many bytes were complete messages.
    private func takeFrames(_ index: Int, _ bytes: UnsafeRawBufferPointer, at now: Int64) -> Int {
        var start = 0
        while bytes.count - start >= 4 {
            let length = Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self)))
            guard bytes.count - start - 4 >= length else { break }
            take(index, Scan(UnsafeRawBufferPointer(rebasing: bytes[start + 4..<start + 4 + length])), at: now)
            start += 4 + length
        }
        return start
    }

    private func take(_ index: Int, _ message: Scan, at now: Int64) {
        switch message.text(after: #""type":"#) {
        case "pong": message.number(after: #""heartbeat_ms":"#).map { agents[index].heartbeat = $0 * 1000 }
        case "ack": message.number(after: #""seq":"#).map { acknowledge(index, UInt64($0), at: now) }
        case "challenge":
            let agent = agents[index]
            send(index, "\(hellos[index])\"first_unacked\":\(agent.acknowledged + 1),\"next_seq\":\(agent.sent + 1)}")
        case "welcome": welcome(index, message, at: now)
        case "prepare":
            for _ in 0..<2 { sendPing(index) }
            send(index, #"{"run":"\#(message.text(after: #""run":"#) ?? "")","type":"ready"}"#)
        case "run": message.run.map { join(index, $0, at: now) }
        case "stop":
            let last = message.number(after: #""last_tick":"#)
            agents[index].endTick = min(agents[index].endTick, last.map { UInt64($0) + 1 } ?? 0)
            sendTicks(index, at: now)
        case "rewind":
            counts.rewinds += 1
            message.number(after: #""seq":"#).map { sendAgain(index, from: UInt64($0)) }
            sendTicks(index, at: now)
        case "error": counts.refusals[message.text(after: #""code":"#) ?? "", default: 0] += 1
        default: break
        }
    }

    private func welcome(_ index: Int, _ message: Scan, at now: Int64) {
        agents[index].phase = .up
        agents[index].resetWait()
        agents[index].heartbeat = (message.number(after: #""heartbeat_ms":"#) ?? 1000) * 1000
        for _ in 0..<4 { sendPing(index) }
        guard message.has(#""run":{"#), let run = message.run else { return }
        if agents[index].hasJoined, log?.run.id == run.id {
            // It has the run already, and goes on behind what is on the collector's disk.
            let last = message.number(after: #""seq":"#).map { UInt64($0) }
            sendAgain(index, from: max(last ?? 0, agents[index].acknowledged) + 1)
            sendTicks(index, at: now)
        } else {
            join(index, run, at: now)
        }
    }

    /// Takes up a run: from its first tick when that is still to come, else from the next of its grid.
    private func join(_ index: Int, _ run: Message.Run, at now: Int64) {
        if log?.run.id != run.id {
            log = FleetLog(run, agents: agents.count)
            ticks = Rota(offsets: tickOffsets, first: run.t0, period: run.interval)
        }
        let next = now <= run.t0 ? 0 : UInt64((now - run.t0) / run.interval) + 1
        counts.passed += Int(next)
        agents[index].hasJoined = true
        agents[index].isRecording = true
        agents[index].nextTick = next
        agents[index].firstTick = next
        agents[index].firstSeq = agents[index].sent + 1
        agents[index].endTick = run.ticks ?? .max
    }

    private func acknowledge(_ index: Int, _ seq: UInt64, at now: Int64) {
        let last = min(seq, agents[index].sent)
        guard last > agents[index].acknowledged else { return }
        for seq in agents[index].acknowledged + 1...last {
            if let tick = agents[index].tick(of: seq) { log?.noteAcknowledged(tick, index, at: now) }
        }
        agents[index].acknowledged = last
    }

    /// Goes back to an earlier frame of the run; a frame can be made again at any time.
    private func sendAgain(_ index: Int, from seq: UInt64) {
        guard let tick = agents[index].tick(of: seq), seq <= agents[index].sent + 1 else { return }
        agents[index].sent = seq - 1
        agents[index].nextTick = tick
        agents[index].isRecording = true
    }

    /// The run is over: what is sent from now on is live.
    func endRun() {
        log = nil
        for index in agents.indices {
            agents[index].hasJoined = false
            agents[index].isRecording = false
        }
        ticks = Self.liveRota(tickOffsets, at: Clock.wallMicroseconds())
    }
}
