import Glibc

/// An agent that has made all its ticks beforehand and sends them as fast as the collector takes them.
final class SyntheticAgent {
    /// The most bytes that are sent and not acknowledged: as many as a real agent keeps.
    private static let window = 8 << 20

    let node: String
    /// How many frames have been acknowledged.
    private(set) var acknowledged: UInt64 = 0
    private(set) var run: Message.Run?

    private let socket: Socket
    private let hello: String
    private let tick: SyntheticTick
    private let rows: [UInt8]
    private var reader = FrameReader()
    private var waiting: [UInt8] = []
    private var sent = 0
    private var next: UInt64 = 1
    private var frameBytes = 1
    private(set) var isWelcome = false
    private var hasFinished = false

    init(port: Int, number: Int, tables: [String: [String]]) throws {
        node = "synthetic\(number)"
        tick = SyntheticTick(tables: tables, seed: UInt64(number))
        rows = Array(tick.rows.utf8)
        socket = try Socket.connected(port: port)
        let named = tables.map { "\"\($0)\":[\($1.map { "\"\($0)\"" }.joined(separator: ","))]" }.joined(separator: ",")
        hello = """
            {"type":"hello","protocol":1,"agent":"00000000-0000-4000-8000-00000000000\(number)","epoch":1,"node":"\(node)",\
            "monitor":"OSMonitor_127_0_0_1_\(node)","addresses":["127.0.0.1"],"version":"benchmark","tables":{\(named)},\
            "first_unacked":1,"next_seq":1}
            """
    }

    var descriptor: Int32 { socket.descriptor }
    var isSending: Bool { sent < waiting.count }
    var cellsPerTick: Int { tick.cells }
    /// The size of the last frame.
    var bytesPerTick: Int { frameBytes }
    var rowsPerTick: [String: Int] { tick.counts }

    var isDone: Bool { run?.ticks.map { acknowledged >= $0 } ?? false }

    /// Handles what the collector has sent.
    func receive() throws {
        guard try reader.receive(from: socket) else { throw BenchmarkError("the collector has closed the connection of \(node)") }
        while let payload = reader.next() {
            switch try Message.type(of: payload) {
            case "challenge": enqueue(frame(hello))
            case "welcome": isWelcome = true
            case "run": run = try Message.decode(payload, as: Message.Run.self)
            case "ack": acknowledged = max(acknowledged, try Message.decode(payload, as: Message.Ack.self).seq)
            case "error":
                let refusal: Message.Refusal = try Message.decode(payload)
                throw BenchmarkError("the collector has refused \(node): \(refusal.message) (\(refusal.code))")
            default: break
            }
        }
    }

    /// Sends as much as the kernel takes.
    func send() throws {
        while true {
            if sent == waiting.count {
                guard let run, prepare(run) else { return }
            }
            let count = try socket.write(waiting[sent...])
            if count == 0 { return }
            sent += count
        }
    }

    /// Puts the next frame into `waiting`; returns false when there is none, or when too much is unacknowledged.
    private func prepare(_ run: Message.Run) -> Bool {
        waiting.removeAll(keepingCapacity: true)
        sent = 0
        let ticks = run.ticks ?? 0
        if next > ticks {
            guard !hasFinished else { return false }
            hasFinished = true
            enqueue(frame(#"{"type":"fin","run":"\#(run.id)","epoch":1,"seq":\#(ticks)}"#))
            return true
        }
        guard Int(next - 1 - acknowledged) * frameBytes < Self.window else { return false }
        let number = next - 1
        let time = run.t0 + Int64(number) * run.interval
        let header = Array(
            #"{"type":"tick","run":"\#(run.id)","epoch":1,"seq":\#(next),"tick":\#(number),"time":\#(time),"begin":\#(time),"end":\#(time),"rows":"#
                .utf8)
        // By hand, since a text of all rows would be copied four times, and the collector has only what is left of the machine.
        enqueue(framePrefix(header.count + rows.count + 1))
        enqueue(header)
        enqueue(rows)
        waiting.append(UInt8(ascii: "}"))
        frameBytes = waiting.count
        next += 1
        return true
    }

    private func enqueue(_ bytes: [UInt8]) { waiting += bytes }
}
