import Foundation
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    @Suite("A snapshot") struct Snapshot {
        @Test("A snapshot is one JSON object with the host's memory and each process of each container", .engine)
        func processes() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                let id = try await lab.run(scene, name: "held", "dd if=/dev/zero bs=32M count=1 2>/dev/null | sleep 1000000")
                // Both processes are what they are called only a moment after they have begun.
                try await lab.fills(scene, "held", bytes: 32 << 20)
                let held = try #require(await lab.containers(scene).first { $0.id == id })
                try await eventually("sleep") { try await lab.processes(scene, held).contains { $0.comm == "sleep" } }

                let command = try await scene.command(Products.agent, ["snapshot", "--docker-socket", lab.socket, "--node", "here"])
                let object = try JSONSerialization.jsonObject(with: Data(command.succeeded().utf8)) as? [String: Any]
                let snapshot = try #require(object)
                #expect(snapshot["node"] as? String == "here")
                let memory = try #require(snapshot["memory"] as? [String: Int])
                #expect(memory["total_bytes"] ?? 0 > memory["used_bytes"] ?? .max)
                let processes = try #require(snapshot["processes"] as? [[String: Any]]).filter { $0["container_id"] as? String == id }
                let dd = try #require(processes.first { $0["name"] as? String == "dd" })
                #expect(dd["container"] as? String == "held")
                #expect(processes.contains { $0["command_line"] as? String == "sleep 1000000" && $0["name"] as? String == "sleep" })
                #expect(dd["cpu_percent"] is NSNumber && dd["memory_percent"] is NSNumber && dd["pid"] is NSNumber)
                #expect(dd["rss_bytes"] as? Int ?? 0 >= 32 << 20 && dd["vsz_bytes"] as? Int ?? 0 >= 32 << 20)
            }
        }
    }
}
