import HTTPTypes
import NIOCore
import StatsCore
import TestSupport
import Testing

@testable import Collector

@Suite("What one client of the control port may take", .timeLimit(.minutes(10))) struct ConnectionGuardTests {
    private let directory: ScratchDirectory

    init() throws { directory = try ScratchDirectory() }

    @Test("A client that dribbles its headers, or its body, is cut off", arguments: [false, true])
    func dribble(isBody: Bool) async throws {
        var limits = ControlLimits.patient
        // The one that is for this.
        if isBody { limits.request = .seconds(1) } else { limits.idle = .seconds(1) }
        let begin = "GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\n" + (isBody ? "Content-Length: 60000\r\n\r\n" : "X: ")
        try await ControlPort.with(directory.path, limits: limits) { port in
            // A machine that gave the client no time for long made a silent one of it, which may be cut off before its first byte, and that proves nothing.
            try await eventually("a client that is cut off though it sends all the time") {
                await (try? Self.longestPause(of: begin, port)).map { $0 <= .milliseconds(500) } ?? false
            }
        }
    }

    /// Sends a byte every 20 ms behind `begin` until the collector has closed the connection, without an answer.
    /// - Returns: the longest time between two bytes.
    private static func longestPause(of begin: String, _ port: ControlPort) async throws -> Duration {
        try await port.connected { inbound, outbound in
            try await outbound.write(ByteBuffer(string: begin))
            let dribbling = Task { [outbound] in
                var (longest, last) = (Duration.zero, ContinuousClock.now)
                while !Task.isCancelled, (try? await outbound.write(ByteBuffer(string: "x"))) != nil {
                    let now = ContinuousClock.now
                    (longest, last) = (max(longest, now - last), now)
                    // The pause between bytes is part of what is tested, not a wait.
                    try? await Task.sleep(for: .milliseconds(20))
                }
                return longest
            }
            // Reading ends when the collector closes; some systems report that as an error.
            var answer = ""
            while let bytes = try? await inbound.next() { answer += String(buffer: bytes) }
            #expect(answer.isEmpty)
            dribbling.cancel()
            return await dribbling.value
        }
    }

    @Test("More clients that ask nothing, and that don't take what they asked for, than there may be keep nobody out")
    func crowd() async throws {
        var limits = ControlLimits.patient
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

    @Test("Clients that ask for all that is live and take nothing keep nobody else from it, nor Prometheus from /metrics")
    func slowAnswers() async throws {
        let fixture = HubFixture(columns: FrameRows.columns)
        let columns = Catalogue.tables.first { $0.id == .container }?.columns.map(\.name) ?? []
        let rows = (0..<4000).map { number in
            "[" + columns.map { $0 == "container_id" ? "\"c\(number)\"" : $0.hasSuffix("bytes") ? "1" : "null" }.joined(separator: ",")
                + "]"
        }
        try fixture.tick(#"{"container":[\#(rows.joined(separator: ","))]}"#)
        try await ControlPort.with(directory.path, live: fixture.live) { port in
            for path in ["/containers", "/metrics"] {
                let whole = try await port.ask(path)
                #expect(whole.status == 200 && whole.text.utf8.count > 4 << 20, "\(path): \(whole.text.utf8.count)")
                try await beside(8, "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", port) {
                    for _ in 0..<3 {
                        for asked in ["/metrics", "/containers"] {
                            // Others may not have filled their buffers yet.
                            try await eventually("an answer to \(asked) beside \(path)") { try await port.ask(asked).status == 200 }
                        }
                    }
                }
            }
        }
    }

    @Test("For a client that takes nothing, the kernel keeps less than a MiB of its answer")
    func kernelBuffer() async throws {
        try directory.makeRun("run", host: [])
        try directory.descriptor().directory("run").writableFile("host.csv").cut(to: 64 << 20)
        try await ControlPort.with(directory.path) { port in
            try await beside(1, "GET /runs/run/host.csv HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", port) {
                var (kept, looks) = (0, 0)
                try await eventually("a buffer that doesn't grow any more") {
                    let sockets = try TCPSocket.all().filter { $0.localPort == port.port && $0.isEstablished }
                    let now = sockets.reduce(0) { $0 + $1.unconfirmed }
                    looks = sockets.contains(where: \.isHeldBack) && now == kept ? looks + 1 : 0
                    kept = now
                    return looks > 20
                }
                #expect(kept < 1 << 20)
            }
        }
    }

    @Test("What a client of the stream asks for besides is short, as it is kept")
    func selection() async throws {
        try await ControlPort.with(directory.path) { port in
            let answer = try await port.ask("/stream?container=\(String(repeating: "x", count: 513))")
            #expect(answer.code == "bad_option", "\(answer)")
        }
    }

    @Test("A file may be looked at page by page, and a report, which waits in memory, may not")
    func reportPatience() {
        let limits = ControlLimits.patient
        func patience(_ type: String) -> TimeAmount? {
            limits.patience(for: HTTPResponse(status: .ok, headerFields: [.contentType: type, .contentDisposition: "attachment"]))
        }
        #expect(patience("text/csv; charset=utf-8; header=present") == nil)
        #expect(patience("text/html; charset=utf-8") == limits.stall)
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
        var limits = ControlLimits.patient
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
