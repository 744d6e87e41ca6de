import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// What `sonde record -- command` says of the command.
    @Suite("The recorded command") struct CommandOfRecording {
        /// Records a command of a shell.
        /// - Parameter user: another one than this.
        private static func record(
            _ scene: Scene, _ script: String, _ options: [String] = [], interval: String = "200ms", as user: String? = nil
        ) async throws -> (run: RecordedRun, command: RecordedCommand, ended: Command) {
            let output = scene.path("run")
            let words =
                [Products.cli, "record", "--output", output, "--interval", interval, "--containers", "off", "--node", "me"] + options
                + ["--", "/bin/sh", "-c", script]
            let ended: Command
            if let user {
                _ = try scene.makeDirectory("state")
                chown(scene.directory, getpwnam(user).pointee.pw_uid, getpwnam(user).pointee.pw_gid)
                ended = try await scene.command("setpriv", ["--reuid", user, "--regid", "0", "--clear-groups"] + words)
            } else {
                ended = try await scene.command(words[0], Array(words.dropFirst()))
            }
            let run = try RecordedRun(output)
            return (run, try #require(run.manifest.command, "\(ended)"), ended)
        }

        /// A thousand processes of a moment, and what the shell's own children cost by wait4(2).
        private static let thousand = "i=0; while [ $i -lt 1000 ]; do /bin/true; i=$((i+1)); done; times >&2"

        /// The second line of the shell's `times`: CPU time of its children, in µs.
        private static func childrenTime(_ errors: String) throws -> Double {
            let lines = errors.split(separator: "\n").filter { $0.wholeMatch(of: /\d+m[\d.]+s \d+m[\d.]+s/) != nil }
            let words = try #require(lines.last).split { $0 == " " || $0 == "m" || $0 == "s" }.compactMap { Double($0) }
            try #require(words.count == 4)
            return (words[0] * 60 + words[1] + words[2] * 60 + words[3]) * 1e6
        }

        @Test("A thousand children of a moment are in its count and in its CPU time, and its unit has a row at each tick that says so")
        func children() async throws {
            try await Scene.run { scene in
                let (run, command, ended) = try await Self.record(scene, Self.thousand)
                #expect(ended.status == (run.manifest.state == .complete ? 0 : 2), "\(ended)")
                #expect(command.measure == .cgroup && command.exitStatus == 0 && command.program == "/bin/sh" && command.arguments == nil)
                // The shell, and a thousand more.
                #expect(command.processes == 1001)
                let waited = try Self.childrenTime(ended.errors)
                let cpu = Double(try #require(command.cpuUs))
                // The shell itself is in what its cgroup says, and not in what it says of its children.
                #expect(cpu >= waited * 0.98 - 20_000, "\(cpu) µs, and by wait4 \(waited)")
                let rows = try run.table("unit").rows.filter { $0["unit"] == "command" && $0["unit_kind"] == "command" }
                #expect(rows.first?["cpu_us"] == "0" && rows.first?["pids"] == "0", "it begins with nothing: \(rows.first?.fields ?? [])")
                #expect(rows.last?.integer("cpu_us") == command.cpuUs.map { Int64($0) }, "the last row is what the run says")
                let late = try run.late("unit", of: "me").count
                #expect(rows.count + late == run.manifest.nodes.first.map { Int($0.present ?? 0) })
                let events = try run.table("event").rows.filter { $0["kind"]?.hasPrefix("command ") ?? false }
                #expect(events.map { $0["kind"] } == ["command began", "command ended"] && events.last?["exit_code"] == "0")
                for word in ["COMMAND", "1001 processes started", "of one core", "at most"] {
                    #expect(ended.errors.contains(word), "\(word) in \(ended.errors)")
                }
                let processes = try run.table("process").rows.filter { $0["unit"] == "command" }
                #expect(processes.contains { $0["comm"] == "sh" }, "its processes are of that unit")
            }
        }

        @Test("Where it can have no cgroup, its processes are followed, and say the same")
        func withoutRights() async throws {
            try await Scene.run { scene in
                let orphan = "(sh -c 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done' &); "
                let (run, command, ended) = try await Self.record(scene, orphan + Self.thousand, as: "nobody")
                #expect(command.measure == .processes && command.exitStatus == 0, "\(ended)")
                let waited = try Self.childrenTime(ended.errors)
                #expect(Double(try #require(command.cpuUs)) >= waited * 0.98 - 20_000)
                let rows = try run.table("unit").rows.filter { $0["unit"] == "command" }
                let cpu = rows.compactMap { $0.integer("cpu_us") }
                #expect(!cpu.isEmpty && cpu == cpu.sorted(), "a counter never goes back: \(cpu)")
                // Clock ticks of 10 ms, of each that was waited for.
                #expect(Double(cpu.last ?? 0) > waited / 2)
            }
        }

        @Test("What it leaves running is ended, is counted, and its cgroup is gone")
        func leftovers() async throws {
            try await Scene.run { scene in
                let mark = "m\(UInt32.random(in: 0 ... .max))"
                let daemon = "setsid sh -c 'trap \"\" TERM; while :; do :; done' \(mark) >/dev/null 2>&1 </dev/null & "
                let (_, command, ended) = try await Self.record(scene, daemon + "sleep 0.5; exit 5")
                #expect(command.exitStatus == 5 && command.leftRunning == 1, "\(ended)")
                #expect(command.cpuUs ?? 0 > 50_000, "what it did counts")
                #expect(ended.errors.contains("1 still ran at its end"))
                let left = try await scene.command("pgrep", ["-f", mark])
                #expect(left.output.isEmpty, "\(left.output)")
                #expect(Self.cgroups.isEmpty)
            }
        }

        @Test("A signal that ends it is told, and `sonde` ends as a shell would")
        func killed() async throws {
            try await Scene.run { scene in
                let (run, command, ended) = try await Self.record(scene, "sleep 0.3; kill -9 $$")
                #expect(command.signal == 9 && command.exitStatus == nil)
                #expect(ended.status == (run.manifest.state == .complete ? 137 : 2), "\(ended)")
                #expect(ended.errors.contains("was ended by signal 9"))
            }
        }

        @Test("Whoever interrupts a recording ends its command, too, and nothing of it is left", arguments: [SIGINT, SIGTERM])
        func interrupted(signal: Int32) async throws {
            try await Scene.run { scene in
                let mark = "m\(UInt32.random(in: 0 ... .max))"
                let child = try scene.start(
                    Products.cli,
                    [
                        "record", "--output", scene.path("cut"), "--interval", "100ms", "--containers", "off", "--", "sh", "-c",
                        "sleep 1000 & sleep 1000", mark,
                    ])
                try await eventually("the command's processes") {
                    (try? RecordedRun(scene.path("cut")).table("unit").rows.contains { $0.integer("pids") ?? 0 >= 3 }) ?? false
                }
                child.signal(signal)
                _ = try await child.ended()
                #expect(try RecordedRun(scene.path("cut")).manifest.command?.hasEnded == true)
                #expect(try await scene.command("pgrep", ["-f", mark]).output.isEmpty)
                #expect(Self.cgroups.isEmpty)
            }
        }

        @Test("Its arguments, which may hold a secret, are kept in run.json only where that is asked for")
        func arguments() async throws {
            try await Scene.run { scene in
                let secret = "s\(UInt32.random(in: 0 ... .max))"
                let (run, command, _) = try await Self.record(scene, "sleep 0.3; : \(secret)", ["--processes", "none"])
                #expect(command.arguments == nil)
                for name in try FileManager.default.contentsOfDirectory(atPath: run.directory) {
                    let text = try String(decoding: Data(contentsOf: URL(fileURLWithPath: "\(run.directory)/\(name)")), as: UTF8.self)
                    #expect(!text.contains(secret), "\(name)")
                }
                try FileManager.default.removeItem(atPath: run.directory)
                let kept = try await Self.record(scene, "sleep 0.3; : \(secret)", ["--processes", "none", "--keep-arguments"]).command
                #expect(kept.arguments?.last == "sleep 0.3; : \(secret)")
            }
        }

        /// Those of recorded commands, anywhere.
        private static var cgroups: [String] {
            let mount = CgroupMount(roots: KernelRoots())
            let roots = [mount?.unified].compactMap(\.self) + Array(mount?.controllers.values ?? [:].values)
            return roots.flatMap { root in
                DirectoryList.subdirectories(of: root).filter { name in
                    // Another recording may go on beside this one.
                    name.hasPrefix(UnitPath.commandPrefix) && Int32(name.dropFirst(UnitPath.commandPrefix.utf8.count)).map { kill($0, 0) != 0 }
                        ?? true
                }
            }
        }
    }
}
