import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// One run over several collectors, each with agents of its own.
    @Suite("A run over several collectors") struct Group {
        private static let python = ProcessInfo.processInfo.environment["SONDE_PYTHON"]

        /// Three collectors with an agent each, and words that name them all.
        private struct Fleet {
            let scene: Scene
            var collectors: [Collector]

            var hosts: String { collectors.map(\.name).joined(separator: ",") }

            /// - Parameters:
            ///   - data: where the last one keeps its runs.
            ///   - clocks: by how many hours the wall clock of each is ahead.
            init(_ scene: Scene, data: String? = nil, clocks: [Int] = []) async throws {
                self.scene = scene
                collectors = []
                for number in 0..<3 {
                    let clock = clocks.isEmpty ? nil : try await FakedClock(scene, hours: clocks[number])
                    let collector = try await scene.collector(
                        data: number == 2 ? data : scene.makeDirectory("data\(number)"), prefix: clock?.prefix ?? [])
                    collectors.append(collector)
                    _ = try await scene.connectedAgent(collector, node: "n\(number)")
                }
            }

            func sonde(_ words: String...) async throws -> Command {
                try await scene.command(Products.cli, ["--host", hosts] + words)
            }

            /// Starts a run as a user does: a machine that is too busy to tell all collectors in time refuses and asks for another try.
            func started(_ words: String...) async throws -> Command {
                for _ in 0..<5 {
                    let command = try await scene.command(Products.cli, ["--host", hosts, "start"] + words)
                    guard command.status == 1, command.errors.contains("start it again") else { return command }
                    #expect(command.errors.contains("Nothing was started"), "\(command)")
                }
                throw Child.Failure(description: "the collectors can't be told in time")
            }

            func parts(_ run: String) -> [String] { collectors.map { "\($0.data)/\(run)" } }

            /// Whether any of them has anything of a run.
            func has(_ run: String) throws -> Bool {
                try collectors.contains { collector in
                    try FileManager.default.contentsOfDirectory(atPath: collector.data).contains { $0 == run || $0 == ".active" }
                }
            }
        }

        @Test(
            "Three collectors whose clocks are hours apart record one run on one grid: a mark is at one tick, all stop at one tick, and what sonde merge makes of them is one run that is proved"
        )
        func together() async throws {
            try await Scene.run { scene in
                let hours = [0, 5, -3]
                let fleet = try await Fleet(scene, clocks: hours)
                let started = try await fleet.started("x", "--interval", "100ms", "--label", "a=b", "--expect", "3")
                #expect(started.status == 0 && started.output.contains("3 collectors, 3 nodes"), "\(started)")
                for (number, collector) in fleet.collectors.enumerated() { try await collector.control.ticks(5, of: "n\(number)") }
                let status = try await fleet.sonde("status")
                #expect(status.status == 0 && status.output.contains("x: recording on 3 of 3 collectors"), "\(status)")
                #expect(try await fleet.sonde("instances").output.contains("on 3 collectors"))
                let marked = try await fleet.sonde("mark", "load on")
                #expect(marked.status == 0, "\(marked)")
                let stopped = try await fleet.sonde("stop", "--json")
                let listed = try await fleet.sonde("runs")
                #expect(listed.status == 0 && listed.output.components(separatedBy: "a=b").count == 4, "\(listed)")

                let runs = try fleet.parts("x").map(RecordedRun.init)
                let groups = try runs.map { try #require($0.manifest.group) }
                #expect(Set(groups.map(\.id)).count == 1 && groups.map(\.place) == [0, 1, 2])
                for (run, group) in zip(runs, groups) {
                    #expect(group.collectors == groups[0].collectors && group.fault == nil)
                    #expect(group.collectors.map(\.collector) == fleet.collectors.map(\.name) && group.own?.t0Us == run.manifest.t0Us)
                }
                for (member, hours) in zip(groups[0].collectors, hours) {
                    #expect((Double(member.clockAheadUs) / 3_600_000_000).rounded() == Double(hours), "\(member)")
                }
                // On one host nothing lies between them but what each measurement may be wrong by, and a microsecond that is rounded.
                let atEnd = try groups.map { try #require($0.clockAtEnd) }
                for (place, group) in groups.enumerated() {
                    let errors = [
                        atEnd[0].errorUs, atEnd[place].errorUs, group.collectors[0].clockErrorUs, group.collectors[place].clockErrorUs,
                    ]
                    #expect(group.drift.map { $0.magnitude <= UInt64(errors.reduce(4, +)) } == true, "\(group)")
                }
                let lasts = try runs.map { try #require($0.manifest.lastTick) }
                let marks = try runs.map { try $0.table("event").rows.filter { $0["kind"] == "mark" }.map(\.tick) }
                #expect(Set(marks).count == 1 && marks[0].count == 1, "\(marks)")
                let isComplete = runs.allSatisfy { $0.manifest.state == .complete }
                #expect(stopped.status == (isComplete ? 0 : 2) && stopped.output.contains("\"complete\" : \(isComplete)"), "\(stopped)")

                let merged = scene.path("merged")
                try await scene.command(Products.cli, ["merge"] + fleet.parts("x") + ["--output", merged]).succeeded()
                let whole = try RecordedRun(merged)
                try await whole.checkFiles(scene)
                #expect(whole.manifest.nodes.map(\.node).sorted() == ["n0", "n1", "n2"])
                // All stop at one tick, unless one of them hears of it only when that has passed.
                #expect(whole.manifest.lastTick == lasts.max())
                for (number, last) in lasts.enumerated() {
                    let node = whole.manifest.nodes.first { $0.node == "n\(number)" }
                    #expect(node?.expected == last + 1 && node?.notRecorded ?? 0 == (lasts.max() ?? 0) - last)
                }
                #expect(whole.manifest.parts?.allSatisfy { $0.offsetUs == nil && $0.group != nil } == true)
                #expect(try whole.table("event").rows.filter { $0["kind"] == "mark" }.count == 1)
                let proof = try await scene.command(Products.cli, ["verify", merged])
                #expect(proof.status == (isComplete ? 0 : 2) && !proof.output.contains("damaged"), "\(proof)")
                #expect((whole.manifest.state == .complete) == isComplete)
                guard let python = Self.python else { return }
                let script = "\(Checkout.tests)/Integration/check_merge.py"
                try await scene.command(python, [script, merged] + fleet.parts("x")).succeeded()
            }
        }

        @Test(
            "A run of which one collector can't begin begins nowhere and leaves nothing, and the message says which one and why",
            .enabled(if: getuid() == 0, "mounts a small file system"))
        func allOrNone() async throws {
            try await Scene.run { scene in
                let disk = try await SmallDisk(scene, kibibytes: 256)
                let fleet = try await Fleet(scene, data: disk.path)
                try disk.fill()
                let full = try await fleet.sonde("start", "x")
                #expect(full.status == 1 && full.errors.contains(fleet.collectors[2].name), "\(full)")
                #expect(full.errors.contains("No space left") && full.errors.contains("Nothing was started"), "\(full)")
                #expect(try !fleet.has("x"))
                try disk.free()

                try fleet.collectors[1].control.start("own", "interval=100ms")
                let active = try await fleet.sonde("start", "x", "--json")
                #expect(
                    active.status == 1 && active.errors.contains("run_active") && active.errors.contains(fleet.collectors[1].name),
                    "\(active)")
                #expect(try !fleet.collectors[0].control.instances().nodes.isEmpty && fleet.collectors[0].control.status().run == nil)
                #expect(
                    !FileManager.default.fileExists(atPath: fleet.parts("x")[0])
                        && !FileManager.default.fileExists(atPath: fleet.parts("x")[2]))
                _ = try fleet.collectors[1].control.stop()

                let few = try await fleet.sonde("start", "x", "--expect", "4")
                #expect(few.status == 1 && few.errors.contains("3 are connected"), "\(few)")
                _ = try await scene.agent(fleet.collectors[0], node: "n2", state: scene.path("second-n2"))
                try await eventually("a second n2") {
                    try fleet.collectors[0].control.instances().nodes.contains { $0.node == "n2" && $0.isConnected }
                }
                let twice = try await fleet.sonde("start", "x")
                #expect(twice.status == 1 && twice.errors.contains("The node n2 is connected to"), "\(twice)")
                try await fleet.collectors[2].child.crash()
                let away = try await fleet.sonde("start", "x")
                #expect(away.status == 69 && away.errors.contains("No collector answers on \(fleet.collectors[2].name)"), "\(away)")
                // Nobody listens there, so that there is nobody to be told, either.
                #expect(away.errors.contains("Nothing was started") && !away.errors.contains("couldn't be told"), "\(away)")
                #expect(try !fleet.has("x"))
            }
        }

        @Test(
            "A collector that is killed during the run is named by status and stop; the others go on, and its part is merged as far as it goes"
        )
        func killed() async throws {
            try await Scene.run { scene in
                let fleet = try await Fleet(scene)
                let started = try await fleet.started("x", "--interval", "100ms")
                #expect(started.status == 0, "\(started)")
                for (number, collector) in fleet.collectors.enumerated() { try await collector.control.ticks(5, of: "n\(number)") }
                let dead = fleet.collectors[1]
                try await dead.child.crash()
                let due = try fleet.collectors[0].control.ticks(of: "n0")
                try await fleet.collectors[0].control.ticks(due + 5, of: "n0")
                let status = try await fleet.sonde("status")
                #expect(status.status == 69 && status.output.contains("AWAY       \(dead.name)"), "\(status)")
                #expect(status.output.contains("recording on 2 of 3 collectors"), "\(status)")
                let marked = try await fleet.sonde("mark", "later")
                #expect(marked.status == 69 && marked.output.components(separatedBy: "at tick").count == 3, "\(marked)")
                let stopped = try await fleet.sonde("stop")
                #expect(
                    stopped.status == 2 && stopped.output.contains("incomplete: ")
                        && stopped.output.contains("\(dead.name) has no verdict"), "\(stopped)")

                let parts = fleet.parts("x")
                let two = scene.path("two")
                let some = try await scene.command(Products.cli, ["merge", parts[0], parts[2], "--output", two])
                #expect(some.status == 0 && some.output.contains("the part of \(dead.name) was not merged"), "\(some)")
                #expect(try await scene.command(Products.cli, ["verify", two]).status == 2)
                let all = scene.path("all")
                try await scene.command(Products.cli, ["merge"] + parts + ["--allow-open", "--output", all]).succeeded()
                let proof = try await scene.command(Products.cli, ["verify", all])
                #expect(proof.status == 2 && !proof.output.contains("damaged"), "\(proof)")
                let run = try RecordedRun(all)
                #expect(run.manifest.state == .incomplete && run.manifest.nodes.map(\.node).sorted() == ["n0", "n1", "n2"])

                // Started again, it goes on with its part, which its agent has kept the rows of.
                let again = try await scene.collector(like: dead)
                try await again.control.ticks(due + 5, of: "n1")
                _ = try again.control.stop()
                let whole = scene.path("whole")
                try await scene.command(Products.cli, ["merge"] + parts + ["--output", whole]).succeeded()
                #expect(try await !scene.command(Products.cli, ["verify", whole]).output.contains("damaged"))
                #expect(try RecordedRun(whole).manifest.parts?.count == 3)
            }
        }

        @Test(
            "A start that vanishes between its two halves leaves nothing: the collectors take the run away by themselves, and at once when they are killed and started again; an earlier version's refusal is explained"
        )
        func vanished() async throws {
            try await Scene.run { scene in
                let fleet = try await Fleet(scene)
                for collector in fleet.collectors {
                    let held: HeldReport = try collector.control.send("POST", "/start/x?group=g").decoded()
                    #expect(held.nodes.count == 1)
                    #expect(try collector.control.send("POST", "/start/y").failure == "run_active")
                }
                #expect(try fleet.has("x"))
                try await fleet.collectors[1].child.crash()
                let again = try await scene.collector(like: fleet.collectors[1])
                #expect(try Set(FileManager.default.contentsOfDirectory(atPath: again.data)).isDisjoint(with: ["x", ".active"]))
                try await eventually("the end of the runs that nobody begins", every: .milliseconds(200)) { try !fleet.has("x") }
                #expect(try fleet.collectors[0].control.send("POST", "/group/g/disarm").text.contains("false"))
                #expect(try fleet.collectors[0].control.send("POST", "/group/g/x").status == 404)
                #expect(try fleet.collectors[0].control.send("POST", "/group/g/begin").failure == "bad_group")
                let older = try olderCollector(scene)
                let words = ["--host", "\(fleet.collectors[0].name),127.0.0.1:\(older.port)", "start", "x"]
                let refused = try await scene.command(Products.cli, words)
                #expect(refused.status == 1 && refused.errors.contains("is older than this sonde"), "\(refused)")
                #expect(try !fleet.has("x"))
            }
        }
    }
}

extension Collector {
    /// As `--host` names it.
    var name: String { "127.0.0.1:\(control.port)" }
}

/// A control port that answers as a collector which knows nothing of groups.
private func olderCollector(_ scene: Scene) throws -> ControlStandIn {
    try ControlStandIn(scene) { asked in
        asked.hasPrefix("POST /start/")
            ? .json(400, #"{"code":"bad_option","message":"unknown option `group`; known are interval, duration, expect, note, label"}"#)
            : .json(404, #"{"code":"not_found","message":"there is nothing here"}"#)
    }
}
