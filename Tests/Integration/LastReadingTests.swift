import Glibc
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// Containers that end between two ticks. Each prints, as the last thing that it does, what the kernel counts for it by then: that much at least has to be in the run.
    @Suite("The last reading of a container") struct LastReading {
        /// Some tenths of a second of CPU time, a block of 24 MiB, and then the kernel's own counters.
        private static let burn = """
            i=0; while [ $i -lt 150000 ]; do i=$((i+1)); done; dd if=/dev/zero of=/dev/null bs=24M count=1 2>/dev/null
            cd /sys/fs/cgroup; echo told $(cat cpuacct/cpuacct.usage || sed -n 's/usage_usec \\(.*\\)/\\1000/p' cpu.stat) \
            $(cat memory/memory.max_usage_in_bytes || cat memory.peak); exit 3
            """

        private struct Told {
            var cpu: Int64
            var memory: Int64

            init(_ scene: Scene, _ lab: Lab, _ id: String) async throws {
                let log = try await lab.docker(scene, "logs", id)
                let words = try #require(log.split(separator: "\n").first { $0.hasPrefix("told ") }).split(separator: " ")
                cpu = try #require(Int64(words[1])) / 1000
                memory = try #require(Int64(words[2]))
            }
        }

        @Test(
            "What a container of a moment used between two ticks is in the run: CPU time, peak memory and exit code", .engine,
            arguments: [("auto", "2s"), ("docker", "2s"), ("cgroup", "10s")])
        func moment(mode: String, interval: String) async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector, containers: mode, socket: lab.socket, options: Lab.only)
                try collector.control.start("moment", "interval=\(interval)")
                // What ends before the run begins is not in it.
                try await collector.control.ticks(1, of: "here")
                var ids: [String] = []
                for number in 1...5 {
                    ids.append(try await lab.run(scene, name: "moment\(number)", Self.burn, options: ["--memory", "64m"]))
                    try await lab.docker(scene, "wait", ids[number - 1])
                }
                let run = try await Self.recorded("moment", ends: ids, collector, scene)
                for id in ids { try Self.check(id, exitCode: 3, try await Told(scene, lab, id), in: run) }
            }
        }

        @Test("So is what forty used that ran at once, and what one used that had run for several ticks", .engine)
        func many() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                let long = try await lab.run(
                    scene, name: "long", "trap go=1 USR1; while [ -z \"$go\" ]; do sleep 0.05; done; " + Self.burn)
                var ids: [String] = []
                for number in 1...40 {
                    let words = ["--label", "sonde-lab=1", "--name", "many\(number)", "sonde-lab", "sh", "-c", Self.burn]
                    ids.append(
                        try await scene.command("docker", ["-H", "unix://\(lab.socket)", "create"] + words).succeeded().split(
                            separator: "\n"
                        ).map(String.init)[0])
                }
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector, containers: "auto", socket: lab.socket, options: Lab.only)
                try await collector.control.shows([long])
                try collector.control.start("many", "interval=2s")
                try await collector.control.ticks(2, of: "here")
                let all = "for id in \(ids.joined(separator: " ")); do docker -H unix://\(lab.socket) start $id & done; wait"
                _ = try await scene.command("sh", ["-c", all], within: .seconds(300)).succeeded()
                try await lab.docker(scene, "kill", "--signal", "USR1", long)
                let run = try await Self.recorded("many", ends: ids + [long], collector, scene)
                for id in ids + [long] { try Self.check(id, exitCode: 3, try await Told(scene, lab, id), in: run) }
                let rows = try run.table("container").rows
                #expect(rows.count { $0["container_id"] == long } >= 3)
            }
        }

        @Test(
            "One that is killed for want of memory after half a second has its kill and its peak; one that can't be started has no row",
            .engine)
        func killed() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector, containers: "auto", socket: lab.socket, options: Lab.only)
                try collector.control.start("killed", "interval=2s")
                try await collector.control.ticks(1, of: "here")
                let words = ["-H", "unix://\(lab.socket)", "create", "--label", "sonde-lab=1", "--name", "never", "sonde-lab", "/absent"]
                let never = try await scene.command("docker", words).succeeded().split(separator: "\n").map(String.init)[0]
                let failed = try await scene.command("docker", ["-H", "unix://\(lab.socket)", "start", never])
                #expect(failed.status != 0)
                let id = try await lab.run(
                    scene, name: "eaten", "sleep 0.5; exec dd if=/dev/zero of=/dev/null bs=64M",
                    options: ["--memory", "16m", "--memory-swap", "16m"])
                let run = try await Self.recorded("killed", ends: [id], collector, scene)
                let last = try #require(run.table("container").rows.last { $0["container_id"] == id })
                #expect(last.integer("oom_kills") ?? 0 >= 1 && last.integer("memory_peak_bytes") ?? 0 > 14 << 20, "\(last.fields)")
                #expect(try run.table("container").rows.allSatisfy { $0["container_id"] != never }, "what never ran has no numbers")
                let ends = try run.table("event").rows.filter { $0["kind"] == "container die" }
                #expect(ends.first { $0["container_id"] == id }?.integer("exit_code") == 137)
            }
        }

        /// Ends the run behind these ends, and has it checked as a whole.
        private static func recorded(_ name: String, ends: [String], _ collector: Collector, _ scene: Scene) async throws -> RecordedRun {
            try await eventually("the ends", within: .seconds(120)) {
                let ended = Set(
                    try collector.control.durable("event").filter { $0["kind"] == "container die" }.compactMap { $0["container_id"] })
                return ended.isSuperset(of: ends)
            }
            let soFar = try collector.control.ticks(of: "here")
            try await collector.control.ticks(soFar + 2, of: "here")
            _ = try collector.control.stop()
            let run = try RecordedRun(collector.data + "/\(name)")
            try await run.checkFiles(scene)
            try run.checkWhole("here")
            let verified = try await scene.command(Products.cli, ["verify", run.directory])
            #expect(verified.status == (run.manifest.state == .complete ? 0 : 2), "\(verified)")
            _ = try await scene.command(Products.cli, ["report", "--output", scene.path("report.html"), run.directory]).succeeded()
            return run
        }

        /// Whether this user may give a thread the priority of `EndWatch`'s. Tried once, and undone.
        private static let mayGoFirst: Bool = {
            var parameter = sched_param(sched_priority: 1)
            guard pthread_setschedparam(pthread_self(), Int32(SCHED_RR), &parameter) == 0 else { return false }
            parameter.sched_priority = 0
            return pthread_setschedparam(pthread_self(), Int32(SCHED_OTHER), &parameter) == 0
        }()

        private static func check(_ id: String, exitCode: Int64, _ told: Told, in run: RecordedRun) throws {
            let rows = try run.table("container").rows.filter { $0["container_id"] == id }
            let last = try #require(rows.last, "no row of \(id)")
            let (cpu, memory) = (last.integer("cpu_us") ?? 0, last.integer("memory_peak_bytes") ?? 0)
            // Behind what it tells come the end of its shell and of what it calls, and a beat of the kernel's timer.
            // Where the agent's thread may not go before others, it may come too late.
            let least = mayGoFirst ? told.cpu : 0
            #expect((least...told.cpu + 100_000).contains(cpu), "\(cpu) µs of CPU where it told \(told.cpu)")
            #expect((told.memory...told.memory + 4 << 20).contains(memory), "a peak of \(memory) where it told \(told.memory)")
            #expect(last.integer("rx_bytes") != nil && last.integer("tx_bytes") != nil, "each is on the engine's network")
            #expect(last["state"] == "exited" && last["source"] == "cgroup" && last["started_us"] != nil)
            let ends = try run.table("event").rows.filter { $0["kind"] == "container die" && $0["container_id"] == id }
            #expect(ends.count == 1 && ends[0].integer("exit_code") == exitCode)
            // A busy engine tells of the end later than the kernel.
            #expect(last.tick <= ends[0].tick, "no row follows the end")
            // A percentage is of the time between two readings: one core's worth for one thread, and none where there was one reading.
            #expect(rows.allSatisfy { $0.decimal("cpu_percent").map { (0...130).contains($0) } ?? true })
        }
    }
}
