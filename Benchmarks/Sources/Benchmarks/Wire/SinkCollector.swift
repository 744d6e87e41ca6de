import Glibc

/// A minimal collector for one agent: it shakes hands, answers pings, orders one run and acknowledges at once.
/// It only stores ticks, for use after the measurement, so that it costs next to nothing.
final class SinkCollector {
    let port: Int
    private(set) var hello: Message.Hello?
    /// The last live tick.
    private(set) var live: [UInt8] = []
    /// The run's ticks as received.
    private(set) var ticks: [[UInt8]] = []

    private let listener: Socket
    private var agent: Socket?
    private var reader = FrameReader()
    private var run = "bench"
    private var waiting: [UInt8] = []

    init() throws { (listener, port) = try Socket.listening() }

    /// Orders a run without an end and forgets the ticks of the earlier one.
    /// - Returns: the monotonic nanosecond of its tick 0.
    func order(interval: UInt64) throws -> UInt64 {
        ticks = []
        run = "bench-\(Clock.monotonic())"
        let ahead = Clock.second / 2
        let t0 = (Clock.wall() + ahead) / 1000
        send(#"{"type":"run","id":"\#(run)","name":"bench","interval_us":\#(interval / 1000),"t0":\#(t0)}"#)
        return Clock.monotonic() + ahead
    }

    /// Ends the run after the ticks that have come.
    func stop() { send(#"{"type":"stop","run":"\#(run)","last_tick":0}"#) }

    /// Serves the agent until a monotonic nanosecond, or until `isEnough`.
    func serve(until deadline: UInt64, _ isEnough: () throws -> Bool = { false }) throws {
        while try !isEnough() {
            try Interrupt.check()
            let now = Clock.monotonic()
            guard now < deadline else { return }
            var waits = [pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)]
            if let agent {
                waits.append(pollfd(fd: agent.descriptor, events: Int16(POLLIN | (waiting.isEmpty ? 0 : POLLOUT)), revents: 0))
            }
            let patience = (deadline - now + Clock.millisecond - 1) / Clock.millisecond
            guard poll(&waits, nfds_t(waits.count), Int32(clamping: patience)) > 0 else { continue }
            if waits[0].revents != 0, let socket = listener.accepted() { welcome(socket) }
            guard let agent, waits.count > 1, waits[1].revents != 0 else { continue }
            let isOpen = try reader.receive(from: agent)
            while let frame = reader.next() { try take(frame) }
            flush()
            if !isOpen { self.agent = nil }
        }
    }

    private func welcome(_ socket: Socket) {
        agent = socket
        reader = FrameReader()
        waiting = []
        send(#"{"type":"challenge","protocols":[1,1],"nonce":"\#(String(repeating: "0", count: 64))","version":"benchmark"}"#)
    }

    private func take(_ frame: ArraySlice<UInt8>) throws {
        let received = Clock.wall() / 1000
        switch try Message.type(of: frame) {
        case "hello":
            hello = try Message.decode(frame)
            send(#"{"type":"welcome","session":"1","frame_limit":16777216,"heartbeat_ms":1000}"#)
        case "ping":
            let ping: Message.Ping = try Message.decode(frame)
            send(#"{"type":"pong","t1":\#(ping.t1),"t2":\#(received),"t3":\#(Clock.wall() / 1000)}"#)
        case "tick":
            guard let seq = Self.seq(of: frame) else { throw BenchmarkError("a tick without a seq") }
            if seq == 0 {
                live = Array(frame)
            } else {
                ticks.append(Array(frame))
                acknowledge(seq)
            }
        case "gap":
            let gap: Message.Ack = try Message.decode(frame)
            acknowledge(gap.seq)
        case "error":
            let refusal: Message.Refusal = try Message.decode(frame)
            throw BenchmarkError("the agent has refused: \(refusal.message) (\(refusal.code))")
        default: break
        }
    }

    private func acknowledge(_ seq: UInt64) {
        send(#"{"type":"ack","epoch":\#(hello?.epoch ?? 0),"seq":\#(seq)}"#)
    }

    /// The `seq` at the beginning of a tick, without decoding the rows after it.
    private static func seq(of frame: ArraySlice<UInt8>) -> UInt64? {
        let head = String(decoding: frame.prefix(300), as: UTF8.self)
        guard let key = head.firstRange(of: #""seq":"#) else { return nil }
        return UInt64(head[key.upperBound...].prefix { $0.isNumber })
    }

    private func send(_ payload: String) {
        waiting += frame(payload)
        flush()
    }

    private func flush() {
        // A write to an agent that is gone fails here, and reading reports that.
        guard let agent, !waiting.isEmpty, let count = try? agent.write(waiting[...]) else { return }
        waiting.removeFirst(count)
    }
}
