import Foundation
import Glibc
import Synchronization
import TestSupport

/// A proxy between an agent and a Docker engine, at a Unix socket of its own. It passes requests on or spoils the answers, on threads of its own.
final class EngineProxy: Sendable {
    /// The answer to one request.
    enum Answer: Sendable {
        /// The engine's own.
        case forward
        /// The engine's own, in small pieces with a pause before each.
        case slowly(bytes: Int, pause: Duration)
        /// These bytes, and the connection closes.
        case bytes([UInt8])
        /// These bytes, and then `again` repeatedly for as long as the agent reads.
        case endless(head: [UInt8], again: [UInt8])
        /// No answer, for as long as the agent waits.
        case silence
    }

    typealias Script = @Sendable (_ target: String) -> Answer

    let path: String
    private let engine: String
    private let listener: Int32
    private let state: Mutex<State>

    private struct State {
        var script: Script
        /// The open connections to the agent.
        var open: Set<Int32> = []
        /// Requests that were not answered as the engine would have.
        var spoilt: [String] = []
        var isClosed = false
    }

    /// - Parameter engine: the real engine's socket.
    init(_ scene: Scene, engine: String) throws {
        path = scene.path("proxy.sock")
        self.engine = engine
        state = Mutex(State(script: { _ in .forward }))
        listener = try UnixSocket.listen(path)
        scene.later { [self] in close() }
        Thread.detachNewThread { [self] in accept() }
    }

    /// Changes the answers from now on. Open connections are closed, as when an engine is replaced.
    func answer(_ script: @escaping Script) {
        state.withLock { state in
            state.script = script
            state.spoilt = []
            for connection in state.open { shutdown(connection, Int32(SHUT_RDWR)) }
        }
    }

    /// Requests since the script began that were not answered as the engine would have.
    var spoilt: [String] { state.withLock { $0.spoilt } }

    private func close() {
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
                guard connection >= 0, !state.isClosed else { return false }
                state.open.insert(connection)
                return true
            }
            guard isOpen else {
                if connection >= 0 { Glibc.close(connection) }
                Glibc.close(listener)
                return
            }
            Thread.detachNewThread { [self] in
                serve(connection)
                state.withLock { state in
                    state.open.remove(connection)
                    Glibc.close(connection)
                }
            }
        }
    }

    /// Serves one request per connection; the script decides on each.
    private func serve(_ agent: Int32) {
        var request: [UInt8] = []
        while !request.ends(with: [13, 10, 13, 10]) {
            guard let more = UnixSocket.read(agent, 1), request.count < 10_000 else { return }
            request += more
        }
        let target = String(decoding: request, as: UTF8.self).split(separator: " ").dropFirst().first.map(String.init) ?? ""
        let answer = state.withLock { $0.script(target) }
        if case .forward = answer {} else { state.withLock { $0.spoilt.append(target) } }
        switch answer {
        case .forward: forward(request, agent) { UnixSocket.write(agent, $0) }
        case .slowly(let bytes, let pause):
            forward(request, agent) { piece in
                var rest = piece[...]
                while !rest.isEmpty {
                    // The engine's own slowness: nothing is waited for.
                    usleep(UInt32(pause / .microseconds(1)))
                    guard UnixSocket.write(agent, Array(rest.prefix(bytes))) else { return false }
                    rest = rest.dropFirst(bytes)
                }
                return true
            }
        case .bytes(let bytes): _ = UnixSocket.write(agent, bytes)
        case .endless(let head, let again):
            guard UnixSocket.write(agent, head) else { return }
            while UnixSocket.write(agent, again) {}
        case .silence: while UnixSocket.read(agent, 1) != nil {}
        }
    }

    /// Gets the engine's answer and passes it on piece by piece, until either side ends.
    private func forward(_ request: [UInt8], _ agent: Int32, _ handOn: ([UInt8]) -> Bool) {
        guard let upstream = UnixSocket.connect(engine) else { return }
        defer { Glibc.close(upstream) }
        // The engine closes after this answer, so its end needs no parsing.
        guard UnixSocket.write(upstream, request.dropLast(2) + Array("Connection: close\r\n\r\n".utf8)) else { return }
        var waiting = [pollfd(fd: upstream, events: Int16(POLLIN), revents: 0), pollfd(fd: agent, events: Int16(POLLIN), revents: 0)]
        while poll(&waiting, 2, -1) > 0 {
            // The agent sends nothing more, so this is the end of its connection.
            if waiting[1].revents != 0 { return }
            guard let piece = UnixSocket.read(upstream, 1 << 14), handOn(piece) else { return }
        }
    }
}

/// Blocking Unix sockets.
private enum UnixSocket {
    static func listen(_ path: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard named(path, { bind(descriptor, $0, $1) }) == 0, Glibc.listen(descriptor, 128) == 0 else {
            throw Child.Failure(description: "no listener at \(path): \(String(cString: strerror(errno)))")
        }
        return descriptor
    }

    static func connect(_ path: String) -> Int32? {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard named(path, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
            Glibc.close(descriptor)
            return nil
        }
        return descriptor
    }

    /// At least one and at most `most` bytes; `nil` at the end.
    static func read(_ descriptor: Int32, _ most: Int) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: most)
        let got = recv(descriptor, &buffer, most, 0)
        return got > 0 ? Array(buffer[..<got]) : nil
    }

    /// Returns whether everything was written.
    static func write(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { return false }
            rest = rest.dropFirst(sent)
        }
        return true
    }

    private static func named(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(107)) }
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
    }
}

extension Array where Element == UInt8 {
    fileprivate func ends(with other: [UInt8]) -> Bool { suffix(other.count).elementsEqual(other) }
}
