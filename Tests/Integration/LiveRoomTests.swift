import Foundation
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// Peers that send more than can be shown, and clients that don't take what they asked for.
    @Suite("More live values than there is room for") struct LiveRoom {
        @Test(
            "Ten peers with 20,000 containers each, while all of it is read, cost a bounded amount and a real agent no tick, and the rest is told"
        )
        func flood() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector)
                let follower = try Self.follow(collector, scene)
                try collector.control.start("flood", "interval=500ms")
                let peers = try (0..<10).map { try Self.peer(collector, "flood\($0)") }
                for tick in 0..<4 {
                    for (peer, run) in peers { try peer.tick(run, seq: 0, tick: tick, ["rows": Self.containers(20_000, at: tick)]) }
                    for path in ["/containers", "/table", "/metrics"] {
                        #expect(try collector.control.send("GET", path).status == 200, "\(path)")
                    }
                }
                try await eventually("what isn't shown") {
                    try collector.control.status().nodes.count { $0.containers == 20_000 && $0.leftOut?["container"] ?? 0 > 15_000 } == 10
                }
                let shown = try collector.control.send("GET", "/containers").decoded([String: [String: Shown]].self)
                #expect(shown.count > 1000 && shown.count < 50_000)
                #expect(try collector.control.send("GET", "/table").text.contains("containers aren’t shown</caption>"))
                #expect(try collector.control.status().collector.refused["live_row_left_out"] ?? 0 > 100_000)
                let told = try await scene.sonde(collector, "containers")
                #expect(told.status == 0 && told.errors.contains("containers more aren't shown"), "\(told.errors)")
                let peak = try Self.peak(collector)
                #expect(peak < 256 << 20, "\(peak >> 20) MiB")
                #expect(follower.poll() == nil, "who reads all is not let go")
                for (peer, _) in peers { peer.close() }
                _ = try collector.control.stop()
                try RecordedRun(collector.data + "/flood").checkWhole("here")
            }
        }

        @Test("Sixty clients that follow and read nothing share what waits for them and are shown out, and one that reads goes on")
        func readers() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                let (peer, run) = try Self.peer(collector, "large")
                defer { peer.close() }
                var tick = 0
                func next() throws {
                    try peer.tick(run, seq: 0, tick: tick, ["rows": Self.containers(4000, at: tick)])
                    tick += 1
                }
                let follower = try Self.follow(collector, scene)
                try await eventually("the first events", every: .milliseconds(500)) {
                    try next()
                    return Self.size(scene) > 8 << 20
                }
                let (before, descriptors) = (try Self.peak(collector), try Self.descriptors(collector))
                let stuck = try (0..<60).map { _ in
                    let connection = try TCPConnection(port: collector.control.port)
                    connection.send(Array("GET /stream?node=large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8))
                    return connection
                }
                try await eventually("all of them connected") { try Self.descriptors(collector) >= descriptors + 60 }
                // Each has a snapshot of some megabytes to take, and each second as much again.
                try await eventually("the end of those who read nothing", every: .milliseconds(500)) {
                    try next()
                    return try Self.descriptors(collector) <= descriptors + 2
                }
                let grown = try Self.peak(collector) - before
                #expect(grown < 100 << 20, "\(grown >> 20) MiB more")
                let size = Self.size(scene)
                try await eventually("further events for who reads") { Self.size(scene) > size + 1000 }
                #expect(follower.poll() == nil)
                for connection in stuck { connection.close() }
            }
        }

        @Test("A report of a run of two hundred thousand containers takes a bounded amount of memory")
        func report() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                let (peer, _) = try Self.peer(collector, "many", ["container": ["container_id", "container", "cpu_percent", "rx_bytes"]])
                let ticks = 20
                try collector.control.start("many", "interval=200ms&duration=4s")
                let run = try #require(try peer.receive("run"))
                for tick in 0..<ticks {
                    let rows = (0..<10_000).map { [tick * 10_000 + $0, $0] }.map {
                        ["c\($0[0])", "n\($0[0])", $0[1] % 100, $0[1]] as [Any]
                    }
                    try peer.tick(run, seq: tick + 1, tick: tick, ["rows": ["container": rows]])
                }
                try peer.send(["type": "fin", "run": run["id"] as? String ?? "", "epoch": 1, "seq": ticks])
                try await collector.control.runOver()
                peer.close()
                let measured = """
                    import resource, subprocess, sys
                    subprocess.run(sys.argv[1:], check=True)
                    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
                    """
                let page = scene.path("report.html")
                let drawn = try await scene.command(
                    "python3", ["-c", measured, Products.cli, "report", collector.data + "/many", "--output", page])
                #expect(drawn.status == 0, "\(drawn.errors)")
                let peak = try #require(drawn.output.split(separator: "\n").last.flatMap { Int($0) })
                #expect(peak < 110 << 10, "\(peak >> 10) MiB")
                #expect(try String(contentsOfFile: page, encoding: .utf8).contains("container.csv: of so many lines"))
            }
        }

        private struct Shown: Decodable {
            init(from decoder: any Decoder) throws {}
        }

        private static func peer(
            _ collector: Collector, _ node: String, _ tables: [String: [String]] = ["container": ["container_id"]]
        ) throws -> (Peer, run: Peer.Message) {
            let peer = try Peer(collector)
            try peer.hello(node: node, ["tables": tables])
            let welcome = try #require(try peer.receive("welcome"))
            // Live ticks take their times from this; no tick is due before its time.
            let run = welcome["run"] as? Peer.Message ?? ["id": "", "t0": Int(Date().timeIntervalSince1970 * 1e6), "interval_us": 1000]
            return (peer, run)
        }

        /// No container of one tick is in the next one.
        private static func containers(_ count: Int, at tick: Int) -> Peer.Message {
            ["container": (0..<count).map { ["\(String(tick * count + $0, radix: 16))"] }]
        }

        private static func file(_ scene: Scene) -> String { scene.path("followed") }

        /// One who follows and reads.
        private static func follow(_ collector: Collector, _ scene: Scene) throws -> Child {
            try scene.start("curl", ["-sN", "-o", file(scene), "http://127.0.0.1:\(collector.control.port)/stream"])
        }

        private static func size(_ scene: Scene) -> Int {
            ((try? FileManager.default.attributesOfItem(atPath: file(scene)))?[.size] as? Int) ?? 0
        }

        private static func descriptors(_ collector: Collector) throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/\(collector.child.pid)/fd").count
        }

        /// The collector's highest resident memory so far, in bytes.
        private static func peak(_ collector: Collector) throws -> Int {
            let status = try String(contentsOfFile: "/proc/\(collector.child.pid)/status", encoding: .utf8)
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
            return try #require(line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }) * 1024
        }
    }
}
