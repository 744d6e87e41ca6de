import Foundation

/// A client of the collector's port for agents that sends exactly what the test wants, valid or not.
final class Peer {
    typealias Message = [String: Any]

    private let connection: TCPConnection
    /// The collector's first message.
    private(set) var challenge: Message = [:]

    init(_ collector: Collector) throws {
        connection = try TCPConnection(port: collector.port)
        challenge = try receive() ?? [:]
    }

    func close() { connection.close() }

    /// Sends bytes without a length.
    func send(raw bytes: [UInt8]) { connection.send(bytes) }

    /// Sends a frame with any content.
    func send(frame payload: [UInt8]) {
        connection.send(withUnsafeBytes(of: UInt32(payload.count).bigEndian) { Array($0) } + payload)
    }

    func send(_ message: Message) throws { try send(frame: Array(JSONSerialization.data(withJSONObject: message))) }

    /// The next frame; `nil` when the collector has closed the connection.
    func receive() throws -> Message? {
        let header = try connection.read(4)
        guard header.count == 4 else { return nil }
        let length = header.reduce(0) { $0 << 8 | Int($1) }
        return try JSONSerialization.jsonObject(with: Data(connection.read(length))) as? Message
    }

    /// The next frame of this type; earlier frames are dropped. `nil` when the connection ends first.
    func receive(_ type: String) throws -> Message? {
        while let message = try receive() {
            if message["type"] as? String == type { return message }
        }
        return nil
    }

    /// The code with which the collector ends the session; "closed" when it closes without an `error`.
    func refusal() throws -> String {
        guard let error = try receive("error") else { return "closed" }
        let isClosed = try receive() == nil
        return isClosed ? error["code"] as? String ?? "" : "not closed behind \(error)"
    }

    /// Sends a valid `hello`, with `changes` to it.
    func hello(node: String, _ changes: Message = [:]) throws {
        var hello: Message = [
            "type": "hello", "protocol": 1, "agent": "00000000-0000-4000-8000-\(String(node.hashValue.magnitude, radix: 16).prefix(12))",
            "epoch": 1, "node": node, "monitor": "OSMonitor_\(node)", "addresses": [String](), "version": "test",
            "tables": ["host": ["load1", "procs_running"], "event": ["kind", "message"]], "first_unacked": 1, "next_seq": 1,
        ]
        hello.merge(changes) { _, new in new }
        try send(hello)
    }

    /// Sends a valid frame of the run in progress, with `changes` to it.
    func tick(_ run: Message, seq: Int, tick: Int, _ changes: Message = [:]) throws {
        let t0 = run["t0"] as? Int ?? 0
        let interval = run["interval_us"] as? Int ?? 0
        let time = t0 + tick * interval
        var message: Message = [
            "type": "tick", "run": run["id"] as? String ?? "", "epoch": 1, "seq": seq, "tick": tick, "time": time, "begin": time,
            "end": time,
            "rows": ["host": [[0.5, 3]]],
        ]
        message.merge(changes) { _, new in new }
        try send(message)
    }
}
