import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// `sonde matrix`, with real runs.
    @Suite("A matrix of runs") struct Matrix {
        /// Two levels of three factors. Each command writes what it does, and for which run, to a file `ledger` beside the plan.
        private static let plan = """
            name: study
            factors: {a: [1, "it's $HOME; x"], b: [x, y], c: ["on", "off"]}
            seed: 3
            interval: 100ms
            setup: |
              echo "setup $SONDE_MATRIX_RUN" >>ledger; sleep 0.1
              sh -c 'while :; do sleep 0.2; done' matrix-server & echo $! >server
            load: |
              \(Products.cli) mark "from $SONDE_MATRIX_RUN" >/dev/null
              echo "load $SONDE_MATRIX_RUN $SONDE_LEVEL_a|$SONDE_LEVEL_b|$SONDE_LEVEL_c" >>ledger; sleep 0.4; echo "loaded $SONDE_MATRIX_RUN" >>ledger
            teardown: |
              echo "teardown $SONDE_MATRIX_RUN" >>ledger; kill -9 $(cat server) 2>/dev/null
              sleep 0.1; echo "down $SONDE_MATRIX_RUN" >>ledger
            cool_down: 200ms

            """

        /// Which kind of record is waited for before `sonde` is killed, and of which run.
        private static func wait(for what: String, _ run: Int, in directory: String, _ child: Child) async throws {
            try await eventually("\(what) of run \(run)\n\(child.diary)") {
                if what.contains("\"") {
                    let journal = (try? String(contentsOfFile: directory + "/study/journal.jsonl", encoding: .utf8)) ?? ""
                    return journal.split(separator: "\n").contains { $0.contains(what) && $0.contains("\"run\":\(run),") }
                        || child.poll() != nil
                }
                let ledger = (try? String(contentsOfFile: directory + "/ledger", encoding: .utf8)) ?? ""
                return ledger.contains("\(what) run-00\(run)") || child.poll() != nil
            }
        }

        private static func matrix(_ scene: Scene, _ directory: String, _ words: [String] = []) throws -> Child {
            try scene.start(
                "/bin/sh", ["-c", "cd \(directory) && exec \"$0\" matrix plan.yaml \"$@\"", Products.cli] + words,
                // The collector that a user has besides: `sonde mark` in a load marks its run all the same.
                environment: ["SONDE_HOST": "127.0.0.1", "SONDE_PORT": "1"])
        }

        private static func write(_ plan: String, in directory: String) throws {
            try plan.write(toFile: directory + "/plan.yaml", atomically: true, encoding: .utf8)
        }

        private static func rows(_ directory: String) throws -> [CSVTable.Row] { try CSVTable(path: directory + "/study/runs.csv").rows }

        /// Where `sonde` is killed: behind these records of the journal, and in these commands of the plan.
        private static let deaths = [
            ("setup", 1), ("\"began\"", 2), ("load", 2), ("loaded", 3), ("\"measured\"", 4), ("\"recorded\"", 5), ("teardown", 6),
            ("\"ended\"", 7),
        ]

        @Test(
            "2 × 2 × 2 runs, killed eight times at other points, are each recorded once, with their levels, and nothing of a killed one stays"
        )
        func killed() async throws {
            try await Scene.run { scene in
                let directory = try scene.makeDirectory("work")
                let mark = "matrix-server-\(UInt64.random(in: .min ... .max))"
                scene.later { _ = try? await scene.command("pkill", ["-KILL", "-f", mark]) }
                // The first set-up waits to be killed.
                let plan = Self.plan.replacing("matrix-server", with: mark)
                    .replacing(">>ledger; sleep 0.1", with: ">>ledger; test \"$SONDE_MATRIX_RUN\" != run-001 || sleep 600")
                try Self.write(plan + "record: [--units=none, --processes=none, --containers=off]\n", in: directory)
                for (what, run) in Self.deaths {
                    let child = try Self.matrix(scene, directory)
                    try await Self.wait(for: what, run, in: directory, child)
                    try await child.crash()
                }
                let child = try Self.matrix(scene, directory)
                let status = try await child.ended()
                let rows = try Self.rows(directory)
                // 2: the machine was too busy for a tick, which is named.
                #expect(status == (rows.allSatisfy { $0["state"] == "complete" } ? 0 : 2), "\(child.diary)")
                #expect(
                    rows.map { $0["run"] } == (1...8).map { "\($0)" }
                        && rows.allSatisfy { ["complete", "incomplete"].contains($0["state"]) })
                #expect(Set(rows.map { "\($0["a"] ?? "")|\($0["b"] ?? "")|\($0["c"] ?? "")" }).count == 8)
                #expect(Set(rows.compactMap { $0["directory"] }).count == 8)
                let ledger = try String(contentsOfFile: directory + "/ledger", encoding: .utf8).split(separator: "\n").map(String.init)
                for row in rows {
                    let name = try #require(row["directory"])
                    let run = try RecordedRun("\(directory)/study/\(name)")
                    #expect(run.manifest.labels?["a"] == row["a"] && run.manifest.labels?["matrix"] == "study")
                    #expect(run.manifest.verdict == row["verdict"] && !run.manifest.state.isActive)
                    #expect(run.manifest.command?.exitStatus == 0, "its load went to its end")
                    #expect(
                        try run.table("event").rows.filter { $0["kind"] == "mark" }.map { $0["message"] } == [
                            "measure", "from \(name)", "cool-down",
                        ])
                    #expect(
                        ledger.count { $0 == "load \(name) \(row["a"] ?? "")|\(row["b"] ?? "")|\(row["c"] ?? "")" } == 1,
                        "levels are never a part of a command")
                    #expect(ledger.count { $0 == "loaded \(name)" } == 1)
                }
                let journal = try String(contentsOfFile: directory + "/study/journal.jsonl", encoding: .utf8).split(separator: "\n")
                #expect(journal.count { $0.contains("\"recorded\"") } == 8, "no run is judged twice")
                // Of an attempt that was given up, what it set up is torn down before anything else begins.
                let begun = ledger.filter { $0.hasPrefix("setup ") }
                for setup in begun {
                    let name = setup.dropFirst(6)
                    let from = try #require(ledger.firstIndex(of: setup))
                    let next = ledger[(from + 1)...].firstIndex { $0.hasPrefix("setup ") } ?? ledger.endIndex
                    #expect(ledger[from..<next].contains("down \(name)"), "\(name) in \(ledger)")
                }
                let givenUp = rows.compactMap { $0["given_up"] }.joined(separator: " ").split(separator: " ").map(String.init)
                #expect(Set(begun.map { String($0.dropFirst(6)) }).isSubset(of: givenUp + rows.compactMap { $0["directory"] }))
                #expect(givenUp.contains("run-001"), "it was killed in its set-up")
                let left = try await scene.command("pgrep", ["-f", mark])
                #expect(left.output.isEmpty, "\(left.output)")
                // Once more: all is done.
                let again = try Self.matrix(scene, directory)
                #expect(try await again.ended() == status)
                #expect(try String(contentsOfFile: directory + "/ledger", encoding: .utf8).split(separator: "\n").count == ledger.count)
                let compared = try await scene.command(
                    Products.cli,
                    [
                        "compare", directory + "/study", "--where", "b=x", "--to-where", "b=y", "--window", "measure..cool-down", "--pair",
                        "--allow-incomplete",
                    ])
                #expect(compared.status == 0 && compared.output.contains("A  4 repetitions"), "\(compared)")
            }
        }

        @Test(
            "With a collector and an agent elsewhere it records there, also when it is killed in mid-run, and copies the runs when it is asked to"
        )
        func elsewhere() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector, node: "far")
                let directory = try scene.makeDirectory("work")
                // The first load waits to be killed.
                try Self.write(
                    Self.plan.replacing("c: [\"on\", \"off\"]", with: "c: [1]")
                        .replacing("sleep 0.4", with: "test \"$SONDE_MATRIX_RUN\" != run-001 || sleep 600; sleep 0.4")
                        + "collector: 127.0.0.1:\(collector.control.port)\n", in: directory)
                for (what, run) in [("load", 1), ("\"measured\"", 2), ("\"recorded\"", 3)] {
                    let child = try Self.matrix(scene, directory)
                    try await Self.wait(for: what, run, in: directory, child)
                    try await child.crash()
                }
                let child = try Self.matrix(scene, directory, ["--download"])
                let status = try await child.ended()
                let rows = try Self.rows(directory)
                #expect(status == (rows.allSatisfy { $0["state"] == "complete" } ? 0 : 2), "\(child.diary)")
                #expect(
                    rows.count == 4 && rows[0]["given_up"] == "run-001" && rows[0]["directory"] == "run-001.2" && rows[1]["given_up"] == nil
                )
                for row in rows {
                    let name = try #require(row["directory"])
                    let (there, here) = (try RecordedRun("\(collector.data)/study/\(name)"), try RecordedRun("\(directory)/study/\(name)"))
                    #expect(
                        there.manifest.id == here.manifest.id && here.manifest.labels?["b"] == row["b"]
                            && here.manifest.name == "study/\(name)")
                    let marks = try here.table("event").rows.filter { $0["kind"] == "mark" }.map { $0["message"] ?? "" }
                    #expect(marks == ["measure", "from \(name)", "cool-down"])
                    #expect(here.manifest.nodes.map(\.node) == ["far"])
                }
                #expect(try RecordedRun("\(collector.data)/study/run-001").manifest.state.isActive == false, "what was given up is closed")
                let compared = try await scene.command(
                    Products.cli, ["compare", directory + "/study", "--where", "b=x", "--to-where", "b=y", "--pair", "--allow-incomplete"])
                #expect(compared.status == 0, "\(compared)")
                let other = try Self.matrix(scene, directory, ["--output", "other"])
                #expect(try await other.ended() == 1)
                #expect(other.errors.contains("has a run study/run-"), "\(other.errors)")
            }
        }

        @Test(
            "A command that fails marks its run, and the plan says whether it goes on; a request to end tears down, and the run is done again"
        )
        func failing() async throws {
            try await Scene.run { scene in
                let directory = try scene.makeDirectory("work")
                let plan = """
                    name: study
                    factors: {fails: [setup, load, teardown, none]}
                    interval: 100ms
                    setup: echo "up $SONDE_LEVEL_fails" >>ledger; test "$SONDE_LEVEL_fails" != setup
                    load: echo "out of load"; test -e wait && sleep 60; test "$SONDE_LEVEL_fails" != load
                    teardown: echo "down $SONDE_LEVEL_fails" >>ledger; test "$SONDE_LEVEL_fails" != teardown
                    record: [--units=none, --processes=none, --containers=off]

                    """
                try Self.write(plan + "on_failure: continue\n", in: directory)
                let child = try Self.matrix(scene, directory)
                #expect(try await child.ended() == 1, "\(child.diary)")
                let rows = Dictionary(uniqueKeysWithValues: try Self.rows(directory).map { ($0["fails"] ?? "", $0) })
                #expect(rows["setup"]?["state"] == "failed" && rows["setup"]?["reason"] == "the set-up ended with status 1")
                #expect(rows["load"]?["state"] == "failed" && rows["load"]?["reason"] == "the load ended with status 1")
                #expect(rows["load"]?["verdict"] != nil, "what was recorded until then is a run")
                #expect(rows["teardown"]?["state"] != "failed" && rows["teardown"]?["reason"] == "the tear-down ended with status 1")
                #expect(rows["none"]?["reason"] == nil)
                #expect(child.errors.contains("out of load"), "the end of what it said is shown: \(child.errors)")
                let ledger = try String(contentsOfFile: directory + "/ledger", encoding: .utf8)
                for level in ["setup", "load", "teardown", "none"] { #expect(ledger.contains("down \(level)\n"), "each is torn down") }

                // The plan stops: run after run is tried, and what failed is tried again first.
                try FileManager.default.removeItem(atPath: directory + "/study")
                try Self.write(plan + "on_failure: stop\n", in: directory)
                #expect(try await Self.matrix(scene, directory).ended() == 1)
                let first = try #require(try Self.rows(directory).first { $0["reason"] != nil })
                #expect(try Self.rows(directory).contains { $0["state"] == "pending" } || first["run"] == "4")

                // A request to end, in the middle of a load.
                try FileManager.default.removeItem(atPath: directory + "/study")
                _ = FileManager.default.createFile(atPath: directory + "/wait", contents: nil)
                try Self.write(plan.replacing("[setup, load, teardown, none]", with: "[none]"), in: directory)
                let asked = try Self.matrix(scene, directory)
                try await eventually("its load runs") {
                    (try? String(contentsOfFile: directory + "/study/logs/run-001.log", encoding: .utf8))?.contains("out of load") ?? false
                }
                #expect(try await asked.terminate() == 143, "\(asked.diary)")
                #expect(try Self.rows(directory)[0]["state"] == "interrupted" && asked.errors.contains("goes on"))
                try FileManager.default.removeItem(atPath: directory + "/wait")
                _ = try await Self.matrix(scene, directory).ended()
                #expect(try Self.rows(directory)[0]["directory"] == "run-001.2")
            }
        }

        @Test("A tear-down that a second request to end has cut off is done again before anything else, and the run counts")
        func cutOff() async throws {
            try await Scene.run { scene in
                let directory = try scene.makeDirectory("work")
                let plan = """
                    name: study
                    factors: {a: [1]}
                    interval: 100ms
                    load: sleep 0.2
                    teardown: echo "down $SONDE_MATRIX_RUN" >>ledger; { test -e go || sleep 600; } && echo "torn" >>ledger
                    record: [--units=none, --processes=none, --containers=off]

                    """
                try Self.write(plan, in: directory)
                func ledger() -> String { (try? String(contentsOfFile: directory + "/ledger", encoding: .utf8)) ?? "" }
                let child = try Self.matrix(scene, directory)
                try await eventually("its tear-down runs\n\(child.diary)") { !ledger().isEmpty || child.poll() != nil }
                try await eventually("its end") {
                    child.signal(SIGTERM)
                    return child.poll() != nil
                }
                _ = FileManager.default.createFile(atPath: directory + "/go", contents: nil)
                let again = try Self.matrix(scene, directory)
                #expect([0, 2].contains(try await again.ended()), "\(again.diary)")
                #expect(ledger() == "down run-001\ndown run-001\ntorn\n")
                #expect(try Self.rows(directory).map { $0["directory"] } == ["run-001"])
            }
        }

        @Test("On a full disk it stops and says so, and goes on when there is room", .enabled(if: getuid() == 0, "mounts a disk"))
        func fullDisk() async throws {
            try await Scene.run { scene in
                let disk = try await SmallDisk(scene, kibibytes: 8192)
                let full =
                    "name: study\nfactors: {a: [1, 2]}\ninterval: 100ms\nload: sleep 0.2\nrecord: [--units=none, --processes=none, --containers=off]\n"
                try Self.write(full, in: disk.path)
                try disk.fill()
                let stuck = try Self.matrix(scene, disk.path)
                #expect(try await stuck.ended() == 1)
                #expect(stuck.errors.contains("is full") && stuck.errors.contains("Make room"), "\(stuck.errors)")
                try disk.free()
                // Filled in mid-run by its own load.
                try Self.write(
                    full.replacing("sleep 0.2", with: "sleep 0.2; test -e done || dd if=/dev/zero of=fill bs=4k 2>/dev/null; true"),
                    in: disk.path)
                let child = try Self.matrix(scene, disk.path)
                let status = try await child.ended()
                #expect(status != 0, "\(child.diary)")
                unlink(disk.path + "/fill")
                _ = FileManager.default.createFile(atPath: disk.path + "/done", contents: nil)
                let going = try Self.matrix(scene, disk.path)
                #expect([0, 2].contains(try await going.ended()), "\(going.diary)")
                #expect(try Self.rows(disk.path).allSatisfy { ["complete", "incomplete"].contains($0["state"]) })
            }
        }

        @Test("The plan of docs/MATRIX.md does what that says, and its runs are compared by the commands that are shown")
        func documented() async throws {
            try await Scene.run { scene in
                let text = try String(contentsOfFile: Checkout.path + "/docs/MATRIX.md", encoding: .utf8)
                let block = try #require(text.split(separator: "```yaml\n").dropFirst().first?.split(separator: "```").first)
                let directory = try scene.makeDirectory("work")
                // Fewer repetitions, for the sake of time.
                try Self.write(String(block).replacing("repetitions: 5", with: "repetitions: 2"), in: directory)
                for option in ["--check", "--dry-run"] {
                    let child = try Self.matrix(scene, directory, [option])
                    #expect(try await child.ended() == 0, "\(child.diary)")
                }
                #expect(!FileManager.default.fileExists(atPath: directory + "/gzip-level"), "nothing has been done")
                let child = try Self.matrix(scene, directory)
                #expect([0, 2].contains(try await child.ended()), "\(child.diary)")
                let commands = child.output.split(separator: "\n").compactMap { line in
                    line.firstRange(of: "sonde compare").map { line[$0.lowerBound...] }
                }
                // On a busy machine some runs may lack ticks, and then it says what to do with those.
                let first = try #require(commands.first, "\(child.output)").replacing(" --allow-incomplete", with: "")
                #expect(text.contains(first), "\(child.output)")
                for command in commands {
                    let words = String(command).replacing(" --allow-incomplete", with: "").replacing(
                        "sonde compare", with: "\(Products.cli) compare --allow-incomplete --by unit")
                    let compared = try await scene.command("/bin/sh", ["-c", "cd \(directory) && \(words)"])
                    #expect(compared.status == 0 && compared.output.contains("command"), "\(compared)")
                }
            }
        }
    }
}
