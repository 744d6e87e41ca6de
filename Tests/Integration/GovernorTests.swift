import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    @Suite("The governor on a real engine") struct GovernorSuite {
        /// Ten containers, each of which holds more memory than the one before.
        private static func load(_ scene: Scene, _ lab: Lab) async throws {
            for number in 1...5 {
                for (kind, size) in [("high", 20 * number), ("low", 2 * number)] {
                    _ = try await lab.run(
                        scene, name: "gov-\(kind)\(number)", "dd if=/dev/zero bs=\(size)M count=1 2>/dev/null | sleep 1000000")
                }
            }
            for number in 1...5 {
                for (kind, size) in [("high", 20 * number), ("low", 2 * number)] {
                    try await lab.fills(scene, "gov-\(kind)\(number)", bytes: Int64(size) << 20)
                }
            }
        }

        private static func policy(_ scene: Scene, mode: String) throws -> String {
            let path = scene.path("policy.yaml")
            let text = """
                name: two high, three low
                mode: \(mode)
                period: 15s
                grace: 2s
                cooldown: 30s
                groups:
                  - {name: high, match: {name: "gov-high*"}, keep: 2, order: [memory, cpu, rss, vsz], action: {stop: {timeout: 1s}}}
                  - {name: low, match: {name: "gov-low*"}, keep: 3, order: [memory, cpu, rss, vsz], action: {stop: {timeout: 1s}}}
                """
            try text.write(toFile: path, atomically: false, encoding: .utf8)
            return path
        }

        private static func names(_ scene: Scene, _ lab: Lab) async throws -> [String] {
            try await lab.docker(scene, "ps", "--format", "{{.Names}}").split(separator: "\n").map(String.init).filter {
                $0.hasPrefix("gov-")
            }.sorted()
        }

        @Test(
            "Of ten containers a policy leaves five, the right ones, and every decision is an event of the run; a dry run changes nothing",
            .engine,
            arguments: ["enforce", "dry-run"])
        func tenAndFive(mode: String) async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                try await Self.load(scene, lab)
                let before = try await Self.names(scene, lab)
                #expect(before.count == 10)
                let collector = try await scene.collector()
                let agent = try await scene.connectedAgent(
                    collector, containers: "cgroup", socket: lab.socket, options: ["--governor", Self.policy(scene, mode: mode)])
                try collector.control.start("governed", "interval=500ms")
                try await eventually("five decisions on the disk") {
                    let text = (try? String(contentsOfFile: collector.data + "/governed/event.csv", encoding: .utf8)) ?? ""
                    return text.split(separator: "\n").count { $0.contains("two high, three low") } >= 5
                }
                let left = try await Self.names(scene, lab)
                #expect(left == (mode == "enforce" ? ["gov-high1", "gov-high2", "gov-low1", "gov-low2", "gov-low3"] : before))
                // The agent ends cleanly, and the run is complete.
                _ = try collector.control.stop()
                #expect(try await agent.child.terminate() == 0)

                let run = try RecordedRun(collector.data + "/governed")
                let actions = try run.table("event").rows.filter { $0["kind"] == "action" }
                // A dry run comes to the same five again when their cooldown is over.
                let removed = Set(actions.compactMap { $0["container"] })
                #expect(removed == ["gov-high3", "gov-high4", "gov-high5", "gov-low4", "gov-low5"])
                #expect(mode == "dry-run" || actions.count == 5, "each once")
                for action in actions {
                    let detail = try #require(
                        JSONSerialization.jsonObject(with: Data((action["detail"] ?? "").utf8)) as? [String: Any], "\(action)")
                    #expect(detail["policy"] as? String == "two high, three low")
                    #expect(detail["mode"] as? String == mode)
                    #expect(detail["result"] as? String == (mode == "enforce" ? "done" : "dry run"))
                    #expect((detail["ranking"] as? [[String: Any]])?.count == 5)
                    let victim = try #require(detail["victim"] as? [String: Any])
                    for value in ["cpu_percent", "memory_bytes", "rss_bytes", "vsz_bytes"] {
                        #expect(victim[value] is NSNumber, "\(value) of \(victim)")
                    }
                }
            }
        }

        /// An agent that has begun to stop a container which ends slowly.
        private static func stopping(
            _ scene: Scene, _ collector: Collector, _ body: (_ agent: Agent, _ options: [String], _ lab: Lab) async throws -> Void
        ) async throws {
            let lab = try await Lab.open(scene)
            // A shell that is a container's first process ignores SIGTERM.
            _ = try await lab.run(scene, name: "gov-slow", "while :; do sleep 1; done")
            let path = scene.path("policy.yaml")
            let text = """
                {mode: enforce, period: 8s, grace: 1s, groups: [{name: slow, match: {name: "gov-*"}, keep: 0, action: {stop: {timeout: 4s}}}]}
                """
            try text.write(toFile: path, atomically: false, encoding: .utf8)
            let options = ["--governor", path]
            let agent = try await scene.connectedAgent(collector, containers: "cgroup", socket: lab.socket, options: options)
            try collector.control.start("ended", "interval=500ms")
            try await eventually("an action that is under way") {
                let note = (try? String(contentsOfFile: agent.state + "/governor.json", encoding: .utf8)) ?? ""
                return note.contains("\"done\":false")
            }
            try await body(agent, options, lab)
        }

        private static func actions(_ collector: Collector) -> [String] {
            let text = (try? String(contentsOfFile: collector.data + "/ended/event.csv", encoding: .utf8)) ?? ""
            // Whole lines only: the collector may be writing one.
            return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init).filter {
                $0.contains(",action,")
            }
        }

        @Test("SIGTERM lets what is under way end, and its record is written", .engine)
        func terminated() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                try await Self.stopping(scene, collector) { agent, _, lab in
                    #expect(try await agent.child.terminate() == 0)
                    // What a busy machine's collector didn't get in time is on the agent's disk until its next start.
                    _ = try await scene.agent(collector, state: agent.state)
                    try await eventually("the record of the action") { Self.actions(collector).count == 1 }
                    #expect(Self.actions(collector)[0].contains("stop (slow): done"))
                    #expect(try await Self.names(scene, lab) == [])
                }
                _ = try collector.control.stop()
            }
        }

        @Test("An agent that is killed while it acts says at its next start that it doesn't know the end, and doesn't act again", .engine)
        func killed() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                try await Self.stopping(scene, collector) { agent, options, lab in
                    agent.child.signal(SIGKILL)
                    _ = try await agent.child.ended()
                    let next = try await scene.agent(
                        collector, containers: "cgroup", socket: lab.socket, options: options, state: agent.state)
                    try await eventually("what the next start says") { !Self.actions(collector).isEmpty }
                    #expect(
                        Self.actions(collector)[0].contains("begun by an agent that ended before the engine had answered; not done again"))
                    // It runs again, whatever the first request did. An agent that had forgotten the action would repeat it in the first of two rounds.
                    _ = try await lab.docker(scene, "stop", "--time", "0", "gov-slow")
                    _ = try await lab.docker(scene, "start", "gov-slow")
                    let ticks = { try collector.control.status().nodes.first?.ticks ?? 0 }
                    let begin = try ticks()
                    try await eventually("two rounds") { try ticks() >= begin + 36 }
                    #expect(try await Self.names(scene, lab) == ["gov-slow"])
                    _ = try collector.control.stop()
                    #expect(Self.actions(collector).count == 1)
                    #expect(try await next.child.terminate() == 0)
                }
            }
        }

        @Test("An agent doesn't start with a policy that has faults, and names them")
        func faults() async throws {
            try await Scene.run { scene in
                let path = scene.path("policy.yaml")
                try "mode: enforced\ngroups: []\n".write(toFile: path, atomically: false, encoding: .utf8)
                let ended = try await scene.command(Products.agent, ["--governor", path, "--state", scene.path("state")])
                #expect(ended.status == 64)
                #expect(ended.errors.contains("line 1: mode: unknown value `enforced`; did you mean `enforce`?"), "\(ended)")
                #expect(ended.errors.contains("line 2: groups: has no group; without one nothing is done"), "\(ended)")
            }
        }
    }
}
