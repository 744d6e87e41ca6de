import Foundation
import Glibc
import Synchronization

/// A port that stands where a collector's control port would: it answers as the test says, or passes requests on to a real one, and remembers what it was asked. One request a
/// connection, each on a thread of its own.
final class ControlStandIn: Sendable {
    enum Answer: Sendable {
        case json(Int, String)
        /// That of the collector with this control port.
        case of(UInt16)
        /// None, for as long as the client waits; the collector hears nothing of it.
        case withheld
    }

    let port: UInt16
    /// Such as `POST /start/x?group=…`.
    var asked: [String] { state.withLock { $0.asked } }
    var withheld: [String] { state.withLock { $0.withheld } }

    private struct State {
        var asked: [String] = []
        var withheld: [String] = []
        var open: Set<Int32> = []
        var isClosed = false
    }

    private let listener: Int32
    private let state = Mutex(State())
    private let script: @Sendable (String) -> Answer

    /// - Parameter script: what is answered to a request, by its method and target.
    init(_ scene: Scene, _ script: @escaping @Sendable (String) -> Answer) throws {
        self.script = script
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 64) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard isBound else { throw Child.Failure(description: "no port for a stand-in: \(String(cString: strerror(errno)))") }
        port = UInt16(bigEndian: address.sin_port)
        scene.later { [self] in end() }
        Thread.detachNewThread { [self] in accept() }
    }

    private func end() {
        state.withLock { state in
            state.isClosed = true
            shutdown(listener, Int32(SHUT_RDWR))
            for connection in state.open { shutdown(connection, Int32(SHUT_RDWR)) }
        }
    }

    private func accept() {
        while true {
            let connection = Glibc.accept(listener, nil, nil)
            let isOpen = state.withLock { state in
                if connection >= 0, !state.isClosed { state.open.insert(connection) }
                return connection >= 0 && !state.isClosed
            }
            guard isOpen else {
                if connection >= 0 { close(connection) }
                close(listener)
                return
            }
            Thread.detachNewThread { [self] in
                serve(connection)
                state.withLock { _ = $0.open.remove(connection) }
                close(connection)
            }
        }
    }

    private func serve(_ connection: Int32) {
        guard let (head, body) = Self.request(connection) else { return }
        let lines = head.components(separatedBy: "\r\n")
        let asked = lines[0].split(separator: " ").prefix(2).joined(separator: " ")
        state.withLock { $0.asked.append(asked) }
        switch script(asked) {
        case .json(let status, let text):
            let head = [
                "HTTP/1.1 \(status) Scripted", "Content-Type: application/json", "Content-Length: \(text.utf8.count)", "Connection: close",
            ]
            Self.send(Array((head.joined(separator: "\r\n") + "\r\n\r\n" + text).utf8), to: connection)
        case .of(let port):
            let kept = lines.filter { !$0.lowercased().hasPrefix("connection:") }
            guard let collector = try? TCPConnection(port: port) else { return }
            collector.send(Array((kept + ["Connection: close", "", ""]).joined(separator: "\r\n").utf8) + body)
            if let answer = try? collector.readAll() { Self.send(answer, to: connection) }
        case .withheld:
            state.withLock { $0.withheld.append(asked) }
            // Until the client gives up.
            var byte: UInt8 = 0
            while recv(connection, &byte, 1, 0) > 0 {}
        }
    }

    /// The head without the empty line, and the body.
    private static func request(_ connection: Int32) -> (head: String, body: [UInt8])? {
        var bytes: [UInt8] = []
        var head: (text: String, length: Int, body: Int)?
        while true {
            if head == nil, let end = bytes.indices.first(where: { bytes[$0...].starts(with: Array("\r\n\r\n".utf8)) }) {
                let text = String(decoding: bytes[..<end], as: UTF8.self)
                let line = text.lowercased().components(separatedBy: "\r\n").first { $0.hasPrefix("content-length:") }
                head = (text, end + 4, line.flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) } ?? 0)
            }
            if let head, bytes.count >= head.length + head.body { return (head.text, Array(bytes[head.length...])) }
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            let count = recv(connection, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            bytes += buffer[..<count]
        }
    }

    private static func send(_ bytes: [UInt8], to connection: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if sent <= 0 { return }
            rest = rest.dropFirst(sent)
        }
    }
}
