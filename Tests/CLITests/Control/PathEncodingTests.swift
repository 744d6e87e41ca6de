import Testing

@testable import CLI

@Suite("Paths of requests") struct PathEncodingTests {
    @Test(
        "A run's name is encoded component by component",
        arguments: [
            ("test000", "test000"), ("2026/load-1_a~b.c", "2026/load-1_a~b.c"), ("a b", "a%20b"), ("ä", "%C3%A4"), ("50%", "50%25"),
            ("a?b#c&d", "a%3Fb%23c%26d"), ("../x", "%2E%2E/x"), ("a/./b", "a/%2E/b"), ("...", "..."), ("a\0b", "a%00b"), ("a\nb", "a%0Ab"),
            ("a//b", "a//b"), ("\\", "%5C"),
        ])
    func run(name: String, encoded: String) {
        #expect(PathEncoding.run(name) == encoded)
    }

    @Test("A component's slash is encoded")
    func slash() {
        #expect(PathEncoding.component("a/b") == "a%2Fb")
    }

    @Test("A query has the values that are given, and only those")
    func query() {
        #expect(PathEncoding.query([("a", nil)]) == "")
        #expect(PathEncoding.query([("interval", "1s"), ("note", nil), ("expect", "a&b=c")]) == "?interval=1s&expect=a%26b%3Dc")
    }
}

@Suite("The daemons' first lines") struct ReadyLineTests {
    @Test("The collector's ready line gives both addresses")
    func readyLine() throws {
        let line = "sonde-collector ready: agents on 127.0.0.1:4001, control on http://127.0.0.1:4002, data in /a, b"
        let ready = try #require(CollectorReadyLine(line))
        #expect(ready.agents == Endpoint(host: "127.0.0.1", port: 4001))
        #expect(ready.control == Endpoint(host: "127.0.0.1", port: 4002))
    }

    @Test(
        "Another line is none",
        arguments: [
            "", "sonde-collector ready:", "sonde-collector ready: agents on x, control on http://y, data in z",
            "sonde-collector ready: agents on 127.0.0.1:1, control on http://127.0.0.1:70000, data in z",
        ])
    func otherLine(line: String) {
        #expect(CollectorReadyLine(line) == nil)
    }

    @Test("Only warnings and errors of a log are passed on, without time and label, their facts behind them")
    func warnings() {
        #expect(Journal.warning(in: "2026-11-21T09:00:00+0000 warning sonde-agent: [Agent] not running as root") == "not running as root")
        #expect(
            Journal.warning(in: "2026-11-21T09:00:00+0000 warning sonde-agent: reason=no Docker engine [Agent] out of reach")
                == "out of reach (reason=no Docker engine)")
        #expect(Journal.warning(in: "2026-11-21T09:00:00+0000 info sonde-agent: [Agent] connected") == nil)
        #expect(Journal.warning(in: "warning") == nil)
    }
}
