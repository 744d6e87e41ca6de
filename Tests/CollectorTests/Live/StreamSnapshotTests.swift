import Foundation
import NIOCore
import StatsCore
import Testing

@testable import Collector

/// The snapshot of a fleet with every level in it, as a file: what the collector says here, the CLI's tests draw.
@Suite("The first event of the stream") struct StreamSnapshotTests {
    static let path = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("StatsCoreTests/Fixtures/stream/snapshot.txt").path

    private static let columns: [TableID: FrameRows.Columns] = [
        .container: FrameRows.Columns([
            "container_id", "container", "state", "health", "cpu_percent", "cpu_limit", "memory_percent", "cpu_periods",
            "cpu_throttled_periods", "restarts", "oom_kills",
        ]),
        .host: FrameRows.Columns(["cpu_percent", "memory_percent", "load1", "psi_cpu_some_us", "psi_memory_some_us", "psi_io_some_us"]),
        .cpu: FrameRows.Columns(["cpu"]),
        .filesystem: FrameRows.Columns(["mount", "size_bytes", "free_bytes", "available_bytes"]),
        .agent: FrameRows.Columns(["cpu_us"]),
        .event: FrameRows.Columns(["kind", "container_id", "container", "exit_code"]),
    ]

    /// - Parameter passed: the seconds since the first tick.
    private static func rows(_ passed: Int, disk: Int, memory: Double, load: Double, wait: Int) -> String {
        let containers = [
            #"["c1","well","running","healthy",10,null,50,0,0,0,0]"#,
            #"["c2","all cores","running",null,390,null,10,0,0,0,0]"#,
            #"["c3","one core of four","running",null,100,null,10,0,0,0,0]"#,
            #"["c4","at its limit","running",null,49,0.5,80,\#(passed * 100),\#(passed * 40),0,0]"#,
            #"["c5","nearly at its limit","running",null,42,0.5,96,\#(passed * 100),\#(passed * 8),0,0]"#,
            #"["c6","killed","running","unhealthy",0,null,20,0,0,3,2]"#,
            #"["c7","paused","paused",null,0,null,20,0,0,0,0]"#,
            #"["c8","dead","dead",null,null,null,null,null,null,null,null]"#,
            #"["c9",null,null,null,null,null,null,null,null,null,null]"#,
        ]
        return #"{"container":[\#(containers.joined(separator: ","))],"#
            + #""host":[[50,\#(memory),\#(load),\#(passed * wait),\#(passed * wait),\#(passed * wait)]],"cpu":[[0],[1],[2],[3]],"#
            + #""filesystem":[["/",1000,\#(1000 - disk),\#(1000 - disk)]],"agent":[[\#(passed * 200_000)]],"#
            + #""event":[["oom","c6","killed",null],["oom","c10","gone",null],["container die","c10","gone",137]]}"#
    }

    @Test("A snapshot tells each value with its level, and what is wrong in sentences")
    func golden() async throws {
        let fixture = HubFixture(["hot", "warm", "well", "lost"], columns: Self.columns)
        // Somebody looks, so that every second counts.
        let other = try await Follower(fixture.hub)
        for passed in 0...1 {
            try fixture.tick(Self.rows(passed, disk: 960, memory: 91, load: 8.5, wait: 600_000), node: "hot")
            try fixture.tick(Self.rows(passed, disk: 850, memory: 80, load: 4, wait: 190_000), node: "warm")
            try fixture.tick(Self.rows(passed, disk: 500, memory: 79.9, load: 0.5, wait: 10_000), node: "well")
            try await fixture.second(nil)
        }
        fixture.disconnect("lost")
        try await fixture.second(nil)
        let newcomer = try await Follower(fixture.hub)
        await other.leave()
        // The keys depend on the order of a dictionary.
        let text = String(buffer: newcomer.bytes).replacing(#/"key":[0-9]+/#) { _ in "\"key\":0" }
        let json = try #require(text.split(separator: "\n").last { $0.hasPrefix("data: ") }).dropFirst("data: ".count)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        var sorted = object
        sorted["containers"] = (object["containers"] as? [[String: Any]])?.sorted { Self.order($0) < Self.order($1) }
            .enumerated().map { index, container in container.merging(["key": index + 1]) { $1 } }
        let written = try JSONSerialization.data(withJSONObject: sorted, options: [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes])
        if ProcessInfo.processInfo.environment["SONDE_UPDATE_GOLDEN"] == "1" { try written.write(to: URL(fileURLWithPath: Self.path)) }
        #expect(try String(decoding: written, as: UTF8.self) == String(contentsOfFile: Self.path, encoding: .utf8))
    }

    private static func order(_ container: [String: Any]) -> String { "\(container["node"] ?? "") \(container["id"] ?? "")" }
}
