import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// A Docker engine that ends, stops, is slow or gives wrong answers, while agents of every container mode record a run.
    @Suite("A Docker engine that fails") struct SystemEngine {
        private static let modes = ["docker", "cgroup", "auto"]

        @Test(
            "An engine that stands still, is killed and is restarted costs no tick of the host, and the containers' rows come back",
            .engine, .root)
        func restarted() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.openOwn(scene)
                var containers: [String] = []
                for name in ["first", "second"] {
                    // They are restarted with the engine, with new processes.
                    containers.append(
                        try await lab.run(
                            scene, name: name, "trap exit TERM; while :; do sleep 0.1; done", options: ["--restart", "always"]))
                }
                let (collector, agents) = try await Self.recording(scene, "engine", socket: lab.socket, containers)

                let engine = try lab.enginePID()
                kill(engine, SIGSTOP)
                scene.later { kill(engine, SIGCONT) }
                let due = try collector.control.status().run?.ticksDue ?? 0
                try await eventually("ticks while the engine stands still") {
                    try collector.control.status().run?.ticksDue ?? 0 > due + 10
                }
                #expect(KernelFacts.state(engine) == "T")
                let still = Int(due) + 1..<Int(due) + 10
                kill(engine, SIGCONT)
                try await Self.flow(containers, collector)

                for (restarts, signal) in ["KILL", "TERM"].enumerated() {
                    let before = try lab.enginePID()
                    try await lab.restart(scene, signal: signal)
                    #expect(try lab.enginePID() != before, "SIG\(signal) ended the engine")
                    try await eventually("both containers' starts, told by each agent", every: .milliseconds(200)) {
                        let starts = try collector.control.durable("event").filter { $0["kind"] == "container start" }
                        return Self.modes.allSatisfy { mode in
                            containers.allSatisfy { id in starts.count { $0.node == mode && $0["container_id"] == id } > restarts }
                        }
                    }
                    try await Self.flow(containers, collector)
                }
                for (mode, agent) in agents {
                    let lost = agent.child.errors.split(separator: "\n").filter { $0.contains("Docker engine out of reach") }
                    #expect(lost.count >= 2, "the agent with \(mode) noticed that the engine was gone: \(agent.child.errors)")
                }
                let run = try await Self.end(collector, scene)
                // The engine was stopped, but the containers went on.
                for name in ["first", "second"] {
                    let ticks = try run.table("container").rows.filter { $0.node == "cgroup" && $0["container"] == name }.map(\.tick)
                    let read = try Set(still).intersection(run.ticks(of: "cgroup")).subtracting(
                        run.late("container", of: "cgroup"))
                    #expect(!read.isEmpty && read.isSubset(of: ticks), "the cgroups were read while the engine stood still: \(ticks)")
                }
            }
        }

        @Test(
            "Whatever an engine answers, the host's ticks come in time, the agent's memory is bounded, and the containers' rows come back",
            .engine)
        func rubbish() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                _ = try await lab.workload(scene, "up", "2").succeeded()
                let containers = try await lab.ids(scene)
                let proxy = try EngineProxy(scene, engine: lab.socket)
                let (collector, agents) = try await Self.recording(scene, "rubbish", socket: proxy.path, containers)
                for rubbish in EngineRubbish.all {
                    proxy.answer(rubbish.script)
                    // The container source asks at every tick; the engine's watcher asks after growing pauses.
                    try await eventually("requests that were answered with \(rubbish.name)") {
                        let spoilt = proxy.spoilt
                        return spoilt.count >= FaultPlan.count(short: 2, long: 10)
                            && (rubbish.isAboutCounters || spoilt.contains { !$0.contains("/stats") })
                    }
                    try await Self.ticksInTime(collector, "while the engine answers with \(rubbish.name)")
                }
                proxy.answer { _ in .forward }
                let mended = ContinuousClock.now
                try await Self.flow(containers, collector)
                FaultPlan.report(
                    "rows of containers after the engine's answers are right again", "\(mended.duration(to: .now) / .seconds(1)) s")
                for (mode, agent) in agents { #expect(agent.child.poll() == nil, "the agent with \(mode) lives on\n\(agent.child.diary)") }
                let run = try await Self.end(collector, scene)
                for mode in Self.modes {
                    let memory = try run.table("agent").rows.filter { $0.node == mode }.compactMap { $0.integer("rss_bytes") }
                    let (first, most) = try (#require(memory.first), #require(memory.max()))
                    FaultPlan.report(
                        "memory of an agent with \(mode) whose engine answers rubbish",
                        "\(first >> 20) MiB before, at most \(most >> 20) MiB")
                    #expect(most - first < 64 << 20, "\(mode): \(first) bytes before, \(most) at most")
                }
            }
        }

        /// A collector, an agent of each mode, and a run in progress in which every agent has rows of the containers.
        private static func recording(
            _ scene: Scene, _ name: String, socket: String, _ containers: [String]
        ) async throws -> (Collector, [(mode: String, agent: Agent)]) {
            let collector = try await scene.collector()
            var agents: [(String, Agent)] = []
            for mode in modes {
                agents.append((mode, try await scene.connectedAgent(collector, node: mode, containers: mode, socket: socket)))
            }
            try collector.control.start(name, "interval=200ms&expect=\(modes.count)")
            try await flow(containers, collector)
            return (collector, agents)
        }

        /// Waits until each agent has durable rows of these containers, with counters, that were read from now on. While the engine says nothing,
        /// agents rightly have those of every other engine on the machine, too.
        private static func flow(_ containers: [String], _ collector: Collector) async throws {
            let run = try #require(try collector.control.status().run)
            try await eventually("counters of the containers from each agent", every: .milliseconds(200)) {
                let rows = try collector.control.durable("container").filter { $0.tick >= run.ticksDue && $0["cpu_us"] != nil }
                return modes.allSatisfy { mode in
                    Set(rows.filter { $0.node == mode }.compactMap { $0["container_id"] }).isSuperset(of: containers)
                }
            }
        }

        /// Waits until each agent has read two ticks in a row that became due from now on. On a machine that is busy it may overrun one for that
        /// reason; an agent that waited for the engine would overrun them again and again.
        private static func ticksInTime(_ collector: Collector, _ when: String) async throws {
            let run = try #require(try collector.control.status().run)
            try await eventually("ticks in time \(when)", every: .milliseconds(200)) {
                let rows = try collector.control.durable("agent").filter { $0.tick >= run.ticksDue }
                return modes.allSatisfy { mode in
                    let ticks = rows.filter { $0.node == mode }.map(\.tick)
                    return zip(ticks, ticks.dropFirst()).contains { $0 + 1 == $1 }
                }
            }
        }

        /// Ends the run and checks that no agent missed a tick for want of an engine.
        private static func end(_ collector: Collector, _ scene: Scene) async throws -> RecordedRun {
            let manifest = try collector.control.stop()
            let run = try RecordedRun("\(collector.data)/\(manifest.name)")
            try await run.checkFiles(scene)
            try run.checkLedger(nodes: modes)
            for mode in modes { try run.checkWhole(mode) }
            return run
        }
    }
}
