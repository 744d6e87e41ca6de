import StatsCore
import Testing

@testable import CLI

@Suite("The screen of sonde top") struct TopScreenTests {
    @Test("The screen of 80 by 24 is as it was agreed on")
    func golden() throws {
        let lines = TopFixture.screen(try TopFixture.model())
        #expect(lines.count == 24)
        #expect(
            lines.filter { $0.width > 0 }.map { $0.text.replacing(#/ +$/#, with: "") }.joined(separator: "\n") == """
                sonde 127.0.0.1:9880  64.0G free for runs                           18:00:00 UTC
                Run test000 recording 1m 3s of 2m, 64 ticks, 3 missing
                1 node, 1 lost, 4 containers  CPU 37.5% of 4 cores  MEM 85.0% of 8.0G
                hurts  db unhealthy
                NODE         STATE     CPU%▼ CORES  MEM%  LOAD  PSI% DISK%  RX/s  TX/s CTRS
                n2           lost 12s      -     -     -     -     -     -     -     -    -
                n1           ok         37.5     4  85.0   1.2   1.0  40.0  1.5K   300    4
                NAME               NODE      CPU%▼   MEM  MEM%  RX/s  TX/s  THR%  OOM STATE
                web                n1        120.5 32.0M  50.0  1000   200     -    - running
                dddddddddddd       n1         12.0  2.0K     -     -     -     -    - -
                db                 n1          3.0  512M  95.0     -     -     -    - unhealthy
                漢字\\x1b[2J😀\\u{2… n1          0.0  1.0K   0.0     -     -     -    - paused
                quit ?help /filter cpu mem traffic i/o pids a-z reverse group nodes events Enter
                """)
    }

    @Test("At 80 columns state, throttling and kills are never left out, however long the names are", arguments: [80, 100, 200])
    func hurts(columns: Int) throws {
        var model = try TopFixture.model()
        try model.feed(
            "update",
            #"""
            {"containers":[{"key":9,"id":"e","name":"\#(String(repeating: "x", count: 255))","node":"\#(String(repeating: "n", count: 255))",
              "state":"exited","exit_code":137,"oom_kills_10m":10,"levels":{"oom_kills_10m":"hot","restarts_10m":"hot"}}]}
            """#)
        let lines = TopFixture.screen(model, columns: columns)
        let head = try #require(lines.first { $0.text.hasPrefix("NAME") })
        #expect(["THR%", "OOM", "STATE"].allSatisfy { head.text.contains($0) }, "\(head.text)")
        let row = try #require(lines.first { $0.text.hasPrefix("xxx") })
        #expect(row.text.contains("  10 exited 137"), "\(row.text)")
        #expect(row.pieces.filter { $0.style == .hot }.map(\.text).contains { $0.contains("exited 137") })
        #expect(lines[2].text.contains("4 containers"), "one of five has ended: \(lines[2].text)")
    }

    @Test("Containers that the collector doesn't show are counted above the lists")
    func leftOut() throws {
        var model = try TopFixture.model()
        #expect(!TopFixture.screen(model)[2].text.contains("shown"))
        try model.feed("update", #"{"nodes":[{"node":"n1","left_out":{"container":1700,"process":9},"levels":{"left_out":"warm"}}]}"#)
        let line = TopFixture.screen(model)[2]
        #expect(line.text.contains("4 containers, 1700 more aren't shown"), "\(line.text)")
        #expect(line.pieces.contains { $0.style == .warm && $0.text.contains("1700") })
    }

    @Test("Of a collector that doesn't know when containers were killed for memory, all kills are shown")
    func killsInAll() throws {
        var model = try TopFixture.model()
        try model.feed(
            "update", #"{"containers":[{"key":9,"id":"e","name":"eater","node":"n1","oom_kills":7,"levels":{"oom_kills":"hot"}}]}"#)
        let row = { (model: TopModel) in TopFixture.screen(model).first { $0.text.hasPrefix("eater") } }
        #expect(row(model)?.text.contains("   7 ") == true, "\(row(model)?.text ?? "")")
        #expect(row(model)?.pieces.contains { $0.style == .hot && $0.text.contains("7") } == true)
        try model.feed("update", #"{"containers":[{"key":9,"oom_kills_10m":0}]}"#)
        #expect(row(model)?.text.contains("   0 ") == true && row(model)?.text.contains("7") == false)
    }

    @Test("Containers that hurt are named above the list, the worst first and as many as there is room for")
    func named() throws {
        func row(_ name: String, _ trouble: String, _ field: String, _ value: String, level: String = "hot") -> TopRow? {
            let json =
                #"{"name":"\#(name)","\#(field)":\#(value),"troubles":[{"name":"\#(trouble)","level":"\#(level)","field":"\#(field)"}]}"#
            return (try? JSONValue.object(Array(json.utf8).span.bytes)).map { TopRow($0) }
        }
        let rows = [
            row("slow", "throttled", "throttled_percent", "40"), row("eater", "oom", "oom_kills_10m", "10"),
            row("later", "restarted", "restarts_10m", "2", level: "warm"), row("db", "unhealthy", "health", "\"unhealthy\""),
            row("new", "of a later version", "no such value", "1"),
        ].compactMap(\.self)
        #expect(TopHurts.line(rows, columns: 80)?.text == "hurts  db unhealthy, eater killed for memory 10×, slow throttled 40.0%")
        #expect(TopHurts.line(rows, columns: 52)?.text == "hurts  db unhealthy, eater killed for memory 10× +1")
        #expect(TopHurts.line(rows, columns: 20)?.text == "hurts  db unhealthy +2")
        #expect(TopHurts.line(rows.filter { $0.text("name") == "later" }, columns: 80) == nil)
    }

    @Test(
        "No line is too wide or too many, however small or large the terminal",
        arguments: [(40, 10), (80, 24), (20, 4), (1, 1), (7, 3), (300, 90)])
    func sizes(columns: Int, rows: Int) throws {
        var model = try TopFixture.model()
        try model.feed(
            "update",
            #"""
            {"containers":[{"key":9,"id":"e","name":"\#(String(repeating: "長", count: 255))","node":"\#(String(repeating: "n", count: 255))"}],
               "events":[{"kind":"oom","container":"\#(String(repeating: "長", count: 255))"}]}
            """#
        )
        var states = [TopState(), TopState(question: .container("e")), TopState(question: .node("n1"))]
        for keys in ["g", "/web", "?", "n", " ", "e"] {
            var state = TopState()
            _ = TopFixture.press(keys, model, &state)
            states.append(state)
        }
        try model.feed("detail", #"{"container":{"key":1,"processes":[{"pid":1,"comm":"sh"}]}}"#)
        for state in states {
            for lost in [nil, (seconds: 5, reason: String(repeating: "gone ", count: 40))] {
                let lines = TopFixture.screen(model, state, columns: columns, rows: rows, lost: lost)
                #expect(lines.count == rows)
                #expect(lines.allSatisfy { $0.width <= columns && TerminalText.width($0.text) == $0.width })
            }
        }
    }

    @Test("What the collector calls hot stands out: a full memory, an unhealthy container, a lost node")
    func colours() throws {
        let lines = TopFixture.screen(try TopFixture.model(), columns: 120)
        func hot(_ text: String) -> [String] {
            lines.filter { $0.text.contains(text) }.flatMap(\.pieces).filter { $0.style == .hot }
                .map { $0.text.filter { $0 != " " } }
        }
        #expect(hot("nginx").isEmpty, "nothing is judged here, however much it is")
        #expect(hot("postgres") == ["db", "95.0", "unhealthy"])
        #expect(hot("lost 12s") == ["n2", "lost12s"])
    }

    @Test("A lost collector is said in words, and its values are faint")
    func lost() throws {
        let lines = TopFixture.screen(try TopFixture.model(), lost: (12, "Connection refused"))
        #expect(lines[0].text == "sonde 127.0.0.1:9880  COLLECTOR LOST since 12 s: Connection refused")
        #expect(lines[3...].dropLast().flatMap(\.pieces).allSatisfy { $0.style == .faint })
    }

    @Test("What happened stands newest first, how decisions ended stands out, and Escape leads back")
    func events() throws {
        var model = try TopFixture.model()
        try model.feed(
            "update",
            #"""
            {"events":[
             {"time":"2026-11-21T18:00:01.250Z","node":"n1","level":"ok","kind":"container start","container":"web"},
             {"time":"2026-11-21T18:00:02.250Z","node":"n1","level":"warm","kind":"action","container":"web",
              "message":"stop (high): done; 120.5 MiB of memory is first of 4, of which 2 stay","detail":"{\"result\":\"done\",\"ranking\":[]}"},
             {"time":"2026-11-21T18:00:03.250Z","node":"n1","level":"warm","kind":"container die","container":"web","exit_code":137},
             {"time":"2026-11-21T18:00:04.250Z","node":"n2","kind":"action","container":"db\u001b[2J","message":"kill (low): failed","detail":"{"}]}
            """#)
        var state = TopState()
        #expect(TopFixture.press("e", model, &state) == [.redraw])
        let lines = TopFixture.screen(model, state)
        #expect(
            lines[3...].filter { $0.width > 0 }.map { $0.text.replacing(#/\s+$/#, with: "") }.joined(separator: "\n") == """
                    TIME NODE     EVENT           CONTAINER     WHAT
                18:00:04 n2       action          db\\x1b[2J     kill (low): failed
                18:00:03 n1       container die   web           exit 137
                18:00:02 n1       action          web           stop (high): done; 120.5 MiB of…
                18:00:01 n1       container start web
                quit ?help Esc back
                """)
        #expect(lines[6].pieces.last?.style == .warm && lines[4].pieces.last?.style == .plain)
        #expect(TopFixture.press([.down, .enter, .character("g"), .escape], model, &state) == [.redraw, .ignored, .ignored, .redraw])
        #expect(TopFixture.screen(model, state) == TopFixture.screen(model), "the list again")
    }

    @Test("A container that is open shows its processes, and says so while it waits or when it is gone")
    func processes() throws {
        var model = try TopFixture.model()
        let state = TopState(question: .container("aaaa"))
        #expect(TopFixture.screen(model, state)[3].text.contains("Asking"))
        try model.feed(
            "detail",
            #"{"container":{"key":1,"processes":[{"pid":7,"comm":"idle","cpu_percent":0},{"pid":8,"comm":"busy","cpu_percent":99}],"processes_left_out":3}}"#
        )
        let text = TopFixture.screen(model, state).map(\.text)
        #expect(text[3] == "web  aaaaaaaaaaaa  nginx:1.27  on n1")
        #expect(text[8].hasSuffix("busy      ") && text[9].hasSuffix("idle      ") && text[10].hasPrefix("and 3 more"), "\(text)")
        try model.feed("detail", #"{"container":null,"message":"no container that is live has the name 'web'"}"#)
        #expect(TopFixture.screen(model, state)[3].text == "no container that is live has the name 'web'")
    }

    @Test("A node whose cores are used up names who uses them above the lists and on its own page, which lists units and processes")
    func busiest() throws {
        var model = try TopFixture.model()
        #expect(!TopFixture.screen(model).contains { $0.text.contains("CPU by") })
        let update = #"{"nodes":[{"node":"n1","cpu_percent":98.0,"busiest":"mysqld (unit mysql.service)","busiest_cpu_percent":284.0,"#
        try model.feed("update", update + #""busiest_kind":"unit","levels":{"cpu_percent":"hot"}}]}"#)
        let list = TopFixture.screen(model)
        let line = try #require(list.first { $0.text.hasPrefix("busy") })
        #expect(line.text == "busy   n1 CPU 98.0% by mysqld (unit mysql.service) 71.0%" && line.pieces.last?.style == .hot)
        #expect(list.count == 24)
        #expect(TopFixture.screen(model, columns: 300).contains { $0.text.contains("MOST CPU BY") })

        try model.feed(
            "detail",
            #"""
            {"node":{"node":"n1","units":[{"unit":"idle.service","kind":"service","cpu_percent":0,"memory_usage_bytes":1024},
             {"unit":"mysql.service","kind":"service","cpu_percent":284,"memory_usage_bytes":4096,"cgroup":"/system.slice/mysql.service",
              "levels":{"cpu_percent":"warm"}}],
             "processes":[{"pid":7,"user":"mysql","comm":"mysqld","unit":"mysql.service","cpu_percent":283}],"processes_left_out":2}}
            """#)
        let page = TopFixture.screen(model, TopState(question: .node("n1")), columns: 120, rows: 40)
        let text = page.map(\.text)
        #expect(text.contains { $0.hasPrefix("most CPU by mysqld (unit mysql.service) 71.0%") }, "\(text)")
        let units = try #require(text.firstIndex { $0.hasPrefix("2 units") })
        #expect(
            text[units + 1].hasPrefix("UNIT") && text[units + 2].hasPrefix("mysql.service") && text[units + 3].hasPrefix("idle.service"))
        #expect(text[units + 2].contains("284") && text[units + 2].contains("4.0K"))
        #expect(page[units + 2].pieces.contains { $0.style == .warm && $0.text.contains("284") })
        let processes = try #require(text.firstIndex { $0.hasPrefix("1 process") })
        #expect(text[processes + 2].contains("mysqld") && text[processes + 2].contains("mysql.service"))
    }

    @Test("Of more nodes than have room the busiest are named and the others counted, and none that is lost or of which nothing is known")
    func busyNodes() throws {
        var model = try TopFixture.model()
        let nodes = (3...9).map {
            #"{"node":"n\#($0)","connected":true,"cores":1,"cpu_percent":9\#($0),"busiest":"cc1","busiest_cpu_percent":50,"levels":{"cpu_percent":"hot"}}"#
        }
        let others = [#"{"node":"x","connected":true,"cpu_percent":100,"levels":{"cpu_percent":"hot"}}"#]
        try model.feed("update", #"{"nodes":[\#((nodes + others).joined(separator: ","))]}"#)
        let line = try #require(TopFixture.screen(model).first { $0.text.hasPrefix("busy") })
        #expect(line.text == "busy   n9 CPU 99.0% by cc1 50.0%, n8 CPU 98.0% by cc1 50.0% +5", "\(line.text)")
    }

    @Test("Colours are those that the terminal has, and none where nobody wants any")
    func palettes() {
        func palette(_ environment: [String: String]) -> Palette { Palette { environment[$0] } }
        #expect(palette(["TERM": "xterm"]) == .eight && palette(["TERM": "screen-256color"]) == .many)
        #expect(
            palette(["TERM": "xterm-256color", "NO_COLOR": "1"]) == .plain && palette(["TERM": "xterm", "COLORTERM": "truecolor"]) == .many)
        for style in [ScreenStyle.plain, .faint, .bold, .title, .sortedTitle, .warm, .hot] {
            let codes = Palette.plain.parameters(style).split(separator: ";")
            #expect(codes.allSatisfy { ["1", "2", "4", "7"].contains($0) }, "no colour in \(style)")
        }
        var line = ScreenLine("漢", .hot)
        line.append(" x")
        // The column is set again where terminals may not agree on a width.
        #expect(Palette.eight.text(line) == "\u{1b}[1;31m漢\u{1b}[0m\u{1b}[3G x")
    }

    @Test(
        "Bytes take at most five columns",
        arguments: [
            (0, "0"), (1023, "1023"), (1024, "1.0K"), (102_399, "100K"), (1_048_000, "1023K"), (1_048_575, "1.0M"), (9.2e18, "8.0E"),
        ] as [(Double, String)])
    func compact(count: Double, text: String) {
        #expect(CompactUnits.bytes(count) == text)
    }

    @Test("Text is cut where it doesn't fit, between characters")
    func fitting() {
        #expect(TerminalText.fitted("abcdef", columns: 6) == "abcdef")
        #expect(TerminalText.fitted("abcdef", columns: 4) == "abc…")
        #expect(TerminalText.fitted("漢字漢字", columns: 4) == "漢…")
        #expect(TerminalText.fitted("e\u{301}e\u{301}e\u{301}", columns: 2) == "e\u{301}…")
        #expect(TerminalText.fitted("abc", columns: 0) == "")
    }

    @Test(
        "A character is as wide as terminals show it",
        arguments: [
            ("a", 1), ("漢", 2), ("e\u{301}", 1), ("😀", 2), ("🇩🇪", 2), ("⚡", 2), ("🩷", 2), ("ש", 1), ("…", 1), ("\u{301}", 0),
        ])
    func widths(text: String, width: Int) {
        #expect(TerminalText.width(text) == width)
    }
}
