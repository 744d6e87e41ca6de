import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// `sonde top` in a real terminal: tmux.
    @Suite("sonde top in a terminal") struct Top {
        /// A collector, an agent, and a terminal that shows both.
        private struct Stage {
            let collector: Collector
            let terminal: TopTerminal
            private let scene: Scene

            init(_ scene: Scene, containers: String = "off", socket: String? = nil, columns: Int = 80) async throws {
                self.scene = scene
                collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector, containers: containers, socket: socket, options: Lab.only)
                terminal = try await TopTerminal(scene, columns: columns)
            }

            var command: String { "'\(Products.cli)' --port \(collector.control.port) top" }

            func open(_ options: String = "") async throws {
                try await terminal.run("\(command) \(options)")
                try await terminal.shows("quit ?help")
            }

            /// The pid of `sonde top`, which the shell has printed.
            func pid() throws -> pid_t {
                let pids = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }
                let port = "\(collector.control.port)"
                let found = pids.filter { pid in
                    guard let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return false }
                    let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
                    return words.prefix(4) == [Products.cli, "--port", port, "top"]
                }
                return try #require(found.first)
            }
        }

        @Test("At 80 columns a container that is killed again and again is listed with its state and its kills", .engine)
        func killed() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                let stage = try await Stage(scene, containers: "docker", socket: lab.socket)
                _ = try await lab.eater(scene)
                try await stage.open()
                try await stage.terminal.shows("its kills") { lines in
                    guard let head = lines.first(where: { $0.contains("THR%") }) else { return false }
                    let words = head.split(separator: " ")
                    guard let place = words.firstIndex(of: "OOM"), words.contains("STATE") else { return false }
                    // A name, a node and numbers: none of them has a space before that column.
                    let row = lines.first { $0.hasPrefix("eater ") }?.split(separator: " ")
                    return row.map { $0.count > place && Int($0[place]) ?? 0 >= 3 } ?? false
                }
                try await stage.terminal.shows("what is wrong with it") { lines in
                    lines.contains { $0.hasPrefix("hurts") && $0.contains("eater killed for memory") }
                }
                try await stage.terminal.shows("how it ended") { $0.contains { $0.hasPrefix("eater ") && $0.contains("exited 137") } }
            }
        }

        @Test("Keys sort, filter, open and pause; what is shown is what the engine runs", .engine)
        func keys() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                _ = try await lab.workload(scene, "burn", "burn").succeeded()
                _ = try await lab.workload(scene, "hold", "hold").succeeded()
                let stage = try await Stage(scene, containers: "cgroup", socket: lab.socket)
                let terminal = stage.terminal
                try await stage.open()

                func order(_ lines: [String]) -> [String] {
                    lines.compactMap { line in line.split(separator: " ").first.map(String.init) }.filter { $0 == "burn" || $0 == "hold" }
                }
                try await terminal.shows("the one that burns first") { lines in
                    // Its third word is its CPU column.
                    order(lines) == ["burn", "hold"] && lines.contains { $0.hasPrefix("burn") && $0.split(separator: " ")[2] != "0.0" }
                }
                try await terminal.press("m")
                try await terminal.shows("the one that holds memory first") { order($0) == ["hold", "burn"] }
                try await terminal.press("r")
                try await terminal.shows("the other order") { order($0) == ["burn", "hold"] }
                try await terminal.press("/")
                try await terminal.type("HOL")
                try await terminal.shows("one only") { order($0) == ["hold"] }
                try await terminal.press("Enter", "Enter")
                // dd fills 32 MiB and waits.
                try await terminal.shows("its processes") { lines in
                    lines.contains { $0.hasPrefix("hold") } && lines.contains { $0.hasSuffix(" sleep") }
                        && lines.contains { $0.hasSuffix(" dd") }
                }
                try await terminal.press("Escape", "Escape")
                try await terminal.shows("both again") { order($0).count == 2 }

                try await terminal.press("Space")
                let paused = try await terminal.shows("PAUSED")
                let late = try await lab.run(scene, name: "late", "while :; do sleep 1; done")
                try await collector(stage).shows([late])
                #expect(try await terminal.lines()[2] == paused[2], "nothing moves during a pause")
                try await terminal.press("Space", "a")
                try await terminal.shows("late ")
                try await lab.docker(scene, "rm", "-f", "late")
                try await terminal.shows("how a container ended") { $0.contains { $0.hasPrefix("late ") && $0.contains("exited 137") } }
            }
        }

        private func collector(_ stage: Stage) -> ControlClient { stage.collector.control }

        @Test(
            "However it ends, the terminal is as it was: its screen, its cursor, its settings",
            arguments: ["q", "C-c", "TERM", "HUP", "INT", "QUIT", "SEGV"])
        func restored(end: String) async throws {
            try await Scene.run { scene in
                let stage = try await Stage(scene)
                let terminal = stage.terminal
                let before = scene.path("before")
                let after = scene.path("after")
                try await terminal.run("echo un''touched; stty -a > '\(before)'")
                try await terminal.shows("untouched")
                try await stage.open()
                #expect(try await terminal.state("alternate_on", "cursor_flag", "wrap_flag") == ["1", "0", "0"])
                let signals = ["TERM": SIGTERM, "HUP": SIGHUP, "INT": SIGINT, "QUIT": SIGQUIT, "SEGV": SIGSEGV]
                if let number = signals[end] { kill(try stage.pid(), number) } else { try await terminal.press(end) }
                try await terminal.shows("untouched")
                #expect(try await terminal.state("alternate_on", "cursor_flag", "wrap_flag") == ["0", "1", "1"])
                try await terminal.run("stty -a > '\(after)'; echo do''ne")
                try await terminal.shows("done")
                #expect(try String(contentsOfFile: before, encoding: .utf8) == String(contentsOfFile: after, encoding: .utf8))
            }
        }

        @Test("Ctrl-Z and SIGTSTP give the terminal to the shell, and fg takes it again", arguments: [true, false])
        func suspended(byKey: Bool) async throws {
            try await Scene.run { scene in
                let stage = try await Stage(scene)
                let terminal = stage.terminal
                try await terminal.run("echo un''touched")
                // What is typed before the shell has answered would stand in the same line as its answer.
                try await terminal.shows("untouched")
                try await stage.open()
                if byKey { try await terminal.press("C-z") } else { kill(try stage.pid(), SIGTSTP) }
                try await terminal.shows("untouched")
                #expect(try await terminal.state("alternate_on", "cursor_flag") == ["0", "1"])
                try await terminal.run("echo ec''hoed")
                try await terminal.shows("echoed")
                try await terminal.run("fg")
                try await terminal.shows("quit ?help")
                #expect(try await terminal.state("alternate_on", "cursor_flag") == ["1", "0"])
                try await terminal.press("q")
                try await terminal.shows("echoed")
            }
        }

        @Test("The screen follows the terminal's size")
        func resized() async throws {
            try await Scene.run { scene in
                let stage = try await Stage(scene)
                let terminal = stage.terminal
                try await stage.open()
                try await terminal.tmux("resize-window", "-t", "top", "-x", "40", "-y", "10")
                try await terminal.shows("a small screen") { $0.count >= 9 && $0[9].hasPrefix("quit ?help") && $0[9].hasSuffix("…") }
                try await terminal.tmux("resize-window", "-t", "top", "-x", "160", "-y", "40")
                try await terminal.shows("a large screen") { lines in
                    lines.count >= 40 && lines[39].hasPrefix("quit ?help")
                        && lines.contains { $0.hasPrefix("NODE") && $0.contains("AGENT%") }
                }
                try await terminal.press("Home", "Enter")
                try await terminal.shows("the node's details") { lines in
                    lines.contains { $0.hasPrefix("here") } && lines.contains { $0.hasPrefix("MOUNT") }
                        && lines.contains { $0.hasPrefix("cpu0") }
                }
            }
        }

        @Test("A collector that is lost is shown as lost within three seconds, and found again")
        func lost() async throws {
            try await Scene.run { scene in
                let stage = try await Stage(scene)
                let terminal = stage.terminal
                // All that is drawn from now on, so that nothing hangs on when this test looks.
                let drawn = scene.path("drawn")
                try await terminal.tmux("pipe-pane", "-t", "top", "cat > '\(drawn)'")
                try await stage.open()
                try await terminal.shows("here ")
                // A stopped collector neither answers nor closes its connections.
                stage.collector.child.signal(SIGSTOP)
                try await terminal.shows("COLLECTOR LOST since")
                stage.collector.child.signal(SIGCONT)
                try await terminal.shows("the collector") { !$0[0].contains("LOST") }
                try await stage.collector.child.crash()
                try await terminal.shows("COLLECTOR LOST since")
                try Self.wasLostSoon(drawn)
                _ = try await scene.collector(like: stage.collector)
                try await terminal.shows("the collector's second life") { lines in
                    !lines[0].contains("LOST") && lines.contains { $0.hasPrefix("here ") && $0.contains(" ok ") }
                }
            }
        }

        /// The screen says itself how long nothing has come by then: at most three seconds where it first says that the collector is lost.
        private static func wasLostSoon(_ drawn: String) throws {
            let text = try String(decoding: Data(contentsOf: URL(fileURLWithPath: drawn)), as: UTF8.self)
            let first = try #require(text.firstMatch(of: /COLLECTOR LOST since (\d+) s/), "\(text.suffix(2000))")
            #expect(try #require(Int(first.1)) <= 3, "\(first.0)")
        }

        @Test("Scripts get a table or JSON, once or for each update, and an exit status that says what is wrong")
        func scripts() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector)
                let table = try await scene.sonde(collector, "top", "--once").succeeded()
                #expect(table.contains("\nhere ") && table.contains("NAME") && !table.contains("\u{1b}"), "\(table)")

                let line = try await scene.sonde(collector, "top", "--once", "--json").succeeded()
                let object = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
                let node = try #require((object["nodes"] as? [[String: Any]])?.first)
                #expect(node["node"] as? String == "here" && node["connected"] as? Bool == true)
                #expect(line.split(separator: "\n").count == 1)

                // head(1) ends after two lines, and sonde has to notice that.
                let piped = try await scene.command(
                    "sh", ["-c", "'\(Products.cli)' --port \(collector.control.port) top --json | head -n 2"])
                #expect(try piped.succeeded().split(separator: "\n").count == 2)

                let missing = try await scene.sonde(collector, "top", "--once", "--node", "there")
                #expect(missing.status == 1 && missing.errors.contains("No node 'there' is connected. There are: here"))
                let unknown = try await scene.sonde(collector, "top", "--once", "--container", "nobody")
                #expect(unknown.status == 1 && unknown.errors.contains("nobody"))
                let noTerminal = try await scene.sonde(collector, "top")
                #expect(noTerminal.status == 64 && noTerminal.errors.contains("sonde top --once"))
                #expect(try await scene.sonde(collector, "top", "--once", "--sort", "colour").status == 64)
                try await collector.child.terminate()
                #expect(try await scene.sonde(collector, "top", "--once").status == 69)
            }
        }
    }
}
