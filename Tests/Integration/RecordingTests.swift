import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// A run, compared with what the engine and the kernel report.
    @Suite("A recording") struct Recording {
        @Test("A load of several containers is recorded whole and true", .engine, arguments: ["docker", "cgroup"])
        func load(mode: String) async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                _ = try await lab.workload(scene, "up", "4").succeeded()
                _ = try await lab.run(scene, name: "hostnet", "while :; do sleep 1; done", options: ["--network", "host"])
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector, containers: mode, socket: lab.socket, options: Lab.only)
                try await collector.control.shows(lab.ids(scene))

                let containers = try await lab.containers(scene)
                #expect(containers.count == 5)
                let before = try await Self.processes(containers, lab, scene)
                try collector.control.start("load", "interval=200ms&duration=5s&expect=1")
                try await collector.control.runOver()
                let after = try await Self.processes(containers, lab, scene)

                let run = try RecordedRun(collector.data + "/load")
                try await run.checkFiles(scene)
                try run.checkWhole("here", ticks: 25)
                try Self.checkHost(run)
                try Self.checkContainers(containers, in: run, mode: mode)
                for container in containers {
                    let steady = before[container, default: []].intersection(after[container, default: []])
                    #expect(!steady.isEmpty)
                    try Self.checkProcesses(steady, of: container, in: run)
                }
            }
        }

        @Test("Two agents on one collector share the ticks, and each has its rows under its own node")
        func twoAgents() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                for node in ["east", "west"] { _ = try await scene.connectedAgent(collector, node: node) }
                try collector.control.start("two", "interval=100ms&duration=3s&expect=2")
                try await collector.control.runOver()

                let run = try RecordedRun(collector.data + "/two")
                #expect(run.manifest.nodes.map(\.node).sorted() == ["east", "west"])
                try await run.checkFiles(scene)
                try run.checkLedger(nodes: ["east", "west"])
                try run.checkWhole("east", "west", ticks: 30)
            }
        }

        private static func processes(
            _ containers: [Lab.Container], _ lab: Lab, _ scene: Scene
        ) async throws -> [Lab.Container: Set<KernelFacts.Process>] {
            var found: [Lab.Container: Set<KernelFacts.Process>] = [:]
            for container in containers { found[container] = try await lab.processes(scene, container) }
            return found
        }

        /// The ticks of the host and of the agent, each once and in order, and as many cores as there are.
        private static func checkHost(_ run: RecordedRun) throws {
            try run.checkLedger(nodes: ["here"])
            let host = try run.table("host").rows
            #expect(try host.allSatisfy { try $0.integer("memory_total_bytes") == KernelFacts.memoryTotal() })
            let idle = host.compactMap { $0.integer("cpu_idle_us") }
            #expect(idle.count == host.count && idle == idle.sorted(), "an idle counter that grows")
            #expect(host.allSatisfy { (0...100).contains($0.decimal("memory_percent") ?? -1) })

            let cores = try run.table("cpu").rows
            #expect(cores.count == host.count * (try KernelFacts.cores()))
            let names = Dictionary(grouping: cores, by: \.tick).mapValues { Set($0.map { $0["cpu"] ?? "" }).count }
            #expect(try names.values.allSatisfy { try $0 == KernelFacts.cores() }, "each core once a tick")
        }

        private static func checkContainers(_ containers: [Lab.Container], in run: RecordedRun, mode: String) throws {
            let table = try run.table("container")
            // The first tick may come before the first reading.
            let ticks = try Set(run.ticks(of: "here").dropFirst()).subtracting(run.late("container", of: "here"))
            for container in containers {
                let rows = table.rows.filter { $0["container_id"] == container.id }
                #expect(Set(rows.map(\.tick)).isSuperset(of: ticks), "\(container.name) at every tick")
                #expect(Set(rows.map(\.tick)).count == rows.count, "\(container.name) once a tick")
                #expect(rows.allSatisfy { $0["container"] == container.name && $0["image"] == container.image && $0["state"] == "running" })
                let read = rows.filter { $0["source"] != nil }
                #expect(read.allSatisfy { $0["source"] == mode })
                // An engine makes one reading a second, and no old reading may appear as a new one.
                #expect(read.count >= (mode == "cgroup" ? ticks.count : 3), "\(container.name) has \(read.count) readings")
                #expect(read.allSatisfy { $0.integer("memory_usage_bytes") ?? 0 > 0 && $0.integer("pids") ?? 0 > 0 })
                #expect(read.dropFirst().allSatisfy { $0.integer("cpu_us") ?? 0 > 0 })
                if container.name.hasPrefix("load") {
                    #expect(read.allSatisfy { $0.integer("memory_limit_bytes") == 64 << 20 }, "the limit of \(container.name)")
                    #expect(read.contains { $0.integer("rx_bytes") != nil })
                } else {
                    #expect(read.allSatisfy { $0["rx_bytes"] == nil }, "a container on the host's network has no traffic of its own")
                }
                if mode == "cgroup" {
                    // Read at the tick: a tick that is late by more would have been given up for the next.
                    #expect(
                        rows.filter { $0.tick > 0 }.allSatisfy { abs($0.integer("sample_age_us") ?? .max) < 2 * run.manifest.intervalUs })
                }
            }
            #expect(Set(table.rows.compactMap { $0["container_id"] }) == Set(containers.map(\.id)), "no containers but the lab's")
        }

        /// Every process that lived from before the run until after it is in every tick, with the facts that the kernel reports.
        private static func checkProcesses(_ processes: Set<KernelFacts.Process>, of container: Lab.Container, in run: RecordedRun) throws {
            let rows = try run.table("process").rows.filter { $0["container_id"] == container.id }
            #expect(rows.allSatisfy { $0["container"] == container.name })
            let ticks = try Set(run.ticks(of: "here").dropFirst()).subtracting(run.late("container", of: "here"))
            for process in processes {
                let own = rows.filter { $0.integer("pid") == process.pid }
                #expect(Set(own.map(\.tick)).isSuperset(of: ticks) && Set(own.map(\.tick)).count == own.count, "\(process) at every tick")
                #expect(own.allSatisfy { $0["comm"] == process.comm && $0.integer("ppid") == process.ppid }, "\(process)")
                #expect(own.allSatisfy { $0.integer("start_us") == process.start * (1_000_000 / KernelFacts.clockTick) }, "\(process)")
                #expect(own.allSatisfy { $0.integer("rss_bytes") ?? 0 > 0 && $0.integer("read_bytes") != nil }, "\(process)")
            }
            let announced = try run.table("event").rows.filter { $0["kind"] == "process" && $0["container_id"] == container.id }
            for process in processes {
                #expect(announced.count { $0.integer("pid") == process.pid } == 1, "the command line of \(process) is told once")
            }
        }
    }
}
