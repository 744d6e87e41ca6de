import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// Agents that name several collectors.
    @Suite("An agent of several collectors") struct Failover {
        @Test(
            "When its collector is killed during a run the agent goes on at the other one, however far apart their clocks are; what the first one lacks it gets when it is back, even if the agent was killed meanwhile; no tick is at both, and merged the run lacks none that was read",
            arguments: [[], [5, -3]])
        func run(hours: [Int]) async throws {
            try await Scene.run { scene in
                // Where clocks differ, all have a token, too.
                let fleet = try await FailoverFleet(scene, count: 2, hours: hours, hasToken: !hours.isEmpty)
                let agent = try await fleet.agent("n0", of: [0, 1])
                _ = try await fleet.agent("n1", of: [1, 0])
                for number in 0..<2 { try await fleet.joined("n\(number)", at: number) }
                var started = try await fleet.sonde("start", "x", "--interval", "100ms", "--expect", "2", at: [0, 1])
                // A busy host may be too late, and is asked to try again.
                for _ in 0..<5 where started.status != 0 {
                    started = try await fleet.sonde("start", "x", "--interval", "100ms", "--expect", "2", at: [0, 1])
                }
                #expect(started.status == 0, "\(started)")
                try await fleet.collectors[0].control.ticks(5, of: "n0")
                try await fleet.collectors[0].child.crash()
                try await fleet.collectors[1].control.ticks(5, of: "n0")
                #expect(try fleet.missing("n0", at: 1)["elsewhere"] ?? 0 > 0)

                // What waits for the first one is on the disk. The agent goes on where it was, however its collectors are named then.
                try await agent.child.crash()
                _ = try await fleet.agent("n0", of: [1, 0])
                let ticks = try fleet.collectors[1].control.ticks(of: "n0")
                try await fleet.collectors[1].control.ticks(ticks + 5, of: "n0")
                try await fleet.restart(0)
                try await eventually("what the first one lacked") { try fleet.missing("n0", at: 0)["elsewhere"] ?? 0 > 0 }
                // It only delivers: nobody counts on it there.
                #expect(try fleet.report("n0", at: 0)?.isConnected == false)
                let marked = try await fleet.sonde("mark", "late", at: [0, 1])
                #expect(marked.status == 0, "\(marked)")
                let stopped = try await fleet.sonde("stop", at: [0, 1])
                #expect(
                    stopped.status == 2 && stopped.output.contains("; n0 went from one collector to another, and sonde merge"), "\(stopped)"
                )

                try await Self.check(fleet)
            }
        }

        @Test(
            "An agent that a collector refuses, as another one has its node's name there, says so, asks again only once in a while, and goes on to a third one or comes back to its first, which lacks nothing of the run"
        )
        func refused() async throws {
            try await Scene.run { scene in
                let fleet = try await FailoverFleet(scene, count: 3)
                let agent = try await fleet.agent("n0", of: [0, 1, 2])
                try await fleet.joined("n0", at: 0)
                _ = try await fleet.agent("n0", of: [1], state: scene.path("state-namesake"))
                try await fleet.joined("n0", at: 1)
                try await fleet.collectors[2].child.crash()
                try fleet.collectors[0].control.start("x", "interval=100ms")
                try await fleet.collectors[0].control.ticks(5, of: "n0")
                try await fleet.collectors[0].child.crash()
                try await eventually("the reason in the agent's log") { agent.child.errors.contains("node_in_use") }
                try await agent.child.says("is connected already")

                try await fleet.restart(2)
                try await fleet.joined("n0", at: 2)
                let own = try #require(try fleet.report("n0", at: 2)?.agent)
                #expect(try fleet.report("n0", at: 1)?.agent != own)

                // Only the one that refuses it is left. Waits between tries grow to three seconds, of which half is by chance.
                try await fleet.collectors[2].child.crash()
                let earlier = try fleet.refusals("node_in_use", at: 1)
                let before = try await eventually("the next try") {
                    let refusals = try fleet.refusals("node_in_use", at: 1)
                    return refusals > earlier ? refusals : nil
                }
                let since = ContinuousClock.now
                let after = try await eventually("five more tries") {
                    let refusals = try fleet.refusals("node_in_use", at: 1)
                    return refusals >= before + 5 ? refusals : nil
                }
                let pause = (ContinuousClock.now - since) / Int(after - before)
                #expect(pause >= .milliseconds(300), "\(after - before) tries, one in \(pause)")
                let warnings = agent.child.errors.split(separator: "\n").count { $0.contains("node_in_use") && $0.contains("warning") }
                #expect(warnings == 1, "\(agent.child.diary)")

                try await fleet.restart(0)
                try await fleet.joined("n0", at: 0)
                let due = try fleet.collectors[0].control.ticks(of: "n0")
                try await fleet.collectors[0].control.ticks(due + 5, of: "n0")
                _ = try fleet.collectors[0].control.stop()
                let run = try RecordedRun("\(fleet.collectors[0].data)/x")
                try await run.checkFiles(scene)
                let node = try #require(run.manifest.nodes.first { $0.node == "n0" })
                #expect((node.missing ?? [:]).keys.allSatisfy { $0 == "overrun" }, "\(node)")
            }
        }

        private static func check(_ fleet: FailoverFleet) async throws {
            let scene = fleet.scene
            let parts = fleet.collectors.map { "\($0.data)/x" }
            let runs = try parts.map(RecordedRun.init)
            for run in runs { try await run.checkFiles(scene) }
            let merged = scene.path("merged")
            try await scene.command(Products.cli, ["merge"] + parts + ["--output", merged]).succeeded()
            let whole = try RecordedRun(merged)
            try await whole.checkFiles(scene)
            let proof = try await scene.command(Products.cli, ["verify", merged])
            #expect([0, 2].contains(proof.status) && !proof.output.contains("damaged"), "\(proof)")
            let (n0, n1) = (whole.manifest.nodes.first { $0.node == "n0" }, whole.manifest.nodes.first { $0.node == "n1" })
            // Only a busy host, and the agent's death, cost ticks.
            let reasons = (n1?.missing ?? [:]).keys.sorted()
            #expect(reasons == [] || reasons == ["overrun"], "\(whole.manifest.verdict ?? "")")
            let had: [UInt64] = runs.map { run in run.manifest.nodes.first { $0.node == "n0" }?.present ?? 0 }
            #expect(had.allSatisfy { $0 >= 5 } && n0?.present == had.reduce(0, +), "\(had)")
            let shares: [RunPart.NodeTicks] = (whole.manifest.parts ?? []).compactMap { part in part.nodeTicks?.first { $0.node == "n0" } }
            #expect(shares.map(\.present) == had && shares[0].lastTick < shares[1].firstTick, "\(shares)")
            // Between the two not one is missing.
            let present = try whole.ticks(of: "n0")
            let near = Set(shares[0].lastTick - 2...shares[1].firstTick + 2)
            let gaps = try whole.table("gaps").rows.filter { $0["node"] == "n0" && $0["reason"] == "overrun" }
            let overrun = gaps.flatMap { gap -> [UInt64] in
                guard let from = UInt64(gap["from_tick"] ?? ""), let to = UInt64(gap["to_tick"] ?? "") else { return [] }
                return Array(from...to)
            }
            let lacking = near.subtracting(present.map { UInt64($0) }).subtracting(overrun)
            #expect(lacking.isEmpty, "\(shares)")
        }
    }
}
