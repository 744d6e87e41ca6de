import Foundation
import Glibc
import StatsCore
import Testing

extension FaultTests {
    /// A Docker engine that ends, stands still, dawdles or lies, while agents of every container mode record a run.
    @Suite struct SystemEngine {
        private static let modes = ["docker", "cgroup", "auto"]

        @Test(
            "An engine that stands still, is killed and is restarted costs no tick of the host, and the containers' rows come back",
            .engine, .root)
        func restarted() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.openOwn(scene)
                for name in ["first", "second"] {
                    // They come back with the engine, with other processes.
                    _ = try await lab.run(
                        scene, name: name, "trap exit TERM; while :; do sleep 0.1; done", options: ["--restart", "always"])
                }
                let (collector, agents) = try await Self.recording(scene, "engine", socket: lab.socket)

                let engine = try lab.enginePID()
                kill(engine, SIGSTOP)
                scene.later { kill(engine, SIGCONT) }
                let due = try collector.control.status().run?.ticksDue ?? 0
                try await eventually("ticks while the engine stands still", within: .seconds(20)) {
                    try collector.control.status().run?.ticksDue ?? 0 > due + 10
                }
                #expect(KernelFacts.state(engine) == "T")
                let still = Int(due) + 1..<Int(due) + 10
                kill(engine, SIGCONT)
                try await Self.containersFlow(collector)

                for (restarts, signal) in ["KILL", "TERM"].enumerated() {
                    let before = try lab.enginePID()
                    try await lab.restart(scene, signal: signal)
                    #expect(try lab.enginePID() != before, "SIG\(signal) ended the engine")
                    try await eventually("both containers' starts, told by each agent", within: .seconds(30), every: .milliseconds(200)) {
                        let starts = try Self.durable("event", collector).filter { $0["kind"] == "container start" }
                        return Self.modes.allSatisfy { mode in starts.count { $0.node == mode } >= 2 * (restarts + 1) }
                    }
                    try await Self.containersFlow(collector)
                }
                for (mode, agent) in agents {
                    let lost = agent.child.errors.split(separator: "\n").filter { $0.contains("Docker engine out of reach") }
                    #expect(lost.count >= 2, "the agent with \(mode) noticed that the engine was gone: \(agent.child.errors)")
                }
                let run = try await Self.end(collector, scene)
                // The engine stood still, and the containers didn't.
                for name in ["first", "second"] {
                    let ticks = try run.table("container").rows.filter { $0.node == "cgroup" && $0["container"] == name }.map(\.tick)
                    #expect(Set(ticks).isSuperset(of: still), "the cgroups were read while the engine stood still: \(ticks)")
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
                let proxy = try EngineProxy(scene, engine: lab.socket)
                let (collector, agents) = try await Self.recording(scene, "rubbish", socket: proxy.path)
                for rubbish in EngineRubbish.all {
                    proxy.answer(rubbish.script)
                    // The container source asks at every tick; what follows the engine asks after a pause that grows.
                    try await eventually(
                        "requests that were answered with \(rubbish.name)", within: .seconds(FaultPlan.count(short: 20, long: 90))
                    ) {
                        let spoilt = proxy.spoilt
                        return spoilt.count >= FaultPlan.count(short: 2, long: 10)
                            && (rubbish.isAboutCounters || spoilt.contains { !$0.contains("/stats") })
                    }
                }
                proxy.answer { _ in .forward }
                let mended = ContinuousClock.now
                try await Self.containersFlow(collector)
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

        /// A collector, an agent of each mode, and a run in progress in which each has rows of the containers.
        private static func recording(
            _ scene: Scene, _ name: String, socket: String
        ) async throws -> (Collector, [(mode: String, agent: Agent)]) {
            let collector = try await scene.collector()
            var agents: [(String, Agent)] = []
            for mode in modes {
                agents.append((mode, try await scene.connectedAgent(collector, node: mode, containers: mode, socket: socket)))
            }
            try collector.control.start(name, "interval=200ms&expect=\(modes.count)")
            try await containersFlow(collector)
            return (collector, agents)
        }

        /// Waits until each agent has durable rows of the two containers, with counters, that were read from now on.
        private static func containersFlow(_ collector: Collector) async throws {
            let run = try #require(try collector.control.status().run)
            try await eventually("counters of two containers from each agent", within: .seconds(30), every: .milliseconds(200)) {
                let rows = try durable("container", collector).filter { $0.tick >= run.ticksDue && $0["cpu_us"] != nil }
                return modes.allSatisfy { mode in Set(rows.filter { $0.node == mode }.map { $0["container_id"] }).count == 2 }
            }
        }

        /// The rows of a table of the run in progress that are on the disk.
        private static func durable(_ table: String, _ collector: Collector) throws -> [CSVTable.Row] {
            let run = try #require(try collector.control.status().run)
            let file = try collector.control.send("GET", "/runs/\(run.name)/\(table).csv").body
            return try CSVTable(Data(file), name: table).rows
        }

        /// Ends the run and checks that no agent missed a tick or read one late.
        private static func end(_ collector: Collector, _ scene: Scene) async throws -> RecordedRun {
            let manifest = try collector.control.stop()
            let run = try RecordedRun("\(collector.data)/\(manifest.name)")
            try await run.checkFiles(scene)
            let missing = try run.checkLedger(nodes: modes)
            #expect(missing.values.allSatisfy { $0.isEmpty }, "\(manifest.verdict ?? "no verdict")")
            for row in try run.table("agent").rows {
                #expect(row.integer("lateness_us") ?? .max < 200_000, "\(row.node) was late at tick \(row.tick)")
            }
            return run
        }
    }
}
