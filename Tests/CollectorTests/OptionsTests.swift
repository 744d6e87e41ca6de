import ArgumentParser
import Logging
import NIOCore
import StatsCore
import TestSupport
import Testing

@testable import Collector

@Suite("Options") struct OptionsTests {
    private func configuration(_ words: [String], environment: [String: String] = [:]) throws -> CollectorConfiguration {
        try CollectorConfiguration(CollectorOptions.layered(words, environment: environment))
    }

    @Test("A flag wins over a variable, a variable over the file, the file over the default")
    func order() throws {
        let place = try ScratchDirectory()
        try place.write(
            Array(#"{"listen": "1.1.1.1:1", "control": "1.1.1.1:2", "data": "/file", "log-level": "error", "insecure": true}"#.utf8),
            to: "c.json")
        let read = try configuration(
            ["--listen", "3.3.3.3:1", "--config", place.path + "/c.json"],
            environment: ["SONDE_LISTEN": "2.2.2.2:1", "SONDE_DATA": "/variable", "SONDE_LOG_LEVEL": "debug"])
        #expect(read.options.listen == ListenAddress("3.3.3.3:1"))
        #expect(read.options.data == "/variable" && read.state == "/variable")
        #expect(read.options.logLevel == .debug)
        #expect(read.options.control == ListenAddress("1.1.1.1:2"))
        let defaults = try configuration([])
        let options = defaults.options
        #expect("\(options.listen) \(options.control) \(options.data) \(options.logLevel)" == "127.0.0.1:9822 127.0.0.1:9880 ./data info")
        #expect(defaults.state == "./data" && defaults.liveLog == nil && defaults.tls == nil && defaults.controlNames.isEmpty)
    }

    private static let declared = DeclaredOption.all(of: CollectorOptions.self)

    /// For each option three values that differ from each other and from the default.
    private static let samples: [String: [String]] = [
        "remote-write": ["http://a/w", "http://b/w", "https://c/w"], "remote-write-token-file": ["/a", "/b", "/c"],
        "remote-write-user": ["a", "b", "c"], "remote-write-password-file": ["/a", "/b", "/c"], "remote-write-ca": ["/a", "/b", "/c"],
        "remote-write-certificate": ["/a", "/b", "/c"], "remote-write-key": ["/a", "/b", "/c"],
        "remote-write-header": ["A: b", "A: c", "B: c"], "remote-write-label": ["a=b", "a=c", "b=c"],
        "remote-write-interval": ["10s", "20s", "1h"], "remote-write-protocol": ["2.0", "1.0", "otlp"],
        "remote-write-queue": ["1MiB", "2MiB", "2GiB"], "remote-write-connections": ["1", "2", "3"],
        "listen": ["127.0.0.1:1", "[::1]:2", "localhost:0"], "control": ["127.0.0.1:1", "[::1]:2", "localhost:0"],
        "control-name": ["a", "b", "c,d"], "data": ["/a", "/b", "/c"], "state": ["/a", "/b", "/c"], "token-file": ["/a", "/b", "/c"],
        "tls-ca": ["/a", "/b", "/c"], "tls-certificate": ["/a", "/b", "/c"], "tls-key": ["/a", "/b", "/c"],
        "log-live": ["/a", "/b", "/c"], "log-live-size": ["64KiB", "1MiB", "2GiB"], "log-live-age": ["8s", "90m", "1h"],
        "keep": ["30d", "20GiB", "1h"], "lifeline": ["/a", "/b", "/c"], "log-level": ["trace", "debug", "critical"],
    ]

    @Test(
        "Each option is taken from the file, from its variable before that, and from its flag before both",
        arguments: declared.filter { $0.name != "config" })
    func layers(option: DeclaredOption) throws {
        let samples = try option.kind == .flag ? [] : #require(Self.samples[option.name], "an option without samples here")
        #expect(try OptionSources(option, of: Self.declared).faults(samples) { try "\(CollectorOptions.parse($0))" } == [])
    }

    @Test(
        "An error names the option",
        arguments: [
            (["--listen", "nonsense"], "--listen"), (["--control", "nonsense"], "--control"), (["--log-level", "loud"], "--log-level"),
            (["--data", ""], "--data"), (["--log-live", ""], "--log-live"), (["--log-live-size", "1"], "--log-live-size"),
            (["--log-live-age", "7s"], "--log-live-age"), (["--tls-ca", "/ca"], "--tls-certificate and --tls-key aren't given"),
            (["--listen", "0.0.0.0:1"], "--listen 0.0.0.0:1 can be reached"), (["--control", "0.0.0.0:1"], "--control 0.0.0.0:1 can be"),
        ])
    func named(words: [String], name: String) {
        #expect {
            try configuration(words)
        } throws: { error in
            CollectorOptions.fullMessage(for: error).contains(name)
        }
    }

    @Test("Everybody is let in only when that is asked for; without a secret the kernel is asked who somebody is")
    func exposure() throws {
        #expect(try configuration(["--listen", "0.0.0.0:1", "--insecure"]).isOpenToAll)
        #expect(try !configuration(["--listen", "0.0.0.0:1", "--token-file", "/token"]).isOpenToAll)
        #expect(try configuration(["--insecure"]).isOpenToAll)
        #expect(try !configuration(["--insecure", "--token-file", "/token"]).isOpenToAll)
        #expect(try configuration([]).asksKernel && !configuration([]).isOpenToAll)
        for options in [["--insecure"], ["--token-file", "/token"]] { #expect(try !configuration(options).asksKernel) }
    }

    @Test("What follows from options: names with commas in between, and the log of live ticks")
    func derived() throws {
        let read = try configuration(["--control-name", "a, b", "--log-live", "/live"])
        #expect(read.controlNames == ["a", "b"])
        #expect(read.liveLog == LiveLogOptions(directory: "/live", size: 1 << 30, age: .seconds(24 * 3600)))
    }

    @Test("An unknown key in the file is an error")
    func unknown() throws {
        let place = try ScratchDirectory()
        try place.write(Array(#"{"lisen": "1.1.1.1:1"}"#.utf8), to: "c.json")
        #expect(throws: ValidationError.self) { try configuration(["--config", place.path + "/c.json"]) }
    }

    @Test(
        "Addresses to listen on",
        arguments: [
            ("127.0.0.1:9822", "127.0.0.1:9822"), ("[::1]:80", "[::1]:80"), ("localhost:0", "localhost:0"), ("::1:80", nil), (":80", nil),
            ("host", nil),
            ("host:65536", nil), ("host:-1", nil), ("host:", nil),
        ] as [(String, String?)])
    func addresses(_ text: String, _ expected: String?) { #expect(ListenAddress(text)?.description == expected) }

    @Test("The holder of a port is found in the kernel's socket table")
    func holders() {
        let table = """
              sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
               0: 0100007F:265E 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 0000 100 0 0 10 0
               1: 0100007F:265E 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 777 1 0000 100 0 0 10 0
            """
        #expect(PortHolder.listeners(table, port: 9822) == ["12345"])
        #expect(PortHolder.listeners(table, port: 9823).isEmpty)
    }
}

@Suite("Live containers") struct ContainerViewTests {
    private func rows(_ rows: String) throws -> FrameRows {
        let frame = ByteBuffer(bytes: Frames.tick(0, run: "", seq: 0, rows: "{\"container\":\(rows)}"))
        let columns = FrameRows.Columns(["container_id", "container", "rx_bytes", "cpu_percent"])
        return try FrameRows(TickFrame(frame.readableBytesSpan), frame: frame.readableBytesSpan, columns: [.container: columns])
    }

    @Test("A container is found by id, by the unique beginning of one, or by name")
    func finds() throws {
        let rows = try rows(#"[["abc1","web\n",2048,1.5],["abd2","db",null,0],["short"]]"#)
        let views = ContainerView.views(of: rows, node: "n")
        var json = ByteWriter()
        views[0].write(rows, to: &json)
        #expect(views.map(\.name) == ["web\n", "db"])
        #expect(
            json.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
                == #"{"id":"abc1","name":"web\n","node":"n","net_rx_kb":2,"net_tx_kb":null,"#
                + #""container_id":"abc1","container":"web\n","rx_bytes":2048,"cpu_percent":1.5}"#
        )
        #expect(try ContainerSearch.find("abd", in: views).name == "db")
        #expect(try ContainerSearch.find("db", in: views).id == "abd2")
        #expect(throws: ControlFailure.self) { try ContainerSearch.find("zz", in: views) }
        let ambiguous = #expect(throws: ControlFailure.self) { try ContainerSearch.find("ab", in: views) }
        #expect(ambiguous?.code == "ambiguous" && ambiguous?.message.contains("abc1") == true)
    }
}
