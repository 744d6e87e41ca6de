import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// Wrong requests to the control port and wrong command lines.
    @Suite("The control port and the command line") struct Control {
        @Test("A bad name for a run is refused, and no byte on the disk changes")
        func badNames() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector)
                let outside = try scene.makeDirectory("outside")
                symlink(outside, collector.data + "/link")
                symlink(collector.data + "/nowhere", collector.data + "/dangling")
                _ = try scene.makeDirectory("data/there/deep")
                #expect(FileManager.default.createFile(atPath: collector.data + "/file", contents: Data("precious".utf8)))

                let long = String(repeating: "x", count: 300)
                let cases: [(path: String, status: Int, code: String)] = [
                    ("..", 400, "bad_name"), ("../x", 400, "bad_name"), ("a/../../x", 400, "bad_name"), ("a/..", 400, "bad_name"),
                    ("%2e%2e/x", 400, "bad_name"), ("%2e%2e%2fx", 400, "bad_name"), (".", 400, "bad_name"), ("a/./b", 400, "bad_name"),
                    ("/tmp/x", 400, "bad_name"), ("%2Ftmp%2Fx", 400, "bad_name"), ("a//b", 400, "bad_name"), ("a/", 400, "bad_name"),
                    ("%00", 400, "bad_name"), ("a%00b", 400, "bad_name"), ("a%0Ab", 400, "bad_name"), ("%1b[31m", 400, "bad_name"),
                    ("%ff", 400, "bad_name"), ("%zz", 400, "bad_name"), (".hidden", 400, "bad_name"), (long, 400, "bad_name"),
                    ("a/b/c/d/e/f/g/h/i/j", 400, "bad_name"), ("link/x", 400, "bad_name"), ("dangling/x", 400, "bad_name"),
                    ("file/x", 400, "bad_name"),
                    ("link", 409, "run_exists"), ("dangling", 409, "run_exists"), ("file", 409, "run_exists"), ("there", 409, "run_exists"),
                    ("there/deep", 409, "run_exists"),
                    ("x?interval=never", 400, "bad_option"), ("x?interval=1ms", 400, "bad_option"), ("x?duration=-1s", 400, "bad_option"),
                    ("x?expect=many", 400, "bad_option"),
                ]
                let before = try await Self.listing(scene)
                for (path, status, code) in cases {
                    let answer = try collector.control.send("POST", "/start/\(path)")
                    #expect(answer.status == status && answer.failure == code, "/start/\(path.prefix(40)): \(answer)")
                    if try collector.control.status().run != nil { _ = try collector.control.stop() }
                }
                #expect(try collector.control.send("POST", "/start/").status / 100 == 4)
                #expect(try collector.control.send("POST", "/start").status / 100 == 4)
                #expect(try await Self.listing(scene) == before)
                #expect(try FileManager.default.contentsOfDirectory(atPath: outside).isEmpty)
            }
        }

        @Test("A run doesn't start without nodes, beside another, with too few nodes, or by a GET")
        func refusedStarts() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                let control = collector.control
                func refusal(_ path: String) throws -> String {
                    let answer = try control.send("POST", path)
                    return "\(answer.status) \(answer.failure ?? answer.text)"
                }
                let empty = try await Self.listing(scene)
                #expect(try refusal("/start/alone") == "503 no_nodes")
                #expect(try refusal("/stop") == "409 no_run")
                #expect(try refusal("/mark/x") == "409 no_run")
                _ = try await scene.connectedAgent(collector)
                #expect(try refusal("/start/few?expect=2") == "503 too_few_nodes")
                #expect(try control.send("GET", "/start/get").status == 405)
                #expect(try control.send("GET", "/stop").status == 405)
                #expect(try control.send("POST", "/status").failure == "bad_method" && control.send("PUT", "/runs/first").status == 405)
                #expect(try await Self.listing(scene).filter { $0.contains("/data/") } == empty.filter { $0.contains("/data/") })

                try control.start("first", "interval=100ms")
                #expect(try refusal("/start/second") == "409 run_active")
                #expect(!FileManager.default.fileExists(atPath: collector.data + "/second"))
                #expect(try control.send("POST", "/mark/load%20on").status / 100 == 2)
                try await eventually("some ticks") { try control.status().run?.rows["host"] ?? 0 > 5 }
                _ = try control.stop()
                try RecordedRun(collector.data + "/first").checkWhole("here")
                #expect(try refusal("/start/first") == "409 run_exists")
                let marks = try RecordedRun(collector.data + "/first").table("event").rows.filter { $0["kind"] == "mark" }
                #expect(marks.map { $0["message"] } == ["load on"])
                #expect(try control.send("GET", "/nothing/here").status == 404)
                #expect(try control.send("GET", "/runs/first/..%2f..%2fsecret").status / 100 == 4)
                #expect(try control.send("GET", "/runs/first/.commit").status / 100 == 4)
                #expect(
                    try control.send("GET", "/runs/first/host.csv").text
                        == String(contentsOfFile: collector.data + "/first/host.csv", encoding: .utf8))
                #expect(try control.send("GET", "/healthz").status == 200 && control.send("GET", "/readyz").status == 200)
            }
        }

        @Test("The command line ends with the status that its help promises")
        func exitStatuses() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                func status(_ words: String...) async throws -> Int32 {
                    let command = try await scene.command(Products.cli, ["--port", "\(collector.control.port)"] + words)
                    // A verdict is an answer, even a bad one, so it goes to standard output.
                    #expect([0, 2].contains(command.status) == command.errors.isEmpty, "\(command)")
                    return command.status
                }
                #expect(try await status("instances") == 0)
                #expect(try await status("start", "x") == 1)
                let agent = try await scene.connectedAgent(collector)
                #expect(try await status("/instances") == 0)
                #expect(try await status("/start", "test000", "--interval", "100ms") == 0)
                #expect(try await status("start", "other") == 1)
                #expect(try await status("mark", "half", "time") == 0)
                #expect(try await status("status", "--json") == 0)
                try await eventually("some ticks") { try collector.control.status().run?.rows["host"] ?? 0 > 5 }
                let stopped = try await status("stop")
                let run = try RecordedRun(collector.data + "/test000")
                try run.checkWhole("here")
                #expect(stopped == (run.manifest.state == .complete ? 0 : 2))
                #expect(try await status("stop") == 1)
                #expect(try await status("runs", "test000") == stopped)
                #expect(try await status("start", "cut", "--interval", "100ms") == 0)
                try await agent.child.crash()
                let due = try collector.control.status().run?.ticksDue ?? 0
                try await eventually("ticks without the agent") { try collector.control.status().run?.ticksDue ?? 0 > due + 5 }
                #expect(try await status("stop") == 2, "it misses ticks")
                for wrong in [["frobnicate"], ["start"], ["start", "x", "--interval", "soon"], ["instances", "--port", "0"], ["--frob"]] {
                    let command = try await scene.command(Products.cli, wrong)
                    #expect(command.status == 64 && !command.errors.isEmpty, "\(command)")
                }
                let port = try #require(collector.listen.split(separator: ":").last)
                let strange = try await scene.command(Products.cli, ["--port", String(port), "status"])
                #expect(strange.status == 69 && strange.errors.contains("It looks like the port of the agents"), "\(strange)")
                #expect(!strange.errors.contains("Is sonde-collector running there?"), "\(strange)")
                #expect(try await collector.child.terminate() == 0)
                #expect(try await status("instances") == 69)
                let json = try await scene.command(Products.cli, ["--port", "\(collector.control.port)", "--json", "status"])
                #expect(json.status == 69 && json.errors.contains("\"unreachable\""), "\(json)")
            }
        }

        @Test("A daemon that can't start says why, and ends")
        func refusedStartUps() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                let agent = try await scene.connectedAgent(collector)
                let control = "127.0.0.1:\(collector.control.port)"
                func refused(_ program: String, _ words: [String], _ status: Int32, says: String...) async throws {
                    let command = try await scene.command(program, words)
                    #expect(command.status == status, "\(command)")
                    for word in says { #expect(command.errors.contains(word), "\(word) in \(command)") }
                    #expect(!command.output.contains("ready"))
                }
                let other = scene.path("other")
                let holder = "process \(collector.child.pid) (sonde-collector)"
                try await refused(
                    Products.collector, ["--listen", collector.listen, "--control", "127.0.0.1:0", "--data", other], 1,
                    says: collector.listen, holder)
                try await refused(
                    Products.collector, ["--listen", "127.0.0.1:0", "--control", control, "--data", other], 1, says: control, holder)
                try await refused(
                    Products.collector, ["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--data", collector.data], 1,
                    says: collector.data)
                #expect(FileManager.default.createFile(atPath: scene.path("plain"), contents: Data()))
                try await refused(
                    Products.collector, ["--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--data", scene.path("plain/data")], 1,
                    says: scene.path("plain"))
                try await refused(Products.collector, ["--frob"], 64, says: "--frob")
                try await refused(Products.collector, ["--listen", "nowhere", "--data", other], 64, says: "--listen")
                try await refused(Products.agent, ["--frob"], 64, says: "--frob")
                try await refused(Products.agent, ["--interval", "1ms"], 64, says: "--interval")
                try await refused(Products.agent, ["--collector", "host"], 64, says: "--collector")
                try await refused(Products.agent, ["--containers", "podman"], 64, says: "--containers")
                try await refused(Products.agent, ["--state", agent.state, "--collector", collector.listen], 1, says: agent.state)
                try await refused(Products.agent, ["--state", scene.path("plain/state")], 1, says: scene.path("plain"))
                // The first daemons have not been affected.
                #expect(try collector.control.instances().nodes.map(\.node) == ["here"])
            }
        }

        @Test(
            "Both daemons end cleanly on SIGTERM and SIGINT, and a run in progress goes on when they are back",
            arguments: [SIGTERM, SIGINT])
        func cleanEnds(signal: Int32) async throws {
            try await Scene.run { scene in
                var collector = try await scene.collector()
                let agent = try await scene.connectedAgent(collector)
                try collector.control.start("pause", "interval=100ms&duration=4s")
                try await eventually("some ticks") { try collector.control.status().run?.rows["host"] ?? 0 > 5 }
                collector.child.signal(signal)
                #expect(try await collector.child.ended() == 0, "\(collector.child.diary)")
                collector = try await scene.collector(like: collector)
                try await collector.control.runOver()
                try RecordedRun(collector.data + "/pause").checkWhole("here", ticks: 40)
                agent.child.signal(signal)
                #expect(try await agent.child.ended() == 0, "\(agent.child.diary)")
            }
        }

        /// Everything below the scene's directory with its size, kind and digest, without the daemons' logs.
        private static func listing(_ scene: Scene) async throws -> [String] {
            let script =
                #"cd "$0" && find data outside -printf '%p %y %l\n' 2>/dev/null | sort; find data outside -type f -exec sha256sum {} + 2>/dev/null | sort -k2"#
            return try await scene.command("bash", ["-c", script, scene.directory]).output.split(separator: "\n").map { "/\($0)" }
        }
    }
}
