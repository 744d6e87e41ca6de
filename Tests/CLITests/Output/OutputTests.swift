import FoundationEssentials
import StatsCore
import Testing

@testable import CLI

@Suite("What the CLI prints") struct OutputTests {
    @Test(
        "What a terminal would act upon is made visible",
        arguments: [
            ("plain ä 漢", "plain ä 漢"), ("\u{1b}[2J", "\\x1b[2J"), ("a\nb\r\t", "a\\x0ab\\x0d\\x09"), ("\u{9b}31m", "\\x9b31m"),
            ("a\u{202e}b", "a\\u{202e}b"), ("\u{7f}\0", "\\x7f\\x00"), ("a\u{61c}b", "a\\u{61c}b"), ("\r\n", "\\x0d\\x0a"),
        ])
    func escapes(text: String, visible: String) {
        #expect(VisibleText.escape(text) == visible)
    }

    @Test("Hostile names in JSON are still the same names for who decodes it")
    func jsonEscapes() throws {
        let name = "a\u{1b}[2J\u{9b}\u{202e}\u{7f}\"\n"
        let json = try Output.json(["name": name])
        #expect(!json.unicodeScalars.contains { $0 != "\n" && VisibleText.escape(String($0)) != String($0) })
        #expect(try JSONDecoder().decode([String: String].self, from: Data(json.utf8)) == ["name": name])
    }

    @Test("A table lines up, whatever is in it")
    func table() {
        var table = TextTable("NAME", ">ROWS", "END")
        table.append("a", "5", "x")
        table.append("漢\n", "12345", nil)
        #expect(
            table.text() == """
                NAME     ROWS  END
                a           5  x
                漢\\x0a  12345  -
                """)
    }

    @Test("A run's manifest names every table and what is missing")
    func manifest() throws {
        let json = """
            {"format":1,"id":"r1","name":"test\\u001b000","state":"incomplete","interval_us":1000000,"t0":"2026-11-21T08:00:00.000000Z",
             "t0_us":1,"collector_version":"0.1.0","verdict":"3 of 10 ticks are missing","files":{"host.csv":{"rows":7,"bytes":2048,"sha256":""}},
             "nodes":[{"node":"n1","agent":"a","addresses":[],"version":"0.1.0","expected":10,"present":7,"missing":{"away":3,"overrun":0}}]}
            """
        let manifest = try JSONDecoder().decode(RunManifest.self, from: Data(json.utf8))
        #expect(!manifest.isComplete)
        #expect(
            manifest.text == """
                Run      test\\x1b000  (r1)
                State    incomplete
                Verdict  3 of 10 ticks are missing
                Grid     every 1s from 2026-11-21T08:00:00.000000Z
                NODE  EXPECTED  PRESENT  MISSING  KERNEL  CGROUP  CPUS  MEMORY
                n1          10        7  away 3   -       -          -       -
                FILE      ROWS    BYTES
                host.csv     7  2.0 KiB
                """)
    }

    @Test("Live values of containers need no more than the columns that are there")
    func containers() throws {
        let json = #"{"f00":{"name":"web","node":"n1","cpu_percent":49.96,"memory_limit_bytes":9223372036854771712,"pids":null}}"#
        let value = try JSONDecoder().decode([String: JSONValue].self, from: Data(json.utf8))
        #expect(
            ContainerList(containers: value).text == """
                CONTAINER  ID   NODE  IMAGE  STATE     CPU  MEMORY  LIMIT  MEMORY %  PIDS
                web        f00  n1    -      -      50.0 %       -      -         -     -
                """)
    }
}
