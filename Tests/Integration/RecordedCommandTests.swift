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
            _ scene: Scene, _ script: String, _ options: [String] = [], interval: String = "500ms", as user: String? = nil
        ) async throws -> (run: RecordedRun, command: RecordedCommand, ended: Command) {
            let output = scene.path("run")
            let words =
                [Products.cli, "record", "--output", output, "--interval", interval, "--containers", "off", "--node", "me"] + options
                + ["--", "/bin/sh", "-c", script]
            let ended: Command
            if let user {
                _ = try scene.makeDirectory("state")
                chown(scene.directory, getpwnam(user).pointee.pw_uid, getpwnam(user).pointee.pw_gid)
                ended = try await scene.command(
                    "setpriv", ["--reuid", user, "--regid", "0", "--clear-groups"] + words, environment: ["TMPDIR": scene.directory])
            } else {
                ended = try await scene.command(words[0], Array(words.dropFirst()))
            }
            let run = try RecordedRun(output)
            return (run, try #require(run.manifest.command, "\(ended)"), ended)
        }

        /// A thousand processes of a moment, and what the shell and, by wait4(2), its children cost. Not /bin/sh's, which tells it in hundredths of a second.
        private static let thousand = "bash -c 'for i in {1..1000}; do /bin/true; done; times >&2'"

        /// Bash's `times`: CPU time of itself and, by wait4(2), of its children, in µs.
        private static func waitedTime(_ errors: String) throws -> Double {
            let lines = errors.split(separator: "\n").filter { $0.wholeMatch(of: /\d+m[\d.]+s \d+m[\d.]+s/) != nil }
            try #require(lines.count == 2, "\(errors)")
            return lines.reduce(0) { sum, line in
                let words = line.split { $0 == " " || $0 == "m" || $0 == "s" }.compactMap { Double($0) }
                return sum + (words[0] * 60 + words[1] + words[2] * 60 + words[3]) * 1e6
            }
        }

        @Test("A thousand children of a moment are in its count and in its CPU time, and its unit has a row at each tick that says so")
        func children() async throws {
            try await Scene.run { scene in
                let (run, command, ended) = try await Self.record(scene, "exec \(Self.thousand)")
                #expect(ended.status == (run.manifest.state == .complete ? 0 : 2), "\(ended)")
                #expect(command.measure == .cgroup && command.exitStatus == 0 && command.program == "/bin/sh" && command.arguments == nil)
                // The shell, whose place bash takes, and a thousand more.
                #expect(command.processes == 1001)
                let waited = try Self.waitedTime(ended.errors)
                let cpu = Double(try #require(command.cpuUs))
                #expect(abs(cpu - waited) <= waited * 0.02, "\(cpu) µs, and by wait4 \(waited)")
                let rows = try run.table("unit").rows.filter { $0["unit"] == "command" && $0["unit_kind"] == "command" }
                #expect(rows.first?["cpu_us"] == "0" && rows.first?["pids"] == "0", "it begins with nothing: \(rows.first?.fields ?? [])")
                #expect(rows.last?.integer("cpu_us") == command.cpuUs.map { Int64($0) }, "the last row is what the run says")
                let late = try run.late("unit", of: "me").count
                #expect(rows.count + late == run.manifest.nodes.first.map { Int($0.present ?? 0) })
                let events = try run.table("event").rows.filter { $0["kind"]?.hasPrefix("command ") ?? false }
                #expect(events.map { $0["kind"] } == ["command began", "command ended"] && events.last?["exit_code"] == "0")
                for word in ["COMMAND", "1001 processes started", "of one core", "at most", "page faults", "switches"] {
                    #expect(ended.errors.contains(word), "\(word) in \(ended.errors)")
                }
                let processes = try run.table("process").rows.filter { $0["unit"] == "command" }
                #expect(processes.contains { $0["comm"] == "bash" }, "its processes are of that unit")
            }
        }

        @Test("Where it can have no cgroup, its processes are followed, and say the same")
        func withoutRights() async throws {
            try await Scene.run { scene in
                // Its parent doesn't wait for it, and it says itself what it used.
                let orphan =
                    "(bash -c 'for i in {1..100000}; do :; done; times >\(scene.path("orphan"))' &); "
                let (run, command, ended) = try await Self.record(scene, orphan + Self.thousand + "; sleep 0.5", as: "nobody")
                #expect(command.measure == .processes && command.exitStatus == 0, "\(ended)")
                let orphaned = try Self.waitedTime(String(contentsOfFile: scene.path("orphan"), encoding: .utf8))
                let waited = try Self.waitedTime(ended.errors) + orphaned
                let used = Double(try #require(command.cpuUs))
                // The shell's own begin and end aren't in its `times`, and take some milliseconds, more on a busy machine.
                #expect(abs(used - waited) <= waited * 0.02 + 20_000, "\(used) µs, and by wait4 \(waited)")
                #expect(try run.table("process").rows.contains { $0["unit"] == "command" }, "its processes are of that unit")
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
                let (run, command, ended) = try await Self.record(scene, daemon + "sleep 0.5; exit 5")
                #expect(command.exitStatus == 5 && command.leftRunning == 1, "\(ended)")
                #expect(command.cpuUs ?? 0 > 50_000, "what it did counts")
                #expect(ended.errors.contains("1 still ran at its end"))
                let left = try await scene.command("pgrep", ["-f", mark])
                #expect(left.output.isEmpty, "\(left.output)")
                #expect(try Self.cgroups(of: run).isEmpty)
            }
        }

        @Test("Its keeper ends without starting it where `sonde` was killed before the keeper knew of it, and leaves nothing")
        func orphanedKeeper() async throws {
            try await Scene.run { scene in
                let directory = try scene.makeDirectory("keeper")
                let fifo = directory + "/command"
                #expect(mkfifo(fifo, 0o600) == 0)
                let order = #"{"executable":"/bin/sh","leavesRunning":true,"lifeline":"\#(fifo)","report":"\#(directory)/command.json"}"#
                let keeper = try scene.start(Products.cli, ["--keep-command", order, "sh", "-c", "echo began"])
                #expect(try await keeper.ended(within: .seconds(60)) == 0)
                #expect(keeper.output.isEmpty && !FileManager.default.fileExists(atPath: directory))
            }
        }

        @Test("A signal that ends it is told, and `sonde` ends as a shell would")
        func killed() async throws {
            try await Scene.run { scene in
                let (run, command, ended) = try await Self.record(scene, "sleep 0.3; kill -9 $$")
                #expect(command.signal == 9 && command.exitStatus == nil)
                #expect(ended.status == (run.manifest.state == .complete ? 137 : 2), "\(ended)")
                #expect(ended.errors.contains("was ended by signal 9"))
                #expect((1..<600).contains(command.minorFaults ?? 0), "without those of `sonde` itself")
            }
        }

        /// A command with a process that leaves session and group and heeds no request to end. All of its processes have the mark in their command lines.
        private static func stubborn(_ mark: String) -> [String] {
            let stays = "trap \"\" TERM INT HUP; while :; do sleep 1000.\(mark); done"
            return ["sh", "-c", "setsid sh -c '\(stays)' \(mark) & \(stays)", mark]
        }

        /// Starts a recording of a stubborn command, with temporary files in a directory of its own, and waits until it goes on.
        private static func startStubborn(_ scene: Scene, _ mark: String, prefix: [String] = []) async throws -> Child {
            let temporary = try scene.makeDirectory("tmp")
            chmod(temporary, 0o777)
            chmod(scene.directory, 0o777)
            let words =
                prefix + [Products.cli, "record", "--output", scene.path("cut"), "--interval", "100ms", "--containers", "off", "--"]
                + stubborn(mark)
            let child = try scene.start(words[0], Array(words.dropFirst()), environment: ["TMPDIR": temporary])
            // Whatever fails here, nothing shall burn on.
            scene.later { _ = try? await scene.command("pkill", ["-KILL", "-f", mark]) }
            try await eventually("the command's processes") {
                (try? RecordedRun(scene.path("cut")).table("unit").rows.contains { $0["unit"] == "command" && $0.integer("pids") ?? 0 >= 4 })
                    ?? false
            }
            return child
        }

        /// What is left of a recording: processes, those of its daemons included, temporary files, cgroups.
        private static func remains(_ scene: Scene, _ mark: String) async throws -> [String] {
            let processes = try await scene.command("pgrep", ["-a", "-f", "\(mark)|\(scene.path("tmp"))"]).output
            let files = try FileManager.default.contentsOfDirectory(atPath: scene.path("tmp"))
            return try processes.split(separator: "\n").map(String.init) + files + cgroups(of: RecordedRun(scene.path("cut")))
        }

        @Test(
            "When `sonde` is killed, nothing is left within a moment: no process, no cgroup, no token; and the run is closed, and says so",
            arguments: [[], ["setpriv", "--reuid", "nobody", "--regid", "0", "--clear-groups"], ["setsid"]])
        func killedItself(prefix: [String]) async throws {
            try await Scene.run { scene in
                let mark = "\(UInt32.random(in: 100_000_000 ... .max))"
                let child = try await Self.startStubborn(scene, mark, prefix: prefix)
                // With a session of its own, whoever kills it kills its process group with it, as timeout(1) does.
                kill(prefix == ["setsid"] ? -child.pid : child.pid, SIGKILL)
                _ = try await child.ended()
                try await eventually("nothing left") { try await Self.remains(scene, mark).isEmpty }
                let run = try RecordedRun(scene.path("cut"))
                #expect(!run.manifest.state.isActive && run.manifest.abandoned == true && run.manifest.verdict != nil, "\(run.manifest)")
                #expect(run.manifest.remarks.contains { $0.contains("killed") } && run.manifest.command?.hasEnded == false)
                #expect(try await scene.command(Products.cli, ["verify", run.directory]).output.contains("sonde record was killed"))
            }
        }

        @Test("When the process that keeps the command is killed, all of the command ends, too, and the recording closes")
        func keeperKilled() async throws {
            try await Scene.run { scene in
                let mark = "\(UInt32.random(in: 100_000_000 ... .max))"
                let child = try await Self.startStubborn(scene, mark)
                try await scene.command("pkill", ["-KILL", "-x", "sonde-command", "-P", "\(child.pid)"]).succeeded()
                _ = try await child.ended()
                #expect(try await Self.remains(scene, mark) == [])
                let run = try RecordedRun(scene.path("cut"))
                #expect(run.manifest.command?.signal == 9 && !run.manifest.state.isActive)
            }
        }

        @Test("A second signal ends `sonde` without a verdict, and with all that the command has left")
        func impatient() async throws {
            try await Scene.run { scene in
                let mark = "\(UInt32.random(in: 100_000_000 ... .max))"
                let child = try await Self.startStubborn(scene, mark)
                // Two that differ: of two that are alike the kernel might tell one.
                child.signal(SIGINT)
                child.signal(SIGTERM)
                _ = try await child.ended()
                #expect(child.errors.contains("Interrupted before the run was closed"), "\(child.diary)")
                #expect(try await Self.remains(scene, mark) == [])
            }
        }

        @Test(
            "Its end doesn't tell whoever is in its process group to hang up, as in a job without a terminal of which something is stopped")
        func orphaned() async throws {
            try await Scene.run { scene in
                // As the kernel does with a group that has just lost its shell.
                let script = """
                    trap 'echo hung up' HUP
                    sleep 1000 & stopped=$!; kill -STOP $stopped
                    "$@"; echo "status $?"
                    kill -KILL $stopped
                    """
                let words = [Products.cli, "record", "--output", scene.path("run"), "--interval", "100ms", "--containers", "off"]
                let ended = try await scene.command("setsid", ["--wait", "sh", "-c", script, "sh"] + words + ["--", "sleep", "0.5"])
                #expect(!ended.output.contains("hung up"), "\(ended)")
                #expect(try RecordedRun(scene.path("run")).manifest.command?.exitStatus == 0, "\(ended)")
            }
        }

        @Test("Who wants a recording to outlive its terminal, as with nohup, can close that")
        func hangUp() async throws {
            try await Scene.run { scene in
                let words = [Products.cli, "record", "--output", scene.path("run"), "--interval", "100ms", "--containers", "off", "--"]
                let child = try scene.start(
                    "nohup", words + ["sh", "-c", "while [ ! -e \(scene.path("go")) ]; do sleep 0.1; done; exit 3"])
                try await eventually("some ticks") { (try? RecordedRun(scene.path("run")).table("host").rows.count) ?? 0 > 2 }
                child.signal(SIGHUP)
                try "".write(toFile: scene.path("go"), atomically: true, encoding: .utf8)
                _ = try await child.ended()
                #expect(try RecordedRun(scene.path("run")).manifest.command?.exitStatus == 3, "\(child.diary)")
            }
        }

        @Test("Whoever interrupts a recording ends its command, too, and nothing of it is left", arguments: [SIGINT, SIGTERM, SIGHUP])
        func interrupted(signal: Int32) async throws {
            try await Scene.run { scene in
                let mark = "m\(UInt32.random(in: 0 ... .max))"
                let child = try scene.start(
                    Products.cli,
                    [
                        "record", "--output", scene.path("cut"), "--interval", "100ms", "--containers", "off", "--", "sh", "-c",
                        "sleep 1000.\(mark.dropFirst()) & sleep 1000.\(mark.dropFirst())", mark,
                    ])
                try await eventually("the command's processes") {
                    (try? RecordedRun(scene.path("cut")).table("unit").rows.contains { $0.integer("pids") ?? 0 >= 3 }) ?? false
                }
                child.signal(signal)
                _ = try await child.ended()
                let run = try RecordedRun(scene.path("cut"))
                #expect(run.manifest.command?.hasEnded == true)
                #expect(try await scene.command("pgrep", ["-f", String(mark.dropFirst())]).output.isEmpty)
                #expect(try Self.cgroups(of: run).isEmpty)
            }
        }

        @Test("`sonde mark` in it marks this recording, whatever collector the user's variables name")
        func marked() async throws {
            try await Scene.run { scene in
                let words =
                    [
                        Products.cli, "record", "--output", scene.path("run"), "--interval", "100ms", "--containers", "off", "--units",
                        "none",
                    ]
                    + ["--", "sh", "-c", "\(Products.cli) mark 'load on'"]
                let ended = try await scene.command(
                    words[0], Array(words.dropFirst()),
                    environment: ["SONDE_HOST": "127.0.0.1", "SONDE_PORT": "1", "SONDE_TOKEN_FILE": "/nowhere", "SONDE_TLS_CA": "/nowhere"])
                let run = try RecordedRun(scene.path("run"))
                #expect(run.manifest.command?.exitStatus == 0, "\(ended)")
                #expect(try run.table("event").rows.contains { $0["kind"] == "mark" && $0["message"] == "load on" }, "\(ended)")
            }
        }

        @Test("Its arguments, which may hold a secret, are kept in run.json only where that is asked for")
        func arguments() async throws {
            try await Scene.run { scene in
                let secret = "s\(UInt32.random(in: 0 ... .max))"
                let (run, command, _) = try await Self.record(scene, "sleep 0.5; : \(secret)")
                #expect(command.arguments == nil)
                #expect(try run.table("event").rows.contains { $0["kind"] == "process" && $0["message"] == nil }, "its process is told of")
                for name in try FileManager.default.contentsOfDirectory(atPath: run.directory) {
                    let text = try String(decoding: Data(contentsOf: URL(fileURLWithPath: "\(run.directory)/\(name)")), as: UTF8.self)
                    #expect(!text.contains(secret), "\(name)")
                }
                try FileManager.default.removeItem(atPath: run.directory)
                let kept = try await Self.record(scene, "sleep 0.5; : \(secret)", ["--keep-arguments"])
                #expect(kept.command.arguments?.last == "sleep 0.5; : \(secret)")
                #expect(try kept.run.table("event").rows.contains { $0["message"]?.hasSuffix(secret) ?? false })
                try FileManager.default.removeItem(atPath: run.directory)
                let hidden = try await Self.record(scene, "sleep 0.5", ["--hide-arguments"])
                let told = try hidden.run.table("event").rows.filter { $0["kind"] == "process" }
                // This test isn't below `sonde`.
                #expect(told.contains { $0["pid"] == "\(getpid())" } && told.allSatisfy { $0["message"] == nil })
            }
        }

        @Test("It keeps the limits and the variables that `sonde` has")
        func surroundings() async throws {
            try await Scene.run { scene in
                let own = try #require(CgroupMount(roots: KernelRoots()))
                let place = try #require(own.controllers["pids"] ?? own.unified) + "/sonde-test-\(UInt32.random(in: 0 ... .max))"
                mkdir(place, 0o755)
                scene.later { rmdir(place) }
                try #require(FileManager.default.fileExists(atPath: "\(place)/pids.max"), "the pids controller is enabled for it")
                try "300".write(toFile: "\(place)/pids.max", atomically: false, encoding: .utf8)
                let output = scene.path("run")
                let words = [Products.cli, "record", "--output", output, "--interval", "200ms", "--containers", "off", "--"]
                // Not a shell: that would drop the variable itself.
                let told = #"BEGIN { print "a.b=" ENVIRON["a.b"]; while ((getline line < "/proc/self/cgroup") > 0) print line }"#
                let ended = try await scene.command(
                    "/bin/sh", ["-c", "echo 0 >\(place)/cgroup.procs; exec env a.b=1 \"$@\"", "sh"] + words + ["awk", told])
                let name = try #require(place.split(separator: "/").last)
                // In version 1 below it; in version 2, where limits would be lost beside it, in it.
                #expect(ended.output.contains("/\(name)"), "\(ended)")
                #expect(ended.output.contains("a.b=1"))
                let command = try #require(RecordedRun(output).manifest.command)
                #expect(command.measure == (own.controllers.isEmpty ? .processes : .cgroup))
            }
        }

        /// What there is of the cgroup of a run's command, anywhere. Other recordings may begin and end beside this one.
        private static func cgroups(of run: RecordedRun) throws -> [String] {
            let command = try run.table("unit").rows.first { $0["unit"] == "command" }
            guard let name = command?["cgroup"]?.split(separator: "/").last, name.hasPrefix(UnitPath.commandPrefix) else { return [] }
            func find(_ directory: String, _ depth: Int) -> [String] {
                DirectoryList.subdirectories(of: directory).flatMap { other -> [String] in
                    let path = "\(directory)/\(other)"
                    return (other == name ? [path] : []) + (depth > 0 ? find(path, depth - 1) : [])
                }
            }
            let mount = CgroupMount(roots: KernelRoots())
            return Set([mount?.unified].compactMap(\.self) + Array(mount?.controllers.values ?? [:].values)).flatMap { find($0, 4) }
        }
    }
}
