import Foundation
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// What becomes of runs: labels, lists, compressing, pinning and removing.
    @Suite("Runs after they were recorded") struct RunLife {
        private static let python = ProcessInfo.processInfo.environment["SONDE_PYTHON"]

        /// Records a complete run: one in which a busy machine missed a tick is removed and recorded again.
        private static func record(_ name: String, _ collector: Collector, _ query: String = "interval=50ms&duration=500ms") async throws {
            for _ in 0..<20 {
                try collector.control.start(name, query)
                try await collector.control.runOver()
                let run: RunManifest = try collector.control.send("GET", "/runs/\(name)").decoded()
                if run.state == .complete { return }
                _ = try collector.control.send("DELETE", "/runs/\(name)")
            }
            Issue.record("in twenty runs there was none of which no tick was missed")
        }

        @Test("Labels that a run begins with stand in run.json, status and lists, by which runs are found again")
        func labels() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector)
                let started = try await scene.sonde(
                    collector, "start", "one", "--interval", "50ms", "--label", "variant=a, b", "--label", "load=high")
                #expect(started.output.contains("load=high, variant=a, b"), "\(started)")
                #expect(try await scene.sonde(collector, "status").output.contains("load=high, variant=a, b"))
                _ = try await scene.sonde(collector, "stop")
                try await Self.record("two", collector, "interval=50ms&duration=500ms&label=load%3Dlow")
                #expect(try RecordedRun(collector.data + "/one").manifest.labels == ["variant": "a, b", "load": "high"])
                let high = try await scene.sonde(collector, "runs", "--label", "load=high")
                #expect(high.status == 0 && high.output.contains("one") && !high.output.contains("two"), "\(high)")
                let json = try await scene.sonde(collector, "runs", "--sort", "name", "--state", "complete", "--json")
                let runs = try JSONDecoder().decode([RunManifest].self, from: Data(json.output.utf8))
                #expect(runs.map(\.name) == runs.map(\.name).sorted() && runs.allSatisfy { $0.state == .complete })
                for words in [["--label", "x"], ["--label", "a=1", "--label", "a=2"]] {
                    let refused = try await scene.command(
                        Products.cli, ["--port", "\(collector.control.port)", "start", "three"] + words)
                    #expect(refused.status == 64 && refused.errors.contains("--label"), "\(refused)")
                }
                #expect(!FileManager.default.fileExists(atPath: collector.data + "/three"))
            }
        }

        @Test(
            "A run that is compressed in place takes less, is proved, reported, downloaded and loaded by pandas as before, and can be undone"
        )
        func compressed() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector)
                try await Self.record("run", collector, "interval=20ms&duration=2s")
                let directory = collector.data + "/run"
                let run = try RecordedRun(directory)
                func verified(_ directory: String) async throws -> String {
                    try await scene.command(Products.cli, ["verify", directory, "--json"]).output.replacing(directory, with: "")
                }
                func names(_ directory: String) throws -> Set<String> {
                    Set(try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.contains(".csv") })
                }
                let proof = try await verified(directory)
                let before = try await scene.sonde(collector, "runs").output
                let done = try await scene.sonde(collector, "runs", "run", "--compress")
                #expect(done.status == 0 && done.output.contains("host.csv.gz"), "\(done)")
                let tables = run.manifest.files.keys.filter { $0 != "columns.csv" && $0 != "gaps.csv" }
                #expect(try names(directory) == Set(tables.map { $0 + ".gz" } + ["columns.csv", "gaps.csv"]))
                #expect(try await verified(directory) == proof)
                #expect(try await scene.sonde(collector, "runs").output != before, "its size on the disk is another")
                let report = try collector.control.send("GET", "/runs/run/report.html")
                #expect(report.status == 200 && report.text.contains("<svg"))
                let plot = try await scene.command(
                    Products.cli, ["plot", directory, "--table", "host", "--column", "cpu_percent", "--output", scene.path("x.svg")])
                #expect(plot.status == 0, "\(plot)")
                let copy = scene.path("copy")
                _ = try await scene.sonde(collector, "runs", "run", "--download", copy)
                #expect(try names(copy) == names(directory))
                #expect(try await verified(copy) == proof)
                if let python = Self.python {
                    let script = """
                        import json, pandas, sys
                        files = json.load(open(sys.argv[1] + "/run.json"))["files"]
                        for name, file in files.items():
                            frame = pandas.read_csv(sys.argv[1] + "/" + name + ("" if name in ("columns.csv", "gaps.csv") else ".gz"))
                            assert len(frame) == file["rows"], name
                        """
                    try await scene.command(python, ["-c", script, directory]).succeeded()
                }
                for name in tables { try await scene.command("gzip", ["-t", "\(directory)/\(name).gz"]).succeeded() }
                let undone = try await scene.sonde(collector, "runs", "run", "--decompress")
                #expect(undone.status == 0, "\(undone)")
                try await run.checkFiles(scene)
            }
        }

        @Test("A run is removed when that is confirmed, and neither one in progress nor a pinned one")
        func removed() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector)
                try await Self.record("group/old", collector)
                try collector.control.start("group/now", "interval=50ms")
                func holds(_ run: String) -> Bool { FileManager.default.fileExists(atPath: collector.data + "/" + run + "/run.json") }

                let unasked = try await scene.sonde(collector, "runs", "group/old", "--delete")
                #expect(unasked.status == 64 && unasked.errors.contains("--yes") && holds("group/old"), "\(unasked)")
                let active = try await scene.sonde(collector, "runs", "group/now", "--delete", "--yes")
                #expect(active.status == 1 && active.errors.contains("stop it first") && holds("group/now"), "\(active)")
                let open = try await scene.sonde(collector, "runs", "group/now", "--compress")
                #expect(open.status == 1 && open.errors.contains("stop it first"), "\(open)")
                _ = try await scene.sonde(collector, "runs", "group/old", "--pin")
                let pinned = try await scene.sonde(collector, "runs", "group/old", "--delete", "--yes")
                #expect(pinned.status == 1 && pinned.errors.contains("pinned") && holds("group/old"), "\(pinned)")
                #expect(try await scene.sonde(collector, "runs").output.contains("complete, pinned"))
                _ = try await scene.sonde(collector, "runs", "group/old", "--unpin")
                let done = try await scene.sonde(collector, "runs", "group/old", "--delete", "--yes")
                #expect(done.status == 0 && !holds("group/old") && holds("group/now"), "\(done)")
                try await collector.child.says("run removed")
                _ = try collector.control.stop()
                let run = try RecordedRun(collector.data + "/group/now")
                try await scene.verify(run)
                #expect(try await scene.sonde(collector, "runs", "group/now", "--delete", "--yes").status == 0)
                let left = try FileManager.default.subpathsOfDirectory(atPath: collector.data)
                #expect(left.allSatisfy { [".id", ".lock"].contains($0) }, "\(left)")
            }
        }

        @Test("With --keep the oldest runs go when one is over and at the start: never the newest, a pinned or an incomplete one")
        func kept() async throws {
            try await Scene.run { scene in
                var collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector)
                for name in ["a", "b", "c"] { try await Self.record(name, collector) }
                _ = try await scene.sonde(collector, "runs", "a", "--pin")
                let data = collector.data
                func runs() -> String {
                    ["a", "b", "c", "d", "e"].filter { FileManager.default.fileExists(atPath: "\(data)/\($0)/run.json") }.joined()
                }
                _ = try await collector.child.terminate()
                // Each takes more than this.
                collector = try await scene.collector(like: collector, options: ["--keep", "64KiB"])
                try await eventually("what goes at the start") { runs() == "ac" }
                try await collector.child.says("run removed")
                try await collector.control.ticksLive(of: "here")
                try await Self.record("d", collector)
                try await eventually("what goes when a run is over") { runs() == "ad" }
                try collector.control.start("e", "interval=50ms")
                _ = try await collector.child.terminate()
                collector = try await scene.collector(like: collector, options: ["--keep", "1h"])
                #expect(try await scene.sonde(collector, "status").status == 0)
                #expect(runs() == "ade", "the run in progress and young ones stay")
            }
        }
    }
}

extension ControlClient {
    /// Waits until a node is connected, with a live tick.
    fileprivate func ticksLive(of node: String) async throws {
        try await eventually("a live tick of \(node)") {
            try instances().nodes.contains { $0.node == node && $0.isConnected && $0.lastTickAgeMs != nil }
        }
    }
}
