import NIOCore
import NIOHTTP1
import NIOPosix
import StatsCore
import Testing

@testable import Agent

@Suite("The agent's port for metrics", .timeLimit(.minutes(10))) struct MetricsPortTests {
    private static func port(token: Token? = nil) -> MetricsPort {
        MetricsPort(store: MetricsStore(node: "n", kernel: nil, showsProcesses: false), token: token)
    }

    private static func ask(
        _ port: MetricsPort, _ path: String = "/metrics", _ headers: HTTPHeaders = ["Host": "127.0.0.1:9823"], method: HTTPMethod = .GET
    ) -> MetricsPort.Answer {
        port.answer(HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: headers))
    }

    @Test("Metrics and a sign of life are told, and nothing else")
    func paths() {
        let port = Self.port()
        let answer = Self.ask(port, "/metrics?x=1")
        #expect(answer.status == .ok && answer.type == "text/plain; version=0.0.4; charset=utf-8")
        #expect(String(buffer: answer.body).contains(#"sonde_agent_build_info{node="n",version="\#(Version.current)"} 1"#))
        #expect(Self.ask(port, "/healthz").status == .ok)
        for path in ["/", "/metrics/", "/metrics/x", "//metrics", "", "*"] { #expect(Self.ask(port, path).status == .notFound, "\(path)") }
        for method in [HTTPMethod.POST, .PUT, .DELETE, .OPTIONS, .CONNECT] {
            let refused = Self.ask(port, method: method)
            #expect(refused.status == .methodNotAllowed && refused.header?.name == "Allow")
        }
    }

    @Test("With a token only the sign of life is told without it")
    func bearer() {
        let token = Token()
        let port = Self.port(token: token)
        func ask(_ authorization: String?, _ path: String = "/metrics", host: String = "localhost") -> HTTPResponseStatus {
            var headers: HTTPHeaders = ["Host": host]
            if let authorization { headers.add(name: "Authorization", value: authorization) }
            return Self.ask(port, path, headers).status
        }
        for wrong in [nil, "", "Bearer", "Bearer ", "Basic \(token.hexadecimal)", "Bearer \(Token().hexadecimal)", token.hexadecimal] {
            #expect(ask(wrong) == .unauthorized, "\(wrong ?? "none")")
            #expect(ask(wrong, "/nothing") == .unauthorized)
        }
        #expect(ask(nil, "/healthz") == .ok)
        #expect(ask("bearer \(token.hexadecimal)") == .ok)
        #expect(ask("Bearer \(token.hexadecimal)", host: "sonde.example.org") == .ok)
    }

    @Test("A web page gets nothing, neither by a name that it lets point here nor from its own site")
    func pages() {
        let port = Self.port()
        for host in ["evil.example", "evil.example:9823", "127.0.0.1.evil.example", ""] {
            #expect(Self.ask(port, "/metrics", ["Host": host]).status == .misdirectedRequest, "\(host)")
        }
        for host in ["localhost:9823", "[::1]:9823", "192.168.0.7"] {
            #expect(Self.ask(port, "/metrics", ["Host": host]).status == .ok, "\(host)")
        }
        #expect(Self.ask(port, "/metrics", [:]).status == .badRequest)
        #expect(Self.ask(port, "/metrics", HTTPHeaders([("Host", "localhost"), ("host", "evil.example")])).status == .badRequest)
        #expect(Self.ask(port, "/metrics", ["Host": "localhost", "Origin": "http://localhost"]).status == .forbidden)
        #expect(Self.ask(port, "/metrics", ["Host": "localhost", "Sec-Fetch-Site": "cross-site"]).status == .forbidden)
    }

    @Test("HEAD gets the head alone, a body is refused, and what isn't HTTP or has no end of headers is sent away")
    func wire() async throws {
        // So long that no client of this test is sent away for being slow.
        let server = try await MetricsServer(on: .init(host: "127.0.0.1", port: 0), Self.port(), requestPatience: .minutes(9))
        let port = try #require(server.address?.port)
        let head = try await Self.send("HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", to: port)
        #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n") && head.hasSuffix("\r\n\r\n") && head.contains("Content-Length: 3\r\n"))
        let whole = try await Self.send(
            "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", to: port)
        #expect(whole.hasSuffix("\r\n\r\nok\n") && whole.contains("Connection: close\r\n"))
        let body = try await Self.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nx", to: port)
        #expect(body.hasPrefix("HTTP/1.1 413 "))
        let announced = try await Self.send(
            "GET /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n", to: port)
        #expect(announced.hasPrefix("HTTP/1.1 413 "))
        let old = try await Self.send("GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n", to: port).lowercased()
        #expect(old.contains("content-length: ") && !old.contains("transfer-encoding"))
        let coded = try await Self.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\nx", to: port)
        #expect(coded.hasPrefix("HTTP/1.1 400 "))
        #expect(try await Self.send("\u{16}\u{3}\u{1} TLS?\r\n\r\n", to: port).hasPrefix("HTTP/1.1 400 "))
        let endless = "GET /metrics HTTP/1.1\r\n" + String(repeating: "A: \(String(repeating: "b", count: 1000))\r\n", count: 40)
        #expect(!(try await Self.send(endless, to: port).hasPrefix("HTTP/1.1 200")))
    }

    @Test("An address that is taken is named, with what to do")
    func taken() async throws {
        let server = try await MetricsServer(on: .init(host: "127.0.0.1", port: 0), Self.port())
        let address = try #require(server.address)
        await #expect {
            _ = try await MetricsServer(on: address, Self.port())
        } throws: { error in
            "\(error)".contains("\(address): Address already in use") && "\(error)".contains("--metrics")
        }
    }

    /// Sends bytes, and returns all that comes until the connection is closed.
    private static func send(_ request: String, to port: Int) async throws -> String {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "127.0.0.1", port: port) {
            channel in
            channel.eventLoop.makeCompletedFuture { try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel) }
        }
        return try await channel.executeThenClose { inbound, outbound in
            var answer = ByteBuffer()
            // Closed before everything was sent, or read: that is an end as well.
            do {
                try await outbound.write(ByteBuffer(string: request))
                for try await bytes in inbound { answer.writeImmutableBuffer(bytes) }
            } catch is IOError {} catch ChannelError.ioOnClosedChannel {}
            return String(buffer: answer)
        }
    }
}
