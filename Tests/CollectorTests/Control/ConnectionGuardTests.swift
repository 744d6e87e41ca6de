import NIOCore
import StatsCore
import TestSupport
import Testing

@testable import Collector

@Suite("What one client of the control port may take", .timeLimit(.minutes(10))) struct ConnectionGuardTests {
    private let directory: ScratchDirectory

    init() throws { directory = try ScratchDirectory() }

    @Test("A client that dribbles its headers, or its body, is cut off")
    func dribble() async throws {
        var limits = ControlLimits()
        limits.idle = .milliseconds(300)
        limits.request = .milliseconds(300)
        try await ControlPort.with(directory.path, limits: limits) { port in
            for begin in [
                "GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ",
                "GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 60000\r\n\r\n",
            ] {
                try await port.connected { inbound, outbound in
                    let dribbling = Task {
                        try await outbound.write(ByteBuffer(string: begin))
                        while true {
                            // The pause between bytes is part of what is tested, not a wait.
                            try await Task.sleep(for: .milliseconds(20))
                            try await outbound.write(ByteBuffer(string: "x"))
                        }
                    }
                    defer { dribbling.cancel() }
                    // Reading ends when the collector closes; some systems report that as an error.
                    var answer = ""
                    while let bytes = try? await inbound.next() { answer += String(buffer: bytes) }
                    #expect(answer.isEmpty)
                }
            }
        }
    }

    @Test("More clients that ask nothing, and that don't take what they asked for, than there may be keep nobody out")
    func crowd() async throws {
        var limits = ControlLimits()
        limits.connections = 4
        try directory.makeRun("run", host: [])
        try directory.descriptor().directory("run").writableFile("host.csv").cut(to: 64 << 20)
        try await ControlPort.with(directory.path, limits: limits) { [limits] port in
            for request in ["", "GET /st", "GET /runs/run/host.csv HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"] {
                try await beside(4 * limits.connectionsInAll, request, port) {
                    // While all connections are being served, a further one is closed; it succeeds a moment later.
                    try await eventually("an answer") { await (try? port.ask("/healthz"))?.status == 200 }
                }
            }
        }
    }

    /// Runs the body while this many clients have sent this request and do nothing more.
    private func beside(_ count: Int, _ request: String, _ port: ControlPort, _ body: () async throws -> Void) async throws {
        let (open, opened) = AsyncStream.makeStream(of: Void.self)
        let clients = (0..<count).map { _ in
            Task {
                // A connection that is closed at once has been opened too.
                defer { opened.yield() }
                // A connection without a free place waits in the kernel, and looks open from here.
                try await port.connected { _, outbound in
                    if !request.isEmpty { try await outbound.write(ByteBuffer(string: request)) }
                    opened.yield()
                    // Open until the task is cancelled: nothing ever comes.
                    let (nothing, source) = AsyncStream.makeStream(of: Void.self)
                    defer { source.finish() }
                    for await _ in nothing {}
                }
            }
        }
        defer { for client in clients { client.cancel() } }
        var all = open.makeAsyncIterator()
        for _ in clients { await all.next() }
        try await body()
    }

    @Test("A request with a large body is refused without reading it, one with a small body is answered")
    func body() async throws {
        try await ControlPort.with(directory.path) { port in
            let large = try await port.ask("/stop", ["Content-Length: 4294967296"], method: "POST")
            #expect(large.status == 413 && large.code == "body_too_large", "\(large)")
            #expect(try await port.ask("/status", ["Content-Length: 65537"]).status == 413)
            let chunk = "8000\r\n" + String(repeating: "x", count: 0x8000) + "\r\n"
            let chunked = "POST /stop HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            #expect(try await port.send(chunked + String(repeating: chunk, count: 3) + "0\r\n\r\n").hasPrefix("HTTP/1.1 413"))
            #expect(try await port.send(chunked + chunk + "0\r\n\r\n").hasPrefix("HTTP/1.1 409"))
        }
    }

    @Test("A body without an end is not read for ever")
    func endlessBody() async throws {
        var limits = ControlLimits()
        limits.farewell = .milliseconds(100)
        try await ControlPort.with(directory.path, limits: limits) { [limits] port in
            let sent = try await port.connected { _, outbound in
                try await outbound.write(
                    ByteBuffer(string: "POST /stop HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000000000\r\n\r\n"))
                let piece = ByteBuffer(repeating: 0x78, count: 1 << 16)
                var sent = 0
                while (try? await outbound.write(piece)) != nil { sent += piece.readableBytes }
                return sent
            }
            #expect(sent > limits.body)
        }
    }
}
