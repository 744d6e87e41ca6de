import HTTPTypes
import NIOCore
import StatsCore
import SystemPackage
import TestSupport
import Testing

@testable import Collector

@Suite("What one client of the control port may take", .timeLimit(.minutes(10))) struct ConnectionGuardTests {
    private let directory: ScratchDirectory

    init() throws { directory = try ScratchDirectory() }

    @Test("A client that dribbles its headers, or its body, is cut off")
    func dribble() async throws {
        var limits = ControlLimits.patient
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
                    let now = try Self.unsent(from: port.port)
                    looks = now > 0 && now == kept ? looks + 1 : 0
                    kept = now
                    return looks > 20
                }
                #expect(kept < 1 << 20)
            }
        }
    }

    /// What the kernel keeps of what a port's connections have written. Source: proc(5), /proc/net/tcp.
    private static func unsent(from port: Int) throws -> Int {
        let local = ":" + String(port + 0x10000, radix: 16, uppercase: true).suffix(4)
        var text: [UInt8] = []
        let file = try FileDescriptor.open("/proc/net/tcp", .readOnly)
        // A piece has whole lines, and there may be many pieces.
        try file.closeAfter {
            var piece = [UInt8](repeating: 0, count: 1 << 16)
            while case let count = try piece.withUnsafeMutableBytes({ try file.read(into: $0) }), count > 0 { text += piece[..<count] }
        }
        return String(decoding: text, as: UTF8.self).split(separator: "\n").reduce(0) { sum, line in
            let fields = line.split(separator: " ")
            guard fields.count > 4, fields[1].hasSuffix(local), fields[3] == "01" else { return sum }
            return sum + (fields[4].split(separator: ":").first.flatMap { Int($0, radix: 16) } ?? 0)
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
