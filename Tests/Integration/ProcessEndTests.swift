import Foundation
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// Processes that end between two ticks, and what the kernel and wait4(2) say of them.
    @Suite("The last reading of a process") struct ProcessEnds {
        private static let script = "\(Checkout.tests)/Integration/exits.py"

        /// A line of the script's.
        private struct Waited {
            let pid: String
            let kind: String
            let status: Int
            let seconds: Double

            init?(_ line: Substring) {
                let words = line.split(separator: " ")
                guard words.count == 4, let status = Int(words[2]), let seconds = Double(words[3]) else { return nil }
                (pid, kind, self.status, self.seconds) = (String(words[0]), String(words[1]), status, seconds)
            }
        }

        /// Whether the kernel tells this machine's root of processes that end, as somebody else finds out.
        private static func isTold(_ scene: Scene) async throws -> Bool {
            try await scene.command("python3", [script, "can"]).succeeded().trimmingCharacters(in: .whitespacesAndNewlines) == "yes"
        }

        private static func ended(_ scene: Scene) async throws -> [Waited] {
            try await scene.command("python3", [script, "run"]).succeeded().split(separator: "\n").compactMap { Waited($0) }
        }

        @Test("What thirty processes of 300 ms used between two ticks is in the run: each one's CPU time, peak memory and exit code", .root)
        func moments() async throws {
            try await Scene.run { scene in
                let isTold = try await Self.isTold(scene)
                let collector = try await scene.collector()
                let agent = try await scene.connectedAgent(collector, options: ["--processes", "all"])
                #expect(
                    agent.child.errors.contains("the last counters of processes that end can't be had") != isTold, "\(agent.child.errors)")
                try collector.control.start("ends", "interval=1s")
                try await collector.control.ticks(1, of: "here")
                let waited = try await Self.ended(scene)
                #expect(waited.count == 32)
                guard isTold else {
                    // As before: nobody has a last row, and the run says that it isn't known who lacks one.
                    _ = try collector.control.stop()
                    let run = try RecordedRun(collector.data + "/ends")
                    #expect(try run.table("process").rows.allSatisfy { $0["state"] != "X" && $0["exit_code"] == nil })
                    #expect(try run.table("agent").rows.allSatisfy { $0["exits_left_out"] == nil })
                    return
                }
                let all = Set(waited.map(\.pid))
                func last(_ rows: [CSVTable.Row]) -> [CSVTable.Row] { rows.filter { $0["state"] == "X" && all.contains($0["pid"] ?? "") } }
                try await eventually("a last row of each") { try last(collector.control.durable("process")).count >= waited.count }
                _ = try collector.control.stop()
                let run = try RecordedRun(collector.data + "/ends")
                try await run.checkFiles(scene)
                let rows = try last(run.table("process").rows)
                #expect(rows.count == waited.count)
                for one in waited {
                    let row = try #require(rows.first { $0["pid"] == one.pid }, "\(one)")
                    let cpu = Double(try #require(row.integer("cpu_user_us")) + (try #require(row.integer("cpu_system_us")))) / 1e6
                    // What a process uses after the kernel has told is missing: it gives back its memory. And up to a beat of the timer.
                    #expect(cpu <= one.seconds + 0.001 && cpu > one.seconds * 0.8 - 0.02, "\(one): \(cpu) s")
                    #expect(row["exit_code"] == (one.status < 0 ? nil : "\(one.status)"), "\(one)")
                    #expect(row["exit_signal"] == (one.status < 0 ? "\(-one.status)" : nil), "\(one)")
                    #expect(row.integer("peak_rss_bytes") ?? 0 > 1 << 20 && row["user"] == "root" && row["comm"] == "python3", "\(one)")
                }
                #expect(Set(waited.map(\.kind)) == ["busy", "threads", "killed"])
                #expect(Set(rows.compactMap { $0["start_us"] }).count > 10)
            }
        }

        @Test("sonde record names the program that lived between two ticks, with all its CPU time", .root)
        func report() async throws {
            try await Scene.run { scene in
                let isTold = try await Self.isTold(scene)
                let name = "m\(UInt32.random(in: 0 ... .max))"
                let shell = URL(fileURLWithPath: "/bin/sh").resolvingSymlinksInPath().path
                try FileManager.default.copyItem(atPath: shell, toPath: scene.path(name))
                let burn = "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done"
                // A recording ends with its command, and the last rows are in the tick behind the ends.
                let rowsAreThere = "[ \"$(grep -c ',\(name),X,' \(scene.path("out"))/process.csv)\" -ge 8 ]"
                let all =
                    "for n in 1 2 3 4 5 6 7 8; do \(scene.path(name)) -c '\(burn)'; done"
                    + (isTold ? "; until \(rowsAreThere); do sleep 0.1; done" : "")
                let recorded = try await scene.command(
                    Products.cli,
                    // Whatever else the machine does may use more, and would stand before it.
                    [
                        "record", "--output", scene.path("out"), "--interval", "1s", "--containers", "off", "--match", name, "--json", "--",
                        "sh", "-c", all,
                    ])
                let rows = try RecordedRun(scene.path("out")).table("process").rows.filter { $0["comm"] == name && $0["state"] == "X" }
                guard isTold else { return #expect(rows.isEmpty) }
                let used = rows.compactMap { row in
                    row.integer("cpu_user_us").flatMap { user in row.integer("cpu_system_us").map { $0 + user } }
                }
                #expect(rows.count == 8 && used.count == 8, "\(recorded)")
                let report = try #require(try JSONSerialization.jsonObject(with: Data(recorded.output.utf8)) as? [String: Any])
                let programs = try #require(report["top_processes_cpu"] as? [[String: Any]], "\(report.keys)")
                let one = try #require(programs.first { $0["name"] as? String == name }, "\(programs)")
                #expect(one["processes"] as? Int == 8 && one["cpu_us"] as? Int == Int(used.reduce(0, +)))
            }
        }

        @Test("So is what a container's processes used, with the container's name, and each has one last row", .engine)
        func container() async throws {
            try await Scene.run { scene in
                let isTold = try await Self.isTold(scene)
                let lab = try await Lab.open(scene)
                let work =
                    "trap go=1 USR1; while [ -z \"$go\" ]; do sleep 0.05; done; "
                    + "for n in 1 2 3 4 5 6; do dd if=/dev/zero of=/dev/null bs=64k count=500 2>/dev/null; done; exit 3"
                let id = try await lab.run(scene, name: "maker", work)
                let first = try await lab.docker(scene, "inspect", "--format", "{{.State.Pid}}", id).trimmingCharacters(
                    in: .whitespacesAndNewlines)
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(
                    collector, containers: "auto", socket: lab.socket, options: Lab.only + ["--processes", "all"])
                try await collector.control.shows([id])
                try collector.control.start("maker", "interval=1s")
                try await collector.control.ticks(2, of: "here")
                try await lab.docker(scene, "kill", "--signal", "USR1", id)
                try await lab.docker(scene, "wait", id)
                func last(_ rows: [CSVTable.Row]) -> [CSVTable.Row] { rows.filter { $0["state"] == "X" && $0["container_id"] == id } }
                if isTold {
                    try await eventually("the last row of its first process") {
                        try last(collector.control.durable("process")).contains { $0["pid"] == first }
                    }
                }
                _ = try collector.control.stop()
                let run = try RecordedRun(collector.data + "/maker")
                let rows = try last(run.table("process").rows)
                guard isTold else { return #expect(rows.isEmpty) }
                let copies = rows.filter { $0["comm"] == "dd" }
                #expect(copies.count == 6 && copies.allSatisfy { $0["exit_code"] == "0" && $0["container"] == "maker" }, "\(copies.count)")
                #expect(copies.allSatisfy { $0.integer("read_chars") ?? 0 >= 500 << 16 })
                #expect(rows.filter { $0["pid"] == first }.map { $0["exit_code"] } == ["3"])
                let pids = Set(rows.compactMap { $0["pid"] })
                let others = try run.table("process").rows.filter {
                    $0["state"] == "X" && $0["container_id"] == nil && pids.contains($0["pid"] ?? "")
                }
                #expect(others.isEmpty && pids.count == rows.count)
            }
        }

        @Test("An agent that may not listen says so once, and records processes as before", .root)
        func unprivileged() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                let agent = try await scene.connectedAgent(
                    collector, prefix: ["setpriv", "--inh-caps=-net_admin", "--bounding-set=-net_admin"], options: ["--processes", "all"])
                let said = agent.child.errors.split(separator: "\n").filter {
                    $0.contains("the last counters of processes that end can't be had")
                }
                #expect(said.count == 1, "\(agent.child.errors)")
                try collector.control.start("blind", "interval=200ms")
                try await collector.control.ticks(2, of: "here")
                _ = try await Self.ended(scene)
                _ = try collector.control.stop()
                let run = try RecordedRun(collector.data + "/blind")
                let rows = try run.table("process").rows
                #expect(!rows.isEmpty && rows.allSatisfy { $0["state"] != "X" && $0["exit_code"] == nil })
                #expect(try run.table("agent").rows.allSatisfy { $0["exits_left_out"] == nil })
            }
        }
    }
}
