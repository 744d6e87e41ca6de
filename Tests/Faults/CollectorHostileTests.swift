import Glibc
import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// Hostile peers next to a fleet that is being recorded.
    @Suite("Peers that mean ill") struct CollectorHostiles {
        @Test("Peers that send garbage, floods, lies and nothing cost the fleet no frame and the collector a bounded amount (I9)")
        func scripted() async throws {
            try await Scene.run { scene in
                var random = FaultPlan.random()
                let life = try await CollectorLife(scene)
                try await life.fleet.progress(5)
                let before = try ProcessUse(life.collector.child.pid)
                var held: [Peer] = []
                for _ in 0..<FaultPlan.count(short: 200, long: 5000) {
                    let peer = try Peer(life.collector)
                    try Self.attack(peer, life, &random)
                    // Some stay connected, some leave at once.
                    held.append(peer)
                    if held.count > 60 { held.remove(at: Int(random.next() % 60)).close() }
                }
                try await life.fleet.progress(5)
                let during = try ProcessUse(life.collector.child.pid)
                #expect(during.residentBytes < before.residentBytes + 300 << 20, "\(before) became \(during)")
                #expect(during.threads <= before.threads + 2, "\(before) became \(during)")
                for peer in held { peer.close() }
                let child = life.collector.child
                try await eventually("the descriptors closed") { try ProcessUse(child.pid).descriptors <= before.descriptors + 2 }
                let refused = try life.collector.control.status().collector.refused
                for code in ["not_json", "frame_too_large", "too_deep", "bad_epoch", "tick_in_future", "node_in_use", "bad_node"] {
                    #expect(refused[code] ?? 0 > 0, "nobody was refused for \(code): \(refused)")
                }
                #expect(life.fleet.agents.allSatisfy { $0.conditions.welcomes == 1 && $0.conditions.refusals.isEmpty })
                _ = try await life.finishBeside()
            }
        }

        private static func attack(_ peer: Peer, _ life: CollectorLife, _ random: inout SeededRandom) throws {
            func garbage(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) } }
            let node = "hostile\(random.next() % 8)"
            /// Completes the handshake and returns the order of the run in progress.
            func enter() throws -> Peer.Message { try peer.enter(node: node, first: random.next() % 1000 + 1) }
            /// Lets it in under a name that none of those who hang on has.
            func enterAlone() throws -> Peer.Message { try peer.enter(node: "liar\(random.next())", first: 1) }
            switch random.next() % 13 {
            case 0: peer.send(raw: garbage(Int(random.next() % 5000)))
            case 1:
                let isText = random.next() % 2 == 0
                peer.send(frame: garbage(Int(random.next() % 500) + 1).map { isText ? $0 & 0x7f : $0 })
            case 2: peer.send(frame: Array((#"{"type":"x","a":"# + String(repeating: "[", count: 9000)).utf8))
            case 3: peer.send(raw: [0x7f, 0xff, 0xff, 0xff] + garbage(300))
            case 4: peer.send(raw: [0, 0])
            case 5:
                let run = try enterAlone()
                try peer.tick(run, seq: 1, tick: 0, ["epoch": 77])
            case 6:
                let run = try enterAlone()
                try peer.tick(run, seq: 1, tick: 1 << 40)
            case 7:
                let run = try enterAlone()
                try peer.send(["type": "gap", "run": run["id"] ?? "", "epoch": 1, "seq": 1, "from": 0, "to": Int.max, "reason": "overrun"])
            case 8: try peer.hello(node: String(repeating: "n", count: 256))
            case 9: try peer.hello(node: "node0")
            case 10: try peer.hello(node: node, ["agent": life.fleet[1].id, "epoch": 1, "epoch_id": "another", "next_seq": 1])
            case 11:
                _ = try enter()
                // A frame of the largest size that begins and never ends.
                peer.send(raw: [0x01, 0x00, 0x00, 0x00] + [UInt8](repeating: 0x20, count: 200_000))
            default:
                _ = try enter()
                for _ in 0..<50 { try peer.send(["type": "ping", "t1": 1]) }
            }
        }

        @Test("5,000 idle connections keep nobody else from delivering, and are shown out")
        func idle() async throws {
            try await Scene.run { scene in
                var limit = rlimit()
                getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
                let earlier = limit
                limit.rlim_cur = min(limit.rlim_max, 8192)
                try #require(limit.rlim_cur >= 6000, "this user may open \(limit.rlim_cur) files")
                setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
                scene.later {
                    var earlier = earlier
                    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &earlier)
                }
                let life = try await CollectorLife(scene, agents: 2)
                let child = life.collector.child
                let before = try ProcessUse(child.pid)
                var idle: [TCPConnection] = []
                for _ in 0..<5000 { idle.append(try TCPConnection(port: life.collector.port)) }
                try await life.fleet.progress(20)
                let control = life.collector.control
                try await eventually("all of them shown out", every: .milliseconds(100)) {
                    try control.status().collector.refused["handshake_timeout"] ?? 0 >= 5000
                }
                try await eventually("the descriptors closed") { try ProcessUse(child.pid).descriptors <= before.descriptors + 2 }
                let after = try ProcessUse(child.pid)
                #expect(
                    after.threads <= before.threads + 2 && after.residentBytes < before.residentBytes + 300 << 20,
                    "\(before) became \(after)")
                for connection in idle { connection.close() }
                #expect(life.fleet.agents.allSatisfy { $0.conditions.welcomes == 1 })
                try await scene.verify(try await life.finish())
            }
        }
    }
}

extension Peer {
    /// Completes the handshake as a valid agent whose next frame is `first`.
    /// - Returns: the order of the run in progress.
    fileprivate func enter(node: String, first: UInt64) throws -> Message {
        let agent = "hostile-\(node)-\(first)"
        try hello(node: node, ["agent": agent, "first_unacked": 1, "next_seq": 1])
        return try receive("welcome")?["run"] as? Message ?? [:]
    }
}
