import Foundation
import StatsCore
import Testing

extension IntegrationTests {
    /// A real collector's control port, with requests of a browser under a foreign page's control, and of hostile clients.
    @Suite("A control port that is attacked") struct HostileControl {
        @Test("A foreign page's form, or a name that it points here, starts no run and learns nothing")
        func browser() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector)
                let own = "127.0.0.1:\(collector.control.port)"
                let form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\nOrigin: http://evil.example"
                #expect(try Self.ask(collector, "POST /start/stolen", host: own, form, body: "a=b").hasPrefix("HTTP/1.1 403"))
                #expect(try Self.ask(collector, "POST /start/stolen", host: "evil").hasPrefix("HTTP/1.1 421"))
                #expect(try Self.ask(collector, "POST /start/stolen", host: own, "Sec-Fetch-Site: cross-site").hasPrefix("HTTP/1.1 403"))
                for path in ["/status", "/instances", "/containers", "/runs", "/nowhere"] {
                    let answer = try Self.ask(collector, "GET \(path)", host: "evil:\(collector.control.port)")
                    #expect(answer.hasPrefix("HTTP/1.1 421") && !answer.contains("here\""), "\(answer)")
                }
                #expect(try collector.control.status().run == nil)
                #expect(!FileManager.default.fileExists(atPath: collector.data + "/stolen"))
                let host = ProcessInfo.processInfo.hostName
                #expect(try Self.ask(collector, "GET /instances", host: "\(host):1").hasPrefix("HTTP/1.1 200"), "\(host)")
            }
        }

        @Test("Headers and bodies without an end are refused, and cost no memory", arguments: ["headers", "a header", "a path", "a body"])
        func floods(of what: String) async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                let before = try Self.peakMemory(collector)
                let connection = try TCPConnection(port: collector.control.port)
                let megabyte = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
                let host = "Host: 127.0.0.1\r\n"
                switch what {
                case "headers":
                    let header = Array("X-\(String(repeating: "y", count: 90)): z\r\n".utf8)
                    connection.send(Array("GET /status HTTP/1.1\r\n\(host)".utf8))
                    // 200,000 headers.
                    let thousand = Array(repeatElement(header, count: 1000).joined())
                    for _ in 0..<200 { connection.send(thousand) }
                    connection.send(Array("\r\n".utf8))
                case "a header": connection.send(Array("GET /status HTTP/1.1\r\n\(host)X: ".utf8))
                case "a path": connection.send(Array("GET /".utf8))
                default: connection.send(Array("POST /stop HTTP/1.1\r\n\(host)Content-Length: 1000000000000\r\n\r\n".utf8))
                }
                if what != "headers" { for _ in 0..<64 { connection.send(megabyte) } }
                // The answer may be lost, because it comes while the request is still being sent.
                let answer = String(decoding: (try? connection.readAll()) ?? [], as: UTF8.self)
                #expect(answer.isEmpty || answer.hasPrefix(what == "a body" ? "HTTP/1.1 413" : "HTTP/1.1 400"), "\(answer)")
                let grown = try Self.peakMemory(collector) - before
                #expect(grown < 16 << 20, "\(grown >> 20) MiB more")
                #expect(try collector.control.send("GET", "/healthz").status == 200)
            }
        }

        @Test("Five hundred clients that ask nothing keep nobody out")
        func idleClients() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                let crowd = try (0..<500).map { _ in try TCPConnection(port: collector.control.port) }
                #expect(try collector.control.send("GET", "/healthz").status == 200)
                #expect(try await scene.sonde(collector, "instances").status == 0)
                for connection in crowd { connection.close() }
            }
        }

        @Test(
            "HTTP/1.0, a body that waits for leave and codings that nobody knows are answered in the forms of HTTP, and the collector goes on"
        )
        func forms() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                let host = "Host: 127.0.0.1\r\n"
                for (request, begin, end) in [
                    ("GET /metrics HTTP/1.0\r\n\(host)\r\n", "HTTP/1.0 200 OK\r\n", "\n"),
                    ("POST /stop HTTP/1.1\r\n\(host)Transfer-Encoding: gzip\r\n\r\nabc", "HTTP/1.1 400 ", "}\n"),
                    ("POST /stop HTTP/1.1\r\n\(host)Content-Length: 99999\r\nExpect: 100-continue\r\n\r\n", "HTTP/1.1 413 ", "}\n"),
                    ("POST /stop HTTP/1.1\r\n\(host)Content-Length: 1\r\nExpect: more\r\n\r\n", "HTTP/1.1 417 ", "}\n"),
                    ("nonsense\r\n\r\n", "HTTP/1.1 400 ", "}\n"),
                ] {
                    let connection = try TCPConnection(port: collector.control.port)
                    connection.send(Array(request.utf8))
                    let answer = String(decoding: try connection.readAll(), as: UTF8.self)
                    #expect(answer.hasPrefix(begin) && answer.hasSuffix(end), "\(request)\n\(answer)")
                    #expect(!answer.lowercased().contains("chunked\r\n"))
                }
                let connection = try TCPConnection(port: collector.control.port)
                let go = "HTTP/1.1 100 Continue\r\n\r\n"
                let head = "POST /stop HTTP/1.1\r\n\(host)Content-Length: 1\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"
                connection.send(Array(head.utf8))
                #expect(String(decoding: try connection.read(go.utf8.count), as: UTF8.self) == go)
                connection.send(Array("x".utf8))
                #expect(String(decoding: try connection.readAll(), as: UTF8.self).hasPrefix("HTTP/1.1 409 "))
            }
        }

        /// Sends a request line and headers as given, and returns the raw answer.
        private static func ask(_ collector: Collector, _ request: String, host: String, _ headers: String = "", body: String = "") throws
            -> String
        {
            let connection = try TCPConnection(port: collector.control.port)
            defer { connection.close() }
            let lines = ["\(request) HTTP/1.1", "Host: \(host)"] + (headers.isEmpty ? [] : [headers]) + ["Connection: close", "", body]
            connection.send(Array(lines.joined(separator: "\r\n").utf8))
            return String(decoding: try connection.readAll(), as: UTF8.self)
        }

        /// The collector's highest resident memory so far, in bytes.
        private static func peakMemory(_ collector: Collector) throws -> Int {
            let status = try String(contentsOfFile: "/proc/\(collector.child.pid)/status", encoding: .utf8)
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
            return try #require(line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }) * 1024
        }
    }
}
