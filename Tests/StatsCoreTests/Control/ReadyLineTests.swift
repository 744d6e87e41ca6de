import Testing

@testable import StatsCore

@Suite("The daemons' ready lines") struct ReadyLineTests {
    private static let v6 = ListenAddress(host: "::1", port: 4001)
    private static let name = ListenAddress(host: "collector.example", port: 65535)

    @Test(
        "What a collector says is read by who started it",
        arguments: [
            CollectorReady(agents: v6, control: name, isTLS: false, data: "/a, b"),
            CollectorReady(agents: name, control: v6, isTLS: true, data: "/srv/, data in x, control on http://y:1"),
        ])
    func collector(ready: CollectorReady) {
        #expect(CollectorReady(ready.text) == ready && ready.text.hasPrefix(ReadyLine.begin(of: "sonde-collector")))
    }

    @Test(
        "What an agent says is read by who started it",
        arguments: [
            AgentReady(node: "a", collectors: [], metrics: nil), AgentReady(node: "a b, c", collectors: [name], metrics: nil),
            AgentReady(node: "a", collectors: [], metrics: v6), AgentReady(node: ", collector x", collectors: [v6], metrics: name),
            AgentReady(node: "a", collectors: [v6, name], metrics: v6),
        ])
    func agent(ready: AgentReady) {
        #expect(AgentReady(ready.text) == ready && ready.text.hasPrefix(ReadyLine.begin(of: "sonde-agent")))
    }

    @Test("The lines stay as scripts know them")
    func lines() {
        let address = ListenAddress(host: "127.0.0.1", port: 1)
        #expect(
            CollectorReady(agents: address, control: address, isTLS: false, data: "/d").text
                == "sonde-collector ready: agents on 127.0.0.1:1, control on http://127.0.0.1:1, data in /d")
        #expect(
            AgentReady(node: "n", collectors: [address], metrics: address).text
                == "sonde-agent ready: node n, collector 127.0.0.1:1, metrics on http://127.0.0.1:1")
    }

    @Test(
        "Another line is none",
        arguments: [
            "", "sonde-collector ready:", "sonde-collector ready: agents on x, control on http://y, data in z",
            "sonde-collector ready: agents on 127.0.0.1:1, control on http://127.0.0.1:70000, data in z",
            "sonde-collector ready: agents on 127.0.0.1:1, control on ftp://127.0.0.1:7, data in z",
            "sonde-agent: node a", "sonde-agent ready:",
        ])
    func otherLine(line: String) {
        #expect(CollectorReady(line) == nil && AgentReady(line) == nil)
    }
}
