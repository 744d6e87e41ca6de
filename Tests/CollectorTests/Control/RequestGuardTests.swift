import HTTPTypes
import StatsCore
import TestSupport
import Testing

@testable import Collector

@Suite("Who may ask the control port", .timeLimit(.minutes(10))) struct RequestGuardTests {
    private let directory: ScratchDirectory

    init() throws { directory = try ScratchDirectory() }

    @Test("With a token, nothing but the probes and the page without its values is told to whoever doesn't have it")
    func bearer() async throws {
        let token = Token()
        try await ControlPort.with(directory.path, token: token) { port in
            let wrong = String(token.hexadecimal.reversed())
            let paths = ["/status", "/instances", "/runs", "/containers", "/nothing/here", "/page", "/healthz/", "/%68ealthz", "//healthz"]
            for path in paths {
                let absent = try await port.ask(path)
                #expect(absent.status == 401 && absent.code == "unauthorized" && absent.text.contains("--token-file"), "\(absent)")
                #expect(absent.has("WWW-Authenticate: Bearer realm=\"sonde\""), "\(absent)")
                for header in [
                    "Bearer \(wrong)", "Bearer", "Bearer ", "Basic \(token.hexadecimal)", token.hexadecimal, "Bearer \(token.hexadecimal)0",
                ] {
                    let answer = try await port.ask(path, ["Authorization: \(header)"])
                    #expect(answer.status == 401, "\(header.prefix(8)) \(answer)")
                }
            }
            for method in ["POST", "HEAD", "DELETE", "OPTIONS"] { #expect(try await port.ask("/stop", method: method).status == 401) }
            #expect(try await port.ask("/healthz").status == 200)
            #expect(try await port.ask("/readyz").status == 200)
            for scheme in ["Bearer", "bearer", "BEARER"] {
                #expect(try await port.ask("/status", ["Authorization: \(scheme) \(token.hexadecimal)"]).status == 200)
            }
            #expect(try await port.ask("/nothing", ["Authorization: Bearer \(token.hexadecimal)"]).status == 404)
            // With the token any name is allowed: a page that rebinds a name doesn't have it.
            #expect(try await port.ask("/status", ["Host: collector:9880", "Authorization: Bearer \(token.hexadecimal)"]).status == 200)
            #expect(try await port.ask("/healthz", ["Host: evil.example"]).status == 421)
        }
    }

    @Test("Only an address, localhost, the machine's own name and names that were given are answered")
    func hosts() async throws {
        let hosts = HostNames(["Sonde.example.org"])
        for host in [
            "localhost", "LOCALHOST:9880", "127.0.0.1", "127.0.0.1:1", "10.2.3.4:9880", "[::1]", "[::1]:9880", "[fe80::1]",
            "sonde.example.org:80",
        ] {
            #expect(hosts.contains(host), "\(host)")
        }
        for host in [
            "evil", "evil.example:9880", "localhost.evil.example", "127.0.0.1.evil.example", "1.2.3", "0x7f000001", "2130706433", "::1",
            "[127.0.0.1]", "[evil]", "localhost:", "localhost:x", "localhost:99999", "", ":80", "localhost:80:80", "user@localhost",
        ] {
            #expect(!hosts.contains(host), "\(host)")
        }
        try await ControlPort.with(directory.path, names: ["sonde.example.org"]) { port in
            let evil = try await port.ask("/status", ["Host: evil"])
            #expect(evil.status == 421 && evil.code == "bad_host", "\(evil)")
            #expect(try await port.ask("/nothing", ["Host: evil"]).status == 421)
            #expect(try await port.ask("http://127.0.0.1/status", ["Host: evil"]).status == 421)
            #expect(try await port.ask("/status", ["Host: sonde.example.org"]).status == 200)
            #expect(try await port.ask("/status", ["Host: localhost:\(port.port)", "Host: evil"]).status == 400)
            let absent = try await port.send("GET /status HTTP/1.1\r\nConnection: close\r\n\r\n")
            #expect(absent.hasPrefix("HTTP/1.1 400"), "\(absent)")
        }
    }

    @Test("What a page from elsewhere makes a browser send is refused; the user's own requests are not")
    func crossSite() async throws {
        try await ControlPort.with(directory.path) { port in
            let own = "127.0.0.1:\(port.port)"
            // 409 means that the request reached the route, and that there is no run to stop.
            let posts: [(headers: [String], status: Int)] = [
                ([], 409), (["Origin: http://\(own)"], 409), (["Origin: https://\(own)"], 409), (["Sec-Fetch-Site: same-origin"], 409),
                (["Sec-Fetch-Site: none"], 409),
                (["Origin: http://evil.example"], 403), (["Origin: null"], 403), (["Origin: http://\(own).evil.example"], 403),
                (["Origin: http://127.0.0.1:1"], 403), (["Sec-Fetch-Site: cross-site"], 403), (["Sec-Fetch-Site: same-site"], 403),
                (["Origin: http://\(own)", "Sec-Fetch-Site: cross-site"], 403),
                (["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"], 403),
            ]
            for (headers, status) in posts {
                #expect(try await port.ask("/stop", headers, method: "POST").status == status, "\(headers)")
            }
            let link = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"]
            let frame = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"]
            #expect(try await port.ask("/status", ["Sec-Fetch-Site: cross-site"]).code == "cross_site")
            #expect(try await port.ask("/status", ["Sec-Fetch-Site: same-origin"]).status == 200)
            #expect(try await port.ask("/status", link).status == 403)
            #expect(try await port.ask("/", frame).status == 403)
            #expect(try await port.ask("/", link).status != 403, "the page itself may be linked to")
            // The answer to a preflight has nothing that would permit the request itself.
            let preflight = try await port.ask("/stop", ["Origin: http://evil.example"], method: "OPTIONS")
            #expect(preflight.status == 403 && !preflight.text.lowercased().contains("access-control"), "\(preflight)")
        }
    }

    @Test("An answer to HEAD has no body, a refusal neither")
    func head() async throws {
        try await ControlPort.with(directory.path, token: Token()) { port in
            for (path, host) in [("/healthz", "localhost"), ("/nothing", "localhost"), ("/stop", "localhost"), ("/healthz", "evil")] {
                let answer = try await port.ask(path, ["Host: \(host)"], method: "HEAD")
                #expect(answer.status > 0 && answer.text.hasSuffix("\r\n\r\n"), "\(answer)")
            }
        }
    }

    @Test("Every answer, also to what is no request, says that a browser may do nothing with it")
    func headers() async throws {
        try directory.makeRun("run", host: Array("time,tick,node\n".utf8))
        try await ControlPort.with(directory.path) { port in
            let answers = [
                try await port.ask("/status"), try await port.ask("/healthz"), try await port.ask("/nothing"),
                try await port.ask("/start/x"),
                try await port.ask("/status", ["Host: evil"]), try await port.ask("/stop", ["Origin: null"], method: "POST"),
                try await port.ask("/runs/run/host.csv"), ControlPort.Answer(text: try await port.send("rubbish\r\n\r\n")),
            ]
            #expect(answers.map(\.status) == [200, 200, 404, 405, 421, 403, 200, 400])
            for answer in answers {
                for header in [
                    "X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer", "Cross-Origin-Resource-Policy: same-origin",
                    "Cache-Control: no-store",
                ] {
                    #expect(answer.has(header), "\(header) in \(answer)")
                }
                #expect(answer.text.contains("Content-Security-Policy: default-src 'none';"), "\(answer)")
                #expect(!answer.text.lowercased().contains("access-control-"), "\(answer)")
            }
            #expect(answers[6].has("Content-Disposition: attachment; filename=\"host.csv\""), "\(answers[6])")
            #expect(answers[6].has("Content-Type: text/csv; charset=utf-8; header=present"), "\(answers[6])")
        }
    }

    @Test(
        "Who may only look may see what goes on, and neither change anything nor take what is stored, however the path is written",
        arguments: [
            ("GET", "/", false), ("GET", "/status", false), ("HEAD", "/stream", false), ("GET", "/runs", false), ("GET", "/runs/", false),
            ("GET", "/runs/a", true), ("HEAD", "/runs/a/host.csv", true), ("GET", "//runs//a/", true),
            ("GET", "/runs/a/report.html", true), ("POST", "/stop", true), ("POST", "/", true), ("DELETE", "/status", true),
            ("MSEARCH", "/status", true),
        ])
    func owners(method: String, path: String, isForOwner: Bool) throws {
        #expect(RequestGuard.isForOwner(try #require(HTTPRequest.Method(method)), path) == isForOwner)
    }
}
