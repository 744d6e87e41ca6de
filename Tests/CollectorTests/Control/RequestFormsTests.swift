import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import Collector

@Suite("The forms of HTTP/1", .timeLimit(.minutes(5))) struct RequestFormsTests {
    private let directory: ScratchDirectory

    init() throws { directory = try ScratchDirectory() }

    private static let host = "Host: 127.0.0.1\r\n"
    private static func head(_ version: HTTPVersion, _ headers: HTTPHeaders) -> HTTPRequestHead {
        HTTPRequestHead(version: version, method: .POST, uri: "/stop", headers: headers)
    }

    @Test("A client is told to send its body when all that it asked before is answered, and only once")
    func continues() throws {
        var forms = RequestForms(bodyLimit: 100)
        _ = try forms.receive(Self.head(.http1_1, [:]))
        let asking = try forms.receive(Self.head(.http1_1, ["Expect": "100-Continue", "Content-Length": "100"]))
        #expect(asking.isKeepAlive)
        let early = forms.takeContinue()
        forms.answered()
        let (now, again) = (forms.takeContinue(), forms.takeContinue())
        #expect((early, now, again) == (false, true, false))
    }

    @Test(
        "A client that is not told to send its body loses its connection: only that ends the request for both",
        arguments: [
            ["Expect": "100-continue", "Content-Length": "101"], ["Expect": "100-continue"],
            ["Expect": "something", "Content-Length": "1"],
            ["Expect": "100-continue, something", "Content-Length": "1"],
        ])
    func refuses(headers: [String: String]) throws {
        var forms = RequestForms(bodyLimit: 100)
        #expect(!(try forms.receive(Self.head(.http1_1, HTTPHeaders(headers.map { ($0.key, $0.value) }))).isKeepAlive))
        let isTold = forms.takeContinue()
        #expect(!isTold)
        #expect(forms.answer(HTTPResponseHead(version: .http1_1, status: .ok)).headers["Connection"] == ["close"])
    }

    @Test("Requests of HTTP/1.0 and 1.1 on one connection are each answered in their own form")
    func mixed() throws {
        var forms = RequestForms(bodyLimit: 100)
        _ = try forms.receive(Self.head(.http1_1, [:]))
        _ = try forms.receive(Self.head(.http1_0, ["Connection": "keep-alive", "Expect": "100-continue", "Content-Length": "1"]))
        let answer = HTTPResponseHead(version: .http1_1, status: .ok)
        #expect(forms.answer(answer) == answer)
        forms.answered()
        let isTold = forms.takeContinue()
        #expect(!isTold)
        #expect(forms.answer(answer) == HTTPResponseHead(version: .http1_0, status: .ok, headers: ["Connection": "close"]))
    }

    @Test(
        "HTTP/1.0 gets no chunks: an answer without a length ends with the connection",
        arguments: ["/metrics", "/status"], ["", "Connection: keep-alive\r\n"])
    func old(path: String, header: String) async throws {
        try await ControlPort.with(directory.path) { port in
            let answer = try await port.send("GET \(path) HTTP/1.0\r\n\(Self.host)\(header)\r\n").lowercased()
            #expect(answer.hasPrefix("http/1.0 200 ok\r\n") && answer.contains("\r\nconnection: close\r\n"), "\(answer.prefix(400))")
            #expect(!answer.contains("transfer-encoding"))
            let body = try #require(answer.firstRange(of: "\r\n\r\n").map { answer[$0.upperBound...] })
            #expect(path == "/metrics" ? body.hasPrefix("# help ") : body.hasPrefix("{"), "\(body.prefix(200))")
            #expect(!body.hasSuffix("0\r\n\r\n"))
        }
    }

    @Test("`Connection: close` counts in any letters, and beside other words", arguments: ["Close", "CLOSE", "TE, close"])
    func close(words: String) async throws {
        try await ControlPort.with(directory.path) { port in
            // It returns when the connection has ended.
            let answer = try await port.send("GET /healthz HTTP/1.1\r\n\(Self.host)Connection: \(words)\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.hasSuffix("ok\n"))
        }
    }

    @Test(
        "A client that waits for `100 Continue`, said once or twice, gets it, sends its body, and is answered",
        arguments: ["Expect: 100-continue", "Expect: 100-continue, 100-Continue", "Expect: 100-continue\r\nExpect: 100-continue"])
    func expectation(header: String) async throws {
        try await ControlPort.with(directory.path) { port in
            try await port.connected { inbound, outbound in
                try await outbound.write(
                    .init(
                        string: "POST /stop HTTP/1.1\r\n\(Self.host)Content-Length: 3\r\n\(header)\r\nConnection: close\r\n\r\n")
                )
                let first = try #require(try await inbound.next())
                #expect(String(buffer: first) == "HTTP/1.1 100 Continue\r\n\r\n")
                try await outbound.write(.init(string: "abc"))
                var answer = ""
                while let bytes = try await inbound.next() { answer += String(buffer: bytes) }
                #expect(answer.hasPrefix("HTTP/1.1 409 ") && answer.contains("no_run"), "\(answer)")
            }
        }
    }

    @Test(
        "A body that is too large, or another expectation, is refused before the body comes",
        arguments: [
            ("Content-Length: 300000\r\nExpect: 100-continue", 413, "body_too_large"),
            ("Content-Length: 3\r\nExpect: a-miracle", 417, "bad_expectation"),
            ("Content-Length: 3\r\nExpect: 100-continue, a-miracle", 417, "bad_expectation"),
            ("Content-Length: 3\r\nExpect: 100-continue\r\nExpect: a-miracle", 417, "bad_expectation"),
        ])
    func refusedExpectation(headers: String, status: Int, code: String) async throws {
        try await ControlPort.with(directory.path) { port in
            let answer = ControlPort.Answer(text: try await port.send("POST /stop HTTP/1.1\r\n\(Self.host)\(headers)\r\n\r\n"))
            #expect(answer.status == status && answer.code == code, "\(answer)")
        }
    }

    @Test(
        "What is no valid HTTP is answered with 400 and our own error, and the connection ends",
        arguments: [
            "POST /stop HTTP/1.1\r\n\(host)Transfer-Encoding: gzip\r\n\r\nabc",
            "POST /stop HTTP/1.1\r\n\(host)Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
            "POST /stop HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
            "POST /stop HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc",
            "POST /stop HTTP/1.1\r\n\(host)Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
            "POST /stop HTTP/1.0\r\n\(host)Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /stop HTTP/1.1\r\n\(host)Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
            "POST /stop HTTP/1.1\r\n\(host)Content-Length: -1\r\n\r\nabc", "POST /stop HTTP/1.1\r\n\(host)Content-Length: x\r\n\r\nabc",
            "GET /healthz HTTP/9.9\r\n\(host)\r\n", "GET /healthz HTTP/2.0\r\n\(host)\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "GET /healthz HTTP/1.1\r\n\(host)X : y\r\n\r\n", "GET /healthz HTTP/1.1\r\n\(host)X: a\0b\r\n\r\n",
            "\u{16}\u{3}\u{1} TLS?\r\n\r\n", "GET /a b HTTP/1.1\r\n\(host)\r\n",
            "POST /stop HTTP/1.1\r\n\(host)Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        ])
    func rubbish(request: String) async throws {
        try await ControlPort.with(directory.path) { port in
            let answer = ControlPort.Answer(text: try await port.send(request))
            #expect(answer.status == 400 && answer.code == "bad_request" && answer.has("content-type: application/json"), "\(answer)")
            #expect(!["HTTPParser", "llhttp", "NIO"].contains { answer.text.contains($0) }, "\(answer)")
        }
    }

    @Test("Rubbish behind a good request doesn't spoil its answer")
    func rubbishBehind() async throws {
        try await ControlPort.with(directory.path) { port in
            let answers = try await port.send("GET /healthz HTTP/1.1\r\n\(Self.host)\r\nRUBBISH\r\n\r\n")
            #expect(answers.hasPrefix("HTTP/1.1 200 OK\r\n") && answers.contains("ok\nHTTP/1.1 400 "), "\(answers)")
            #expect(answers.ranges(of: "\r\n\r\n").count == 2)
        }
    }
}
