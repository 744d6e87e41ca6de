import Foundation
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// Names that could control spreadsheets, browsers and terminals, followed from the wire to every output.
    @Suite("Names that something would act upon") struct HostileData {
        private static let formula = "=cmd|'/c calc'!A1"
        private static let markup = "<img src=x onerror=alert(1)>"
        private static let reversed = "\u{202e}gpj.exe\u{1b}[2J"

        @Test("A container that is named as a formula is recorded under its name, and none of the run's files runs it")
        func formulas() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                let node = "-\(Self.formula)\u{202e}"
                let peer = try Peer(collector)
                try peer.hello(
                    node: node, ["tables": ["host": ["load1", "procs_running"], "container": ["container_id", "container", "image"]]])
                _ = try peer.receive("welcome")
                try collector.control.start("hostile", "interval=200ms&duration=1s")
                let run = try #require(try peer.receive("run"))
                let rows = [["id1", Self.formula, Self.markup], ["id2", "'\(Self.formula)", "@SUM(A1)"], ["id3", Self.reversed, "-1"]]
                // Tick 2 is missing, so that gaps.csv names the node too.
                for (seq, tick) in [(1, 0), (2, 1), (3, 3), (4, 4)] {
                    try peer.tick(run, seq: seq, tick: tick, ["rows": ["host": [[-0.5, 3]], "container": rows]])
                }
                try peer.send(["type": "fin", "run": run["id"] as? String ?? "", "epoch": 1, "seq": 4])
                try await collector.control.runOver()

                let live = try collector.control.send("GET", "/containers")
                let seen = try #require(JSONSerialization.jsonObject(with: Data(live.body)) as? [String: [String: Any]])
                #expect(seen["id1"]?["name"] as? String == Self.formula && seen["id1"]?["image"] as? String == Self.markup)
                try await Self.checkFiles(collector.data + "/hostile", node: node)
                try await Self.checkTexts(scene, collector, node: node)
            }
        }

        @Test(
            "A unit and a process that are named as formulas and markup are text in the run's files, at /metrics and on the page", .root,
            .browser)
        func unitsAndProcesses() async throws {
            try await Scene.run { scene in
                let marker = "odd-\(UInt32.random(in: 0 ... .max))"
                let unit = try LabUnit(scene, name: "=1,<img src=x onerror=window.hurt=1>\"\u{202e}\\\(marker).service")
                let comm = "=1<b>\u{202e},&x"
                try FileManager.default.createSymbolicLink(atPath: scene.path(comm), withDestinationPath: "/bin/sh")
                _ = try unit.run(scene, "exec \"\(scene.path(comm))\" -c \"while :; do :; done; : \(marker)\"")
                let collector = try await scene.collector(options: ["--metrics-processes"])
                // Of all others there are no rows: the machine has other work.
                _ = try await scene.connectedAgent(
                    collector, options: ["--units", "name=*\(marker)*", "--processes", "all", "--match", "*: \(marker)*"])
                func escaped(_ text: String) -> String {
                    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                }
                let labels = #"node="here",unit="\#(escaped(unit.name))",kind="service",cgroup="/\#(escaped(unit.name))""#
                try await eventually("the unit's and the process's metrics") {
                    let text = try collector.control.send("GET", "/metrics").text
                    return text.contains("sonde_unit_cpu_seconds_total{\(labels),mode=")
                        && text.contains(#"comm="\#(escaped(comm))",unit="\#(escaped(unit.name))""#)
                }
                try await Browser.check(scene, "unit_names", collector, "here", unit.name, comm)

                try collector.control.start("odd", "interval=200ms&duration=1s")
                try await collector.control.runOver()
                let run = try RecordedRun(collector.data + "/odd")
                let units = try run.table("unit").rows
                #expect(
                    try units.count == run.whole("unit", of: "here")
                        && units.allSatisfy { $0["unit"] == "'" + unit.name && $0["cgroup"] == "/" + unit.name })
                // The agent's own command line has the pattern in it, which fits itself.
                let processes = try run.table("process").rows.filter { $0["comm"] != "sonde-agent" }
                #expect(!processes.isEmpty && processes.allSatisfy { $0["comm"] == "'" + comm && $0["unit"] == "'" + unit.name })
                for file in ["unit", "process", "event"] {
                    for field in try run.table(file).rows.flatMap(\.fields)
                    where "=+-@\t\r\n".unicodeScalars.contains(field.unicodeScalars.first ?? "a") {
                        #expect(Double(field) != nil, "\(file).csv holds \(field)")
                    }
                }
                unit.kill()
            }
        }

        private static func checkFiles(_ directory: String, node: String) async throws {
            let run = try RecordedRun(directory)
            let found = try run.table("container").rows
            #expect(found.count == 12 && found.allSatisfy { $0.node == "'" + node })
            #expect(found.prefix(3).map { $0["container"] } == ["'" + formula, "''" + formula, reversed])
            #expect(found.prefix(3).map { $0["image"] } == [markup, "'@SUM(A1)", "'-1"])
            #expect(try run.table("host").rows.allSatisfy { $0["load1"] == "-0.5" }, "a number stays a number")
            #expect(try run.table("gaps").rows.map(\.node) == ["'" + node])
            for file in RecordedRun.tables + ["gaps", "columns"] {
                for field in try run.table(file).rows.flatMap(\.fields)
                where "=+-@\t\r\n".unicodeScalars.contains(field.unicodeScalars.first ?? "a") {
                    #expect(Double(field) != nil, "\(file).csv holds \(field)")
                }
            }
        }

        /// Checks the output of the CLI and the daemons' logs.
        private static func checkTexts(_ scene: Scene, _ collector: Collector, node: String) async throws {
            let visible = "-\(formula)\\u{202e}"
            let verified = try await scene.command(Products.cli, ["verify", collector.data + "/hostile"])
            #expect(verified.status == 2 && verified.output.contains(visible), "\(verified)")
            #expect(!verified.output.contains("'-="), "names are shown as they are: \(verified)")
            let json = try await scene.command(Products.cli, ["--json", "verify", collector.data + "/hostile"])
            #expect(json.output.contains(#""node" : "-=cmd|'/c calc'!A1\u202e""#), "\(json)")
            for words in [["containers"], ["status"], ["instances"], ["runs"], ["containers", "--json"], ["runs", "hostile"]] {
                let command = try await scene.command(Products.cli, ["--port", "\(collector.control.port)"] + words)
                #expect([0, 2].contains(command.status) && isHarmless(command.output), "\(command)")
            }
            #expect(try isHarmless(collector.control.send("GET", "/instances", accept: "*/*").text))
            try await collector.child.says("agent joined", "\\u{202e}")
            #expect(isHarmless(verified.output) && isHarmless(json.output) && isHarmless(collector.child.errors))
        }

        private static func isHarmless(_ text: String) -> Bool { VisibleText.escape(text, keeping: "\n") == text }
    }
}
