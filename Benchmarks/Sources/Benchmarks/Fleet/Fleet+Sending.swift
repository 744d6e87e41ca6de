import Glibc

extension Fleet {
    /// After so many frames what has arrived is read, so that acknowledgements don't wait for a whole tick of the fleet.
    private static let atOnce = 128

    /// Sends what is due.
    /// - Returns: whether more is due.
    func sendDue(at now: Int64) -> Bool {
        for _ in 0..<Self.atOnce {
            guard let (index, instant) = pings.next(at: now) else { break }
            // Each agent is looked at every second.
            guard isPinging, agents[index].phase == .up, instant - agents[index].lastPing >= agents[index].heartbeat else { continue }
            agents[index].lastPing = instant
            sendPing(index)
        }
        for _ in 0..<Self.atOnce {
            guard let (index, instant) = ticks.next(at: now) else { return false }
            if agents[index].isRecording {
                sendTicks(index, at: now)
            } else if isLive, log == nil, agents[index].phase == .up {
                guard agents[index].waiting.isEmpty else {
                    counts.leftOut += 1
                    continue
                }
                let number = UInt64(instant / Self.second)
                counts.live += 1
                makeTick(index, run: "", seq: 0, tick: number, time: instant)
                write(index)
            }
        }
        return true
    }

    /// Sends the ticks of the run that are due for an agent, as far as the kernel takes them.
    func sendTicks(_ index: Int, at now: Int64) {
        guard let run = log?.run, agents[index].isRecording else { return }
        while agents[index].waiting.isEmpty, agents[index].nextTick < agents[index].endTick {
            let tick = agents[index].nextTick
            let instant = run.t0 + Int64(tick) * run.interval
            guard instant + tickOffsets[index] <= now else { return }
            agents[index].sent += 1
            agents[index].nextTick += 1
            makeTick(index, run: run.id, seq: agents[index].sent, tick: tick, time: instant)
            counts.frames += 1
            log?.noteSent(tick, index, at: Clock.wallMicroseconds())
            write(index)
        }
        if agents[index].nextTick >= agents[index].endTick {
            agents[index].isRecording = false
            send(index, #"{"type":"fin","run":"\#(run.id)","epoch":1,"seq":\#(agents[index].sent)}"#)
        }
    }

    func sendPing(_ index: Int) {
        counts.pings += 1
        begin()
        // In the order in which Sonde's agent writes its members.
        append(#"{"backlog_bytes":0,"backlog_frames":0,"error":100,"offset":0,"t1":"#)
        append(number: UInt64(Clock.monotonic() / 1000))
        append(#","type":"ping"}"#)
        write(index)
    }

    func send(_ index: Int, _ payload: String) {
        begin()
        frame.append(contentsOf: payload.utf8)
        write(index)
    }

    /// Puts a tick into `frame`, as Sonde's agent writes it.
    private func makeTick(_ index: Int, run: String, seq: UInt64, tick: UInt64, time: Int64) {
        begin()
        append(#"{"type":"tick","run":""#)
        frame.append(contentsOf: run.utf8)
        append(#"","epoch":1,"seq":"#)
        append(number: seq)
        append(#","tick":"#)
        append(number: tick)
        append(#","time":"#)
        append(number: UInt64(time))
        append(#","begin":"#)
        append(number: UInt64(time + 80))
        append(#","end":"#)
        append(number: UInt64(time + 900))
        append(#","rows":"#)
        frame.append(contentsOf: load.rows(agent: index, tick: tick))
        frame.append(UInt8(ascii: "}"))
    }

    private func begin() {
        frame.removeAll(keepingCapacity: true)
        append("\0\0\0\0")
    }

    private func append(_ text: StaticString) {
        frame.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    private func append(number: UInt64) {
        var rest = number
        let start = frame.count
        repeat {
            frame.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        frame[start...].reverse()
    }

    /// Sends what is in `frame`, its length in front, behind what still waits.
    private func write(_ index: Int) {
        let length = UInt32(frame.count - 4)
        for byte in 0..<4 { frame[byte] = UInt8(truncatingIfNeeded: length >> (24 - 8 * UInt32(byte))) }
        guard agents[index].waiting.isEmpty else {
            agents[index].waiting += frame
            return
        }
        let count = Glibc.send(agents[index].descriptor, frame, frame.count, Int32(MSG_NOSIGNAL))
        if count == frame.count { return }
        // A broken connection is noticed when it is read.
        agents[index].waiting = Array(frame[max(count, 0)...])
    }

    /// The kernel takes more, or has connected.
    func wrote(_ index: Int) {
        if agents[index].phase == .connecting {
            var code: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(agents[index].descriptor, SOL_SOCKET, SO_ERROR, &code, &size)
            guard code == 0 else {
                counts.unconnected += 1
                return lose(index, at: Clock.wallMicroseconds())
            }
            agents[index].phase = .greeting
        }
        guard !agents[index].waiting.isEmpty else { return }
        let rest = agents[index].waiting
        let count = Glibc.send(agents[index].descriptor, rest, rest.count, Int32(MSG_NOSIGNAL))
        if count > 0 { agents[index].waiting.removeFirst(count) }
        if agents[index].waiting.isEmpty { sendTicks(index, at: Clock.wallMicroseconds()) }
    }
}
