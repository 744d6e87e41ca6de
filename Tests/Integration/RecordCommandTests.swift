import Foundation
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// `sonde record`, without any set-up.
    @Suite("sonde record on a real machine") struct RecordCommand {
        @Test("A recording prints the files, their rows, the containers that used most, and the verdict", .engine)
        func duration() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                _ = try await lab.workload(scene, "burn", "busy").succeeded()
                let output = scene.path("out/first")
                let recorded = try await scene.command(
                    Products.cli,
                    [
                        "record", "--output", output, "--duration", "3s", "--interval", "200ms", "--docker-socket", lab.socket, "--node",
                        "me",
                    ])
                let run = try RecordedRun(output)
                #expect(recorded.status == (run.manifest.state == .complete ? 0 : 2), "\(recorded)")
                try await run.checkFiles(scene)
                try run.checkWhole("me", ticks: 15)
                let text = recorded.output
                for word in [
                    output, "host.csv", "container.csv", "busy", "HOST", "CONTAINER", "PROCESS", "complete", "sonde report \(output)",
                ] {
                    #expect(text.contains(word), "\(word) in \(text)")
                }
                #expect(text.contains("\(run.manifest.files["host.csv"]?.rows ?? 0)"))
                #expect(
                    !text.contains("\r") && !recorded.errors.contains("\r") && !recorded.errors.contains("\u{1b}"),
                    "no progress line in a pipe")

                let again = try await scene.command(Products.cli, ["record", "--output", output, "--duration", "1s"])
                #expect(again.status == 1 && again.errors.contains(output), "\(again)")
            }
        }

        @Test("A recording can be of some containers only, and takes what its agent takes", .engine)
        func choice() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                for name in ["busy", "other"] { _ = try await lab.workload(scene, "hold", name).succeeded() }
                let words = [
                    "record", "--output", scene.path("run"), "--duration", "2s", "--interval", "200ms", "--docker-socket", lab.socket,
                    "--node", "me",
                    "--include", "b*", "--include", "oth*", "--exclude", "name=other", "--sandboxes", "--kernel-threads", "--run",
                    scene.path("none"),
                    "--lib", scene.path("none"), "--log", scene.path("none"),
                ]
                let recorded = try await scene.command(Products.cli, words)
                let run = try RecordedRun(scene.path("run"))
                #expect(recorded.status == (run.manifest.state == .complete ? 0 : 2), "\(recorded)")
                #expect(try Set(run.table("container").rows.map { $0["container"] ?? "" }) == ["busy"])
                // The kernel's own are below process 2, where this is the host and not a container.
                let hasKernelThreads = KernelFacts.process(2)?.comm == "kthreadd"
                let processes = try run.table("process").rows
                // Only where they came too late for each of the ticks there are none.
                #expect(try processes.isEmpty == (run.whole("process", of: "me") == 0))
                #expect(processes.isEmpty || processes.contains { $0["comm"] == "kthreadd" } == hasKernelThreads)
                let wrong = try await scene.command(Products.cli, ["record", "--output", scene.path("wrong"), "--include", "tier=db"])
                #expect(wrong.status != 0 && wrong.errors.contains("tier=db"), "\(wrong)")
            }
        }

        @Test("A recorded command's own status is the recording's")
        func command() async throws {
            try await Scene.run { scene in
                func record(_ name: String, _ words: [String], _ options: [String] = []) async throws -> Command {
                    try await scene.command(
                        Products.cli,
                        ["record", "--output", scene.path(name), "--interval", "100ms", "--containers", "off"] + options + ["--"] + words)
                }
                /// A run that isn't complete, since the machine was too busy for a tick, goes before the command's status.
                func status(_ name: String, of command: Int32) throws -> Int32 {
                    try RecordedRun(scene.path(name)).manifest.state == .complete ? command : 2
                }
                let good = try await record("good", ["sh", "-c", "echo from the command; sleep 1"])
                #expect(try good.status == status("good", of: 0) && good.output == "from the command\n", "\(good)")
                try RecordedRun(scene.path("good")).checkWhole(Self.hostname)
                let bad = try await record("bad", ["sh", "-c", "sleep 1; exit 7"])
                #expect(try bad.status == status("bad", of: 7) && bad.errors.contains("status 7"), "\(bad)")
                try RecordedRun(scene.path("bad")).checkWhole(Self.hostname)
                let none = try await record("none", ["/no/such/command"])
                #expect(none.status == 127, "\(none)")
                #expect(!FileManager.default.fileExists(atPath: scene.path("none")))
                let piped = try await scene.command(
                    "/bin/sh",
                    [
                        "-c",
                        "\(Products.cli) record --output \(scene.path("piped")) --duration 1s --containers off --match no-such-program | cat",
                    ])
                #expect(
                    piped.output.contains("Verdict") && !piped.errors.contains("Verdict"),
                    "without a command nothing else is on standard output: \(piped)")
                #expect(piped.output.contains(#/No process of the \d+ that were there matches --match no-such-program/#), "\(piped)")
                let json = try await record("json", ["sh", "-c", "sleep 1; echo from the command"], ["--json"])
                #expect(json.errors.contains("from the command"), "standard output is the JSON's")
                #expect(try json.status == status("json", of: 0), "\(json)")
                let parsed = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
                #expect(parsed?["directory"] as? String == scene.path("json"), "\(json)")
            }
        }

        @Test("A machine without containers tells what used it: each process with its user, its command line and what it used")
        func processes() async throws {
            try await Scene.run { scene in
                // Names of this test's own, so that whatever else runs here is told apart.
                let (busy, idle) = ("b\(UInt32.random(in: 0 ... .max))", "i\(UInt32.random(in: 0 ... .max))")
                let shell = URL(fileURLWithPath: "/bin/sh").resolvingSymlinksInPath().path
                for name in [busy, idle] { try FileManager.default.copyItem(atPath: shell, toPath: scene.path(name)) }
                _ = try scene.start(scene.path(idle), ["-c", "while :; do sleep 1; done", "an argument"])
                let burning = "while :; do :; done"
                let start = try scene.start(scene.path(busy), ["-c", burning])
                let output = scene.path("all")
                _ = try await scene.command(
                    Products.cli,
                    ["record", "--output", output, "--interval", "500ms", "--duration", "4s", "--containers", "off", "--node", "me"])
                let run = try RecordedRun(output)
                try await run.checkFiles(scene)
                try run.checkWhole("me", ticks: 8)
                let rows = try run.table("process").rows.filter { $0["pid"] == "\(start.pid)" }
                let me = String(cString: try #require(getpwuid(geteuid())).pointee.pw_name)
                #expect(
                    rows.allSatisfy { $0["comm"] == busy && $0["container_id"] == nil && $0["user"] == me }, "\(rows.first?.fields ?? [])")
                let late = try run.late("process", of: "me").count
                #expect(rows.count + late == run.manifest.nodes.first.map { Int($0.present ?? 0) })
                let told = try run.table("event").rows.first { $0["kind"] == "process" && $0["pid"] == "\(start.pid)" }
                #expect(told?["message"] == "\(scene.path(busy)) -c \(burning)")
                #expect(try run.table("agent").rows.allSatisfy { $0["processes_left_out"] == "0" || $0["process_late"] == "1" })
                // Kernel threads have no rows; this machine has some, or none can be seen.
                #expect(try run.table("process").rows.allSatisfy { $0["comm"] != "kthreadd" })

                let few = scene.path("few")
                let recorded = try await scene.command(
                    Products.cli,
                    [
                        "record", "--output", few, "--interval", "500ms", "--duration", "3s", "--containers", "off", "--match", busy,
                        "--match",
                        "*an argument", "--top", "1",
                    ])
                #expect(recorded.output.contains(busy), "it is among those that used most: \(recorded.output)")
                let chosen = try RecordedRun(few)
                let left = try chosen.table("agent").rows
                #expect(Set(try chosen.table("process").rows.compactMap { $0["comm"] }) == [busy])
                #expect(left.allSatisfy { $0.integer("processes_left_out") ?? -1 > 0 || $0["process_late"] == "1" })
            }
        }

        @Test("An interrupted recording is closed properly, and leaves no process behind")
        func interrupted() async throws {
            try await Scene.run { scene in
                let output = scene.path("cut")
                let child = try scene.start(
                    Products.cli, ["record", "--output", output, "--interval", "100ms", "--containers", "off", "--node", "me"])
                try await eventually("rows on the disk") {
                    ((try? RecordedRun(output).ticks(of: "me").count) ?? 0) >= 5
                }
                child.signal(SIGINT)
                let status = try await child.ended()
                let run = try RecordedRun(output)
                try run.checkWhole("me")
                #expect(status == (run.manifest.state == .complete ? 0 : 2), "\(child.diary)")
                let left = try await scene.command("pgrep", ["-f", scene.directory])
                #expect(left.output.split(separator: "\n").isEmpty, "processes that name \(scene.directory): \(left.output)")
            }
        }

        private static var hostname: String {
            get throws { try String(contentsOfFile: "/proc/sys/kernel/hostname", encoding: .utf8).trimmingCharacters(in: .newlines) }
        }
    }
}
