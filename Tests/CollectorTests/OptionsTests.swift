import ArgumentParser
import Logging
import NIOCore
import StatsCore
import TestSupport
import Testing

@testable import Collector

@Suite("Options") struct OptionsTests {
    @Test("A flag wins over a variable, a variable over the file, the file over the default")
    func order() throws {
        let place = try ScratchDirectory()
        try place.write(
            Array(#"{"listen": "1.1.1.1:1", "control": "1.1.1.1:2", "data": "/file", "log-level": "error", "insecure": true}"#.utf8),
            to: "c.json")
        let options = try Options(
            flags: ["listen": "3.3.3.3:1"], file: place.path + "/c.json",
            environment: ["SONDE_LISTEN": "2.2.2.2:1", "SONDE_DATA": "/variable", "SONDE_LOG_LEVEL": "debug"])
        #expect(options.listen == ListenAddress("3.3.3.3:1"))
        #expect(options.data == "/variable")
        #expect(options.logLevel == .debug)
        #expect(options.control == ListenAddress("1.1.1.1:2"))
        let defaults = try Options(flags: [:], file: nil, environment: [:])
        #expect(
            "\(defaults.listen) \(defaults.control) \(defaults.data) \(defaults.logLevel)" == "127.0.0.1:9822 127.0.0.1:9880 ./data info")
    }

    @Test("An error names the key", arguments: ["listen", "control", "log-level"])
    func named(_ key: String) {
        let error = #expect(throws: ValidationError.self) { try Options(flags: [key: "nonsense"], file: nil, environment: [:]) }
        #expect(error?.message.hasPrefix("--\(key)") == true)
    }

    @Test("An unknown key in the file is an error")
    func unknown() throws {
        let place = try ScratchDirectory()
        try place.write(Array(#"{"lisen": "1.1.1.1:1"}"#.utf8), to: "c.json")
        #expect(throws: ValidationError.self) { try Options(flags: [:], file: place.path + "/c.json", environment: [:]) }
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
    private func node(_ rows: String) throws -> LiveStore.Node {
        let frame = ByteBuffer(bytes: Frames.tick(0, run: "", seq: 0, rows: "{\"container\":\(rows)}"))
        let columns = LiveRows.Columns(["container_id", "container", "rx_bytes", "cpu_percent"])
        var node = LiveStore.Node()
        node.rows = try LiveRows(TickFrame(frame.readableBytesSpan), frame: frame.readableBytesSpan, columns: [.container: columns])
        return node
    }

    @Test("A container is found by id, by the unique beginning of one, or by name")
    func finds() throws {
        let views = try ContainerView.views(of: node(#"[["abc1","web\n",2048,1.5],["abd2","db",null,0],["short"]]"#), node: "n")
        #expect(views.map(\.name) == ["web\n", "db"])
        #expect(
            String(decoding: views[0].json, as: UTF8.self)
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
