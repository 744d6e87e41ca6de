import StatsCore
import Testing

@testable import CLI

/// A fleet of which the collector sends a part.
@Suite("sonde top with a fleet that isn't sent whole") struct TopFleetTests {
    private static func model(found: Int? = nil) throws -> TopModel {
        var model = try TopFixture.model()
        let containers = #"{"count":20000,"shown":4,"ended":12,"hot":1,"warm":1,"ok":19000\#(found.map { ",\"found\":\($0)" } ?? "")}"#
        try model.feed(
            "update",
            #"{"totals":{"containers":\#(containers),"nodes":{"count":10000,"shown":2,"connected":9990,"cores":40000,"cpu_percent":12.5,"#
                + #""memory_total_bytes":5497558138880000,"memory_available_bytes":2748779069440000,"rx_bytes_per_s":1500,"tx_bytes_per_s":300,"#
                + #""missing":{"away":33,"overrun":7},"left_out":{"container":5}}}}"#)
        return model
    }

    private static func text(_ model: TopModel, _ state: TopState = TopState()) -> [String] {
        TopFixture.screen(model, state, columns: 160).map(\.text)
    }

    @Test("The head counts everything, and says how much is shown and how to see others")
    func head() throws {
        let lines = try Self.text(Self.model())
        let totals = try #require(lines.first { $0.hasPrefix("9990 nodes") })
        #expect(
            totals.contains("9990 nodes, 10 lost, 19988 containers, 5 more aren't shown  CPU 12.5% of 40000 cores  MEM 50.0%"), "\(totals)")
        #expect(totals.contains("4 are shown: / finds others"), "\(totals)")
        #expect(lines.contains { $0.contains("64 ticks, 40 missing") }, "\(lines)")
        #expect(lines.contains { $0.contains("+9998") }, "nodes that aren't listed are counted: \(lines)")
        // Of one node everything is here, as it was asked for.
        var state = TopState()
        state.onlyNode = "n1"
        #expect(try Self.text(Self.model(), state).contains { $0.hasPrefix("1 node, 4 containers") })
    }

    @Test("Of a filter the collector is asked for as much as it looks for, whatever is typed")
    func longWish() {
        func path(_ filter: String) -> String { StreamRequest(question: .overview, wish: StreamWish(filter: filter)).path }
        #expect(path("a b  c d e f g h i j") == "/stream?find=a%20b%20c%20d%20e%20f%20g%20h")
        #expect(path(String(repeating: "ä", count: 257)) == "/stream")
        #expect(path(" ") == "/stream")
    }

    @Test("Filter, node and order are asked for when Enter is pressed, and only of a collector that doesn't send everything")
    func wish() throws {
        let (part, whole) = (try Self.model(), try TopFixture.model())
        var state = TopState()
        var asked = StreamRequest(question: .overview)
        func press(_ keys: [Key]) -> StreamRequest {
            _ = TopFixture.press(keys, part, &state)
            asked = state.request(part, before: asked)
            return asked
        }
        #expect(press([]).path == "/stream")
        #expect(press("/w b".unicodeScalars.map { .character($0) }).path == "/stream", "not at each letter")
        #expect(press([.enter]).path == "/stream?find=w%20b")
        #expect(state.request(whole, before: asked).path == "/stream")
        #expect(press([.character("t")]).path == "/stream?find=w%20b&sort=-rx_bytes_per_s%2Ctx_bytes_per_s")
        #expect(press([.character("a"), .character("r"), .escape]).path == "/stream?sort=-name")
        // What is opened comes besides, and what was asked for stays.
        #expect(press([.enter]).path == "/stream?container=cccccccccccccccc&sort=-name")
        #expect(press([.character("c"), .escape, .character("r")]).path == "/stream")
        state.onlyNode = "n 1"
        #expect(press([]).path == "/stream?on=n%201")
    }

    @Test("A filter that fits more than are sent says so, and one that was looked for among all has nothing to add")
    func found() throws {
        var state = TopState()
        state.filter = "n1"
        #expect(try Self.text(Self.model(found: 7000), state).contains { $0.contains("4 of 7000 found are shown") })
        #expect(try !Self.text(Self.model(found: 4), state).contains { $0.contains("are shown") })
        state.filter = "nothing"
        #expect(try Self.text(Self.model(found: 0), state).contains { $0.contains("Esc shows all 20000") })
    }

    @Test("Printed once, it says what is left out, and the JSON has the sums")
    func printed() throws {
        let printer = TopPrinter(state: TopState(), isOnce: true, format: .text)
        let note = "2 of 10000 nodes and 4 of 20000 containers shown: choose others with --filter, --node or --sort"
        #expect(try printer.text(Self.model()).hasSuffix(note))
        #expect(try printer.text(Self.model(found: 5)).hasSuffix(note))
        for model in [try TopFixture.model(), try Self.model(found: 4)] { #expect(!printer.text(model).contains("shown")) }
        #expect(try printer.json(Self.model())["totals"]?["containers"]?["count"]?.integer == 20000)
        #expect(try printer.json(TopFixture.model())["totals"] == nil)
    }
}
