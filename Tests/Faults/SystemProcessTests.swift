import Foundation
import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// Containers and processes that are very many or very short-lived.
    @Suite("Many processes, or short ones") struct SystemProcesses {
        @Test("Thousands of processes with long command lines are recorded, every tick of them, with bounded memory")
        func many() async throws {
            let count = FaultPlan.count(short: 4000, long: 20_000)
            let (interval, ticks) = (FaultPlan.count(short: 2, long: 10), FaultPlan.count(short: 4, long: 12))
            try await Scene.run { scene in
                let tree = try KernelTree(scene, hasOwnProc: true)
                // If one tick had events for all of these, it would be larger than a frame may be.
                try tree.makeProcesses(10_000..<10_000 + count, commandLine: "worker\0" + String(repeating: "option\0", count: 700))
                try tree.list(10_000..<10_000 + count)
                let collector = try await scene.collector()
                _ = try await scene.agent(collector, node: "many", containers: "cgroup", interval: "\(interval)s", options: tree.options)
                try await eventually("all processes in the live view") {
                    try collector.control.instances().nodes.first?.processes == UInt64(count)
                }
                try collector.control.start("many", "interval=\(interval)s")
                try await eventually(
                    "\(ticks) ticks with all processes", within: .seconds(ticks * interval + 600), every: .milliseconds(200)
                ) {
                    try collector.control.status().run?.rows["process"] ?? 0 >= UInt64(count * ticks)
                }
                _ = try collector.control.stop()

                let run = try RecordedRun(collector.data + "/many")
                try run.checkLedger(nodes: ["many"])
                try run.checkWhole("many")
                try await scene.verify(run)
                let rows = try BulkRows(path: run.directory + "/process.csv")
                #expect(
                    rows.faults.isEmpty && rows.counts.values.allSatisfy { $0 == count }, "a row of each process at a tick: \(rows.counts)")
                let late = try run.late("container", of: "many")
                let expected = try Set(run.ticks(of: "many")).subtracting(late)
                #expect(Set(rows.counts.keys) == Set(expected.map { "many,\($0)" }), "at each tick that isn't late")
                let told = try run.table("event").rows.filter { $0["kind"] == "process" }.compactMap { $0.integer("pid") }
                // How many are told by then hangs on what else the machine does.
                #expect(!told.isEmpty && Set(told).count == told.count, "\(told.count) command lines were told, each once")
                let cost = try run.table("agent").rows
                let (memory, time) = (
                    cost.compactMap { $0.integer("rss_bytes") }.max() ?? 0, cost.compactMap { $0.integer("read_us") }.max() ?? 0
                )
                FaultPlan.report("an agent with \(count) processes", "\(memory >> 20) MiB, at most \(time / 1000) ms a tick")
                let kept = try ProcessUse(collector.child.pid).residentBytes
                FaultPlan.report("its collector", "\(kept >> 20) MiB")
                #expect(memory < 400 << 20 && kept < 400 << 20)
            }
        }

        @Test("A pid that is used again and again is a new process each time, with its own values and nobody else's", .root)
        func reusedPID() async throws {
            try await Scene.run { scene in
                let tree = try KernelTree(scene, hasOwnProc: false)
                try tree.list([500])
                let collector = try await scene.collector()
                // A pid namespace of its own, so that this test decides which pid is next.
                let lives = FaultPlan.count(short: 12, long: 200)
                let script = """
                    "$@" &
                    agent=$!
                    mkfifo "$0"; exec 3<>"$0"
                    until [ -e "$0.go" ]; do read -t 0.05 -u 3; done
                    for life in $(seq 1 \(lives)); do
                      echo 499 > /proc/sys/kernel/ns_last_pid
                      bash -c 'printf life'$life' > /proc/$$/comm; i=0; while [ $i -lt $((RANDOM % 30 * 1000)) ]; do i=$((i+1)); done; read -t 0.5 -u 3' life$life &
                      wait $!
                    done
                    : > "$0.done"
                    wait $agent
                    """
                let pause = scene.path("pause")
                let agent = try await scene.agent(
                    collector, node: "reuse", containers: "cgroup",
                    prefix: ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "bash", "-c", script, pause],
                    options: tree.options)
                try await eventually("the agent's first tick") { try collector.control.instances().nodes.first?.lastTickAgeMs != nil }
                try collector.control.start("reuse", "interval=50ms")
                try Data().write(to: URL(fileURLWithPath: pause + ".go"))
                try await eventually("the last of the lives\n\(agent.child.diary)", within: .seconds(lives * 5 + 120)) {
                    FileManager.default.fileExists(atPath: pause + ".done")
                }
                _ = try collector.control.stop()
                // The namespace ends with its first process; unshare(1) itself ignores other signals.
                try await agent.child.crash()

                let run = try RecordedRun(collector.data + "/reuse")
                try run.checkLedger(nodes: ["reuse"])
                let rows = try run.table("process").rows.filter { $0.integer("pid") == 500 }
                let byStart = Dictionary(grouping: rows) { $0.integer("start_us") ?? -1 }
                // What came too late for a tick is told of, and has been compared with, all the same. They come with their container.
                let isWhole = try run.late("container", of: "reuse").isEmpty
                #expect(byStart.count > lives / 2, "pid 500 was \(byStart.count) processes")
                for (start, life) in byStart {
                    // Its first row may be from before it had set its name.
                    #expect(
                        Set(life.compactMap { $0["comm"] }).subtracting(["bash"]).count <= 1,
                        "the process of \(start): \(life.map(\.fields))")
                    let cpu = life.map { ($0.integer("cpu_user_us") ?? 0) + ($0.integer("cpu_system_us") ?? 0) }
                    #expect(zip(cpu, cpu.dropFirst()).allSatisfy { $0 <= $1 } && cpu[0] < 1_000_000, "CPU time of one process: \(cpu)")
                    #expect(life[0]["cpu_percent"] == nil || !isWhole, "nothing to compare with: \(life[0].fields)")
                    #expect(life.allSatisfy { $0.decimal("cpu_percent") ?? 0 >= 0 })
                    let ticks = life.map(\.tick)
                    #expect(zip(ticks, ticks.dropFirst()).allSatisfy { $0 < $1 })
                }
                let told = try run.table("event").rows.filter { $0["kind"] == "process" && $0.integer("pid") == 500 }
                let renamed = byStart.values.count { Set($0.compactMap { $0["comm"] }).count > 1 }
                #expect(told.count == byStart.count + renamed || !isWhole, "each is told of once, and once more when its name has changed")
            }
        }

        @Test("Containers and processes that come and go faster than the ticks are no errors, and nobody has another's values", .engine)
        func churn() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                _ = try await lab.workload(scene, "up", "1").succeeded()
                _ = try await lab.run(
                    scene, name: "storm", "while :; do sleep 0.01 & sleep 0.03 & (true) & (true) & wait; done",
                    options: ["--pids-limit", "64", "--cpus", "0.5"])
                let collector = try await scene.collector()
                let modes = ["docker", "cgroup"]
                for mode in modes { _ = try await scene.connectedAgent(collector, node: mode, containers: mode, socket: lab.socket) }
                try collector.control.start("churn", "interval=\(FaultPlan.isLong ? 50 : 100)ms&expect=2")
                let brief = FaultPlan.count(short: 6, long: 60)
                var begun: [String] = []
                for pair in 0..<brief / 2 {
                    // Two at a time: one ends by itself, the other is killed with its processes.
                    let doomed = try await lab.run(scene, name: "doomed\(pair)", "sleep 100 & sleep 100 & sleep 100", options: ["--rm"])
                    begun += [doomed, try await lab.run(scene, name: "short\(pair)", "true", options: ["--rm"])]
                    _ = try await scene.command("docker", ["-H", "unix://\(lab.socket)", "kill", doomed])
                    for name in ["short\(pair)", "doomed\(pair)"] {
                        _ = try await scene.command("docker", ["-H", "unix://\(lab.socket)", "wait", name])
                    }
                }
                for mode in modes {
                    try await eventually("the starts and a storm that \(mode) saw", every: .milliseconds(200)) {
                        let starts = try collector.control.durable("event").filter { $0.node == mode && $0["kind"] == "container start" }
                        let storm = try collector.control.durable("process").filter { $0.node == mode && $0["container"] == "storm" }
                        return Set(starts.compactMap { $0["container_id"] }).isSuperset(of: begun) && Self.lives(storm).count > 10
                    }
                }
                let manifest = try collector.control.stop()

                let run = try RecordedRun(collector.data + "/churn")
                try await run.checkFiles(scene)
                try run.checkLedger(nodes: modes)
                for mode in modes {
                    let errors = try run.table("agent").rows.filter { $0.node == mode }.compactMap { $0.integer("read_errors") }
                    // A source that is late counts as well, and a busy machine makes it so.
                    let late = try run.table("event").rows.count { $0.node == mode && $0["kind"] == "source late" }
                    let more = try #require(errors.last) - #require(errors.first) - Int64(late)
                    #expect(more <= brief, "\(mode): \(more) read errors; \(manifest.verdict ?? "")")
                    try Self.checkRows(run, mode)
                }
            }
        }

        /// The rows of each process: a pid and when it began.
        private static func lives(_ rows: [CSVTable.Row]) -> [[Int64]: [CSVTable.Row]] {
            Dictionary(grouping: rows) { [$0.integer("pid") ?? 0, $0.integer("start_us") ?? 0] }
        }

        private static func checkRows(_ run: RecordedRun, _ node: String) throws {
            let processes = try run.table("process").rows.filter { $0.node == node }
            #expect(Set(processes.map { [$0.tick, Int($0.integer("pid") ?? 0)] }).count == processes.count, "a process has one row a tick")
            #expect(processes.allSatisfy { $0.integer("start_us") != nil && $0.integer("rss_bytes") != nil && $0["comm"] != nil })
            for life in lives(processes).values {
                #expect(Set(life.map { $0["container_id"] }).count == 1, "a process stays in its container: \(life.map(\.fields))")
                let cpu = life.map { ($0.integer("cpu_user_us") ?? 0) + ($0.integer("cpu_system_us") ?? 0) }
                #expect(
                    zip(cpu, cpu.dropFirst()).allSatisfy { $0 <= $1 } && life.allSatisfy { $0.decimal("cpu_percent") ?? 0 >= 0 },
                    "\(life.map(\.fields))")
            }
            let containers = try run.table("container").rows.filter { $0.node == node }
            #expect(
                Set(containers.map { "\($0.tick) \($0["container_id"] ?? "")" }).count == containers.count, "a container has one row a tick"
            )
        }
    }
}
