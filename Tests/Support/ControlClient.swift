import Foundation
import StatsCore
import TestSupport

/// The control port as a script would use it: one plain HTTP request per connection, with the path exactly as given.
struct ControlClient {
    struct Answer: CustomStringConvertible {
        let status: Int
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
        var description: String { "\(status) \(text)" }

        /// The code of a refusal; `nil` for any other answer.
        var failure: String? { try? JSONDecoder().decode(ControlFailure.self, from: Data(body)).code }

        func decoded<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
            guard (200..<300).contains(status) else { throw Child.Failure(description: "the control port answered \(self)") }
            return try JSONDecoder().decode(Value.self, from: Data(body))
        }
    }

    let port: UInt16
    /// The bearer token, if the collector asks for one.
    var token: String?

    init(port: UInt16) { self.port = port }

    func send(_ method: String, _ path: String, accept: String = "application/json", body: [UInt8] = []) throws -> Answer {
        let connection = try TCPConnection(port: port, patience: 120)
        defer { connection.close() }
        let bearer = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        connection.send(
            Array(
                "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: \(accept)\r\n\(bearer)Content-Length: \(body.count)\r\nConnection: close\r\n\r\n"
                    .utf8) + body)
        return try Self.parse(connection.readAll())
    }

    func instances() throws -> InstancesReport { try send("GET", "/instances").decoded() }
    func status() throws -> StatusReport { try send("GET", "/status").decoded() }
    func stop() throws -> RunManifest { try send("POST", "/stop").decoded() }

    @discardableResult func start(_ name: String, _ query: String) throws -> RunReport {
        try send("POST", "/start/\(name)?\(query)").decoded()
    }

    /// Waits for the end of the run in progress, which has a duration.
    func runOver(within limit: Duration = .seconds(300)) async throws {
        try await eventually("the end of the run", within: limit, every: .milliseconds(100)) { try status().run == nil }
    }

    /// The rows of a table of the run in progress that are on the disk. The file itself may end within a row while the collector writes.
    func durable(_ table: String) throws -> [CSVTable.Row] {
        guard let run = try status().run else { throw Child.Failure(description: "there is no run in progress") }
        return try CSVTable(Data(send("GET", "/runs/\(run.name)/\(table).csv").body), name: table).rows
    }

    /// How many ticks of a node are durable in the run in progress.
    func ticks(of node: String) throws -> UInt64 { try status().nodes.first { $0.node == node }?.ticks ?? 0 }

    /// Waits until a node has that many ticks on the disk.
    func ticks(_ count: UInt64, of node: String, within limit: Duration = .seconds(300)) async throws {
        try await eventually("\(count) ticks of \(node) on the disk", within: limit) { try ticks(of: node) >= count }
    }

    /// Waits until a node has these containers in the live view, whatever others the machine has.
    func shows(_ ids: some Collection<String>) async throws {
        try await eventually("the live containers \(ids.map { $0.prefix(12) })", every: .milliseconds(50)) {
            let live = try JSONSerialization.jsonObject(with: Data(send("GET", "/containers").body)) as? [String: Any] ?? [:]
            return ids.allSatisfy { live[$0] != nil }
        }
    }

    private static func parse(_ bytes: [UInt8]) throws -> Answer {
        guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: Array("\r\n\r\n".utf8)) }) else {
            throw Child.Failure(description: "no HTTP answer: \(String(decoding: bytes, as: UTF8.self))")
        }
        let head = String(decoding: bytes[..<end], as: UTF8.self)
        let body = Array(bytes[(end + 4)...])
        let words = head.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, let status = Int(words[1]) else { throw Child.Failure(description: "no HTTP answer: \(head)") }
        return Answer(status: status, body: head.lowercased().contains("transfer-encoding: chunked") ? unchunked(body) : body)
    }

    /// RFC 9112, section 7.1.
    private static func unchunked(_ bytes: [UInt8]) -> [UInt8] {
        var rest = bytes[...]
        var body: [UInt8] = []
        while let line = rest.firstIndex(of: UInt8(ascii: "\r")),
            let size = Int(String(decoding: rest[rest.startIndex..<line], as: UTF8.self), radix: 16), size > 0
        {
            let chunk = rest.dropFirst(line + 2 - rest.startIndex)
            body += chunk.prefix(size)
            rest = chunk.dropFirst(size + 2)
        }
        return body
    }
}
