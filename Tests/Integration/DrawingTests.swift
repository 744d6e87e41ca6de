import Foundation
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// `sonde plot`, `sonde report` and the report at the control port, of runs that were really recorded.
    @Suite("Plots and reports of real runs") struct Drawing {
        /// Parses XML, which has to be well-formed, and prints the name of its root and its texts.
        private static let parser = """
            import sys, xml.etree.ElementTree as tree
            root = tree.parse(sys.argv[1]).getroot()
            print(root.tag.split("}")[-1], "|".join(t.strip() for t in root.itertext() if t.strip()))
            """

        @Test("A run's containers are drawn as well-formed SVG, and told as one HTML file with their names and the verdict", .engine)
        func drawn() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                _ = try await lab.workload(scene, "burn", "busy").succeeded()
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector, node: "<b>host</b>", containers: "cgroup", socket: lab.socket)
                try await collector.control.shows(lab.ids(scene))
                try collector.control.start("lab/drawn", "interval=100ms&duration=3s")
                try await collector.control.runOver()
                let run = collector.data + "/lab/drawn"

                let svg = scene.path("drawn.svg")
                _ = try await scene.command(
                    Products.cli, ["plot", run, "--table", "container", "--column", "cpu_percent", "--column", "rx_bytes", "--output", svg]
                ).succeeded()
                let parsed = try await scene.command("python3", ["-c", Self.parser, svg]).succeeded()
                #expect(parsed.hasPrefix("svg ") && parsed.contains("busy"), "\(parsed)")

                _ = try await scene.command(Products.cli, ["report", run]).succeeded()
                let report = try String(contentsOfFile: run + "/report.html", encoding: .utf8)
                for words in ["busy", "of 30 ticks", "&lt;b&gt;host&lt;/b&gt;", "Disks of hosts", "Interfaces of hosts"] {
                    #expect(report.contains(words), "\(words)")
                }
                #expect(!report.contains("<b>host") && !report.contains("<script"))

                let downloaded = try collector.control.send("GET", "/runs/lab/drawn/report.html")
                #expect(downloaded.status == 200 && downloaded.text == report)
                #expect(try collector.control.send("GET", "/runs/lab/nothing/report.html").status == 404)
                #expect(try collector.control.send("GET", "/runs/lab/report.html").status == 404)
            }
        }

        @Test("What is no run, is of a later version, or was cut short is said as such, by the command and by the control port alike")
        func refused() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector, node: "n", containers: "off")
                try collector.control.start("good", "interval=100ms&duration=1s")
                try await collector.control.runOver()
                let data = collector.data
                try FileManager.default.createDirectory(atPath: data + "/empty", withIntermediateDirectories: false)
                try FileManager.default.createDirectory(atPath: data + "/later", withIntermediateDirectories: false)
                try Data(#"{"format":9}"#.utf8).write(to: URL(fileURLWithPath: data + "/later/run.json"))
                try FileManager.default.copyItem(atPath: data + "/good", toPath: data + "/cut")
                let host = try FileHandle(forWritingTo: URL(fileURLWithPath: data + "/cut/host.csv"))
                try host.truncate(atOffset: 4000)

                for command in [["report"], ["plot", "--table", "host", "--column", "load1"]] {
                    let empty = try await scene.command(Products.cli, command + [data + "/empty"])
                    #expect(empty.status == 1 && empty.errors.contains("empty"), "\(empty)")
                    let later = try await scene.command(Products.cli, command + [data + "/later"])
                    #expect(later.status == 1 && later.errors.contains("format 9"), "\(later)")
                    let cut = try await scene.command(Products.cli, command + [data + "/cut"])
                    #expect(cut.status == 0 && cut.errors.contains("host.csv is cut short"), "\(cut)")
                }
                #expect(try collector.control.send("GET", "/runs/empty/report.html").status == 404)
                let later = try collector.control.send("GET", "/runs/later/report.html")
                #expect(later.status == 422 && later.text.contains("format 9"), "\(later)")
                let cut = try collector.control.send("GET", "/runs/cut/report.html")
                #expect(cut.status == 200 && cut.text.contains("host.csv is cut short"))
            }
        }
    }
}
