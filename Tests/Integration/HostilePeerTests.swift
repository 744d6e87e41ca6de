import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// Peers that violate the protocol while a real agent is being recorded.
    @Suite("Peers that break the protocol") struct HostilePeers {
        @Test("What comes before the handshake is checked, each fault gets its code, and the run beside it ends complete")
        func beforeTheHandshake() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector)
                try collector.control.start("hostile", "interval=100ms")

                let frames: [(String, code: String)] = [
                    ("not JSON", "not_json"), ("{\"type\":\"hello\"", "not_json"), ("[]", "not_json"),
                    ("{\"type\":\"hello\"} x", "not_json"),
                    ("{\"a\":01}", "not_json"), ("{}", "no_type"), ("{\"type\":7}", "no_type"),
                    ("{\"type\":\"x\",\"a\":" + String(repeating: "[", count: 40) + String(repeating: "]", count: 40) + "}", "too_deep"),
                    ("{\"type\":\"hello\"}", "bad_field"), ("{\"type\":\"ping\",\"t1\":1}", "no_hello"),
                ]
                for (frame, code) in frames {
                    try Self.expect(code, collector) { $0.send(frame: Array(frame.utf8)) }
                }
                try Self.expect("not_utf8", collector) { $0.send(frame: Array("{\"type\":\"".utf8) + [0xff, 0xc0] + Array("\"}".utf8)) }
                try Self.expect("frame_empty", collector) { $0.send(frame: []) }
                try Self.expect("frame_too_large", collector) { $0.send(raw: [0xff, 0xff, 0xff, 0xff]) }
                try Self.expect("frame_too_large", collector) { $0.send(raw: [0x00, 0x00, 0x80, 0x01]) }
                try Self.expect("frame_too_large", collector) { $0.send(raw: Array("GET / HTTP/1.1\r\n\r\n".utf8)) }
                // An incomplete frame: once with the end of the connection, which is no fault, and once with silence.
                let cut = try Peer(collector)
                cut.send(raw: [0, 0, 0, 100, 0x7b])
                cut.close()
                try Self.expect("handshake_timeout", collector) { $0.send(raw: [0, 0, 0, 100, 0x7b]) }
                try Self.expect("protocol", collector) { try $0.hello(node: "x", ["protocol": 99]) }
                try Self.expect("bad_node", collector) { try $0.hello(node: "") }
                try Self.expect("bad_node", collector) { try $0.hello(node: "a\nb") }
                try Self.expect("node_in_use", collector) { try $0.hello(node: "here") }

                try await Self.stop(collector, scene)
            }
        }

        @Test("A type that nobody knows is passed over, before and after the handshake")
        func unknownType() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                let peer = try Peer(collector)
                try peer.send(["type": "from the future", "with": ["what": "ever"]])
                try peer.hello(node: "patient")
                #expect(try peer.receive("welcome") != nil)
                try peer.send(["type": "also unknown"])
                try peer.send(["type": "ping", "t1": 42])
                #expect(try peer.receive("pong")?["t1"] as? Int == 42)
                let refused = try collector.control.status().collector.refused
                #expect(refused["unknown_type"] == 2, "\(refused)")
            }
        }

        @Test("A member that breaks the rules is shown out, and what it sent wrongly is not in the run")
        func afterTheHandshake() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector)
                try collector.control.start("members", "interval=100ms")
                try await eventually("the first ticks") { try collector.control.status().run?.rows["host"] ?? 0 > 3 }

                let faults: [(String, code: String, (Peer, Peer.Message) throws -> Void)] = [
                    ("second", "second_hello", { peer, _ in try peer.hello(node: "second") }),
                    ("epoch", "bad_epoch", { try $0.tick($1, seq: 1, tick: 0, ["epoch": 2]) }),
                    ("text", "bad_row", { try $0.tick($1, seq: 1, tick: 0, ["rows": ["host": [["half", 3]]]]) }),
                    ("number", "bad_row", { try $0.tick($1, seq: 1, tick: 0, ["rows": ["event": [["mark", 3]]]]) }),
                    ("true", "bad_row", { try $0.tick($1, seq: 1, tick: 0, ["rows": ["host": [[0.5, true]]]]) }),
                    ("nested", "bad_row", { try $0.tick($1, seq: 1, tick: 0, ["rows": ["host": [[0.5, [3]]]]]) }),
                    ("short", "bad_row", { try $0.tick($1, seq: 1, tick: 0, ["rows": ["host": [[0.5]]]]) }),
                    ("long", "bad_row", { try $0.tick($1, seq: 1, tick: 0, ["rows": ["host": [[0.5, 3, 4]]]]) }),
                    ("later", "bad_row", { try $0.tick($1, seq: 1, tick: 0, ["rows": ["host": [[0.5, 3], [0.5, "x"]]]]) }),
                    ("future", "tick_in_future", { try $0.tick($1, seq: 1, tick: 1_000_000) }),
                    ("field", "bad_field", { try $0.tick($1, seq: 1, tick: 0, ["tick": "first"]) }),
                    ("huge", "frame_too_large", { peer, _ in peer.send(raw: [0x01, 0x00, 0x00, 0x01]) }),
                ]
                for (node, code, act) in faults {
                    let peer = try Peer(collector)
                    try peer.hello(node: node)
                    let run = try #require(try peer.receive("welcome")?["run"] as? Peer.Message)
                    try act(peer, run)
                    let refusal = try peer.refusal()
                    #expect(refusal == code, "\(node)")
                    peer.close()
                }

                _ = try await Self.end(collector, scene)
                let run = try RecordedRun(collector.data + "/members")
                try await run.checkFiles(scene)
                try run.checkWhole("here")
                #expect(try run.table("host").rows.allSatisfy { $0.node == "here" }, "nothing of a refused frame is stored")
            }
        }

        @Test("Frames that are replayed are acknowledged again and not stored twice; one that jumps ahead is asked to come back")
        func sequence() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector)
                let peer = try Peer(collector)
                try peer.hello(node: "careless")
                _ = try peer.receive("welcome")
                try collector.control.start("sequence", "interval=200ms&duration=1s")
                let run = try #require(try peer.receive("run"))
                try peer.tick(run, seq: 2, tick: 1)
                let rewind = try peer.receive("rewind")
                #expect(rewind?["seq"] as? Int == 1 && rewind?["epoch"] as? Int == 1)
                for seq in [1, 2, 1, 2, 3, 3, 4, 5] { try peer.tick(run, seq: seq, tick: seq - 1) }
                try peer.send(["type": "fin", "run": run["id"] as? String ?? "", "epoch": 1, "seq": 5])
                var acknowledged = 0
                while acknowledged < 5, let ack = try peer.receive("ack") { acknowledged = ack["seq"] as? Int ?? 0 }
                #expect(acknowledged == 5)
                try peer.tick(run, seq: 5, tick: 4)
                #expect(try peer.receive("ack")?["seq"] as? Int == 5, "a replay is acknowledged again")
                try await collector.control.runOver()
                peer.close()

                let recorded = try RecordedRun(collector.data + "/sequence")
                #expect(try recorded.ticks(of: "careless", in: "host") == Array(0..<5))
                try recorded.checkWhole("here", ticks: 5)
                // Its state is restored from before, so it would reuse numbers.
                try Self.expect("stale_epoch", collector) { try $0.hello(node: "careless") }
                try Self.expect("stale_epoch", collector) {
                    try $0.hello(node: "careless", ["epoch": 0, "next_seq": 9, "first_unacked": 9])
                }
            }
        }

        private static func expect(_ code: String, _ collector: Collector, _ act: (Peer) throws -> Void) throws {
            let peer = try Peer(collector)
            defer { peer.close() }
            try act(peer)
            let refusal = try peer.refusal()
            #expect(refusal == code)
        }

        private static func end(_ collector: Collector, _ scene: Scene) async throws -> RunManifest {
            #expect(collector.child.poll() == nil, "the collector lives on")
            return try collector.control.stop()
        }

        private static func stop(_ collector: Collector, _ scene: Scene) async throws {
            let manifest = try await end(collector, scene)
            try RecordedRun("\(collector.data)/\(manifest.name)").checkWhole("here")
            #expect(manifest.nodes.map(\.node) == ["here"])
        }
    }
}
