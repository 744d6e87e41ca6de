import Foundation
import Glibc
import StatsCore
import TestSupport
import Testing

extension IntegrationTests {
    /// The collector's page in a real browser: scripts in Tests/Integration/browser use it as a person does.
    @Suite("The page in a browser") struct Page {
        /// A load with known figures, and an agent and a collector that record it.
        private static func watched(_ scene: Scene) async throws -> (lab: Lab, collector: Collector) {
            let lab = try await Lab.open(scene)
            for words in [("hold", "hold"), ("burn", "burn"), ("up", "2")] {
                _ = try await lab.workload(scene, words.0, words.1).succeeded()
            }
            try await lab.fills(scene, "hold", bytes: 32 << 20)
            // However busy the machine is, this container needs more than its limit.
            _ = try await lab.run(scene, name: "squeezed", "while :; do :; done", options: ["--cpus", "0.01"])
            let collector = try await scene.collector()
            _ = try await scene.connectedAgent(collector, containers: "docker", socket: lab.socket, options: Lab.only)
            try await collector.control.shows(lab.ids(scene))
            return (lab, collector)
        }

        @Test("The table shows what the engine says, sorts, filters and groups, and follows containers that come and go", .engine, .browser)
        func table() async throws {
            try await Scene.run { scene in
                let (lab, collector) = try await Self.watched(scene)
                try await Browser.check(scene, "table", collector, lab.socket)
            }
        }

        @Test("A container that is killed for memory as soon as it begins stands in What hurts at every look", .engine, .browser)
        func killed() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                _ = try await lab.eater(scene)
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector, containers: "docker", socket: lab.socket, options: Lab.only)
                try await Browser.check(scene, "killed", collector)
            }
        }

        @Test("By keyboard alone, on a phone, in light and dark: everything has a name, a focus and contrast", .engine, .browser)
        func access() async throws {
            try await Scene.run { scene in
                let (_, collector) = try await Self.watched(scene)
                try await Browser.check(scene, "access", collector)
            }
        }

        @Test("With 2,000 containers on 50 nodes the page stays smooth, and shows all of them", .browser)
        func crowd() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                let size = ["50", "40"]
                _ = try scene.start("python3", ["\(Checkout.tests)/Integration/browser/crowd.py", "127.0.0.1", "\(collector.port)"] + size)
                try await eventually("all nodes") { try collector.control.instances().nodes.count == 50 }
                try await Browser.check(scene, "crowd", collector, size[0], size[1])
            }
        }

        @Test("Of a fleet that isn't sent whole the page shows a part, says so, and finds each container that is asked for", .browser)
        func fleet() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                let size = ["50", "50"]
                _ = try scene.start("python3", ["\(Checkout.tests)/Integration/browser/crowd.py", "127.0.0.1", "\(collector.port)"] + size)
                try await eventually("all nodes") { try collector.control.instances().nodes.count == 50 }
                try await Browser.check(scene, "fleet", collector, size[0], size[1])
            }
        }

        @Test("What is warm and what is hot on the page is what the stream says, and nothing else", .browser)
        func levels() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                _ = try scene.start("python3", ["\(Checkout.tests)/Integration/browser/fleet.py", "127.0.0.1", "\(collector.port)"])
                try await eventually("all nodes", within: .seconds(60)) { try collector.control.instances().nodes.count == 3 }
                try await Browser.check(scene, "levels", collector)
            }
        }

        @Test("Names with script, markup and all directions of writing are text", .engine, .browser)
        func names() async throws {
            try await Scene.run { scene in
                let lab = try await Lab.open(scene)
                let project = "<img src=x onerror=window.hurt=1>\u{202e}😀" + String(repeating: "x", count: 255)
                let node = "<script>window.hurt=1</script>"
                // busybox runs under every name that begins with its own.
                let command = "busybox<b>&i"
                let id = try await lab.run(
                    scene, name: "quoted", "ln -s busybox '/bin/\(command)'; '/bin/\(command)' sleep 1000",
                    options: ["--label", "com.docker.compose.project=\(project)"])
                let collector = try await scene.collector()
                _ = try await scene.agent(
                    collector, node: node, containers: "docker", socket: lab.socket, options: Lab.only, state: scene.path("state"))
                try await collector.control.shows([id])
                try await Browser.check(scene, "names", collector, node, project, command)
            }
        }

        @Test("Start, mark and stop from the page make a complete run on disk, and its files can be downloaded", .browser)
        func run() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector)
                let copy = scene.path("host.csv")
                try await Browser.check(scene, "run", collector, "series/by page", copy)
                let run = try RecordedRun(collector.data + "/series/by page")
                try await run.checkFiles(scene)
                try run.checkWhole("here")
                #expect(run.manifest.note == "50% & 1+1 “quoted”" && run.manifest.intervalUs == 100_000)
                #expect(run.manifest.labels == ["variant": "a", "load": "50%"])
                #expect(try run.table("event").rows.filter { $0["kind"] == "mark" }.map { $0["message"] } == ["load on / 100%"])
                #expect(
                    FileManager.default.contents(atPath: copy)
                        == FileManager.default.contents(atPath: collector.data + "/series/by page/host.csv"))
            }
        }

        @Test(
            "The table of what was used in a run is that of sonde summary, sorts, takes marks, and says of runs in progress and damaged ones why there is none",
            .browser)
        func summary() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                let node = "<img src=x onerror=window.hurt=1>"
                _ = try await scene.agent(collector, node: node, options: ["--processes", "all"], state: scene.path("state"))
                try await eventually("the agent") {
                    try collector.control.instances().nodes.contains { $0.isConnected && $0.lastTickAgeMs != nil }
                }
                try collector.control.start("done", "interval=100ms")
                for label in ["load%20on", "load%20off"] {
                    let mark = try collector.control.send("POST", "/mark/\(label)").decoded(MarkReport.self).tick
                    try await collector.control.ticks(mark + 5, of: node)
                }
                _ = try collector.control.stop()
                let data = collector.data
                for copy in ["cut", "rubbish"] { try FileManager.default.copyItem(atPath: data + "/done", toPath: "\(data)/\(copy)") }
                try FileHandle(forWritingTo: URL(fileURLWithPath: data + "/cut/host.csv")).truncate(atOffset: 4000)
                try Data("rubbish\n".utf8).write(to: URL(fileURLWithPath: data + "/rubbish/columns.csv"))
                for name in ["cut", "rubbish"] {
                    let file = URL(fileURLWithPath: "\(data)/\(name)/run.json")
                    var manifest = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any] ?? [:]
                    manifest["name"] = name
                    try JSONSerialization.data(withJSONObject: manifest).write(to: file)
                }
                let expected = scene.path("expected.json")
                let printed = try await scene.command(Products.cli, ["summary", data + "/done", "--json"]).succeeded()
                try Data(printed.utf8).write(to: URL(fileURLWithPath: expected))
                try collector.control.start("open", "interval=100ms")
                try await Browser.check(scene, "summary", collector, expected, node)
            }
        }

        @Test("A collector that hangs or dies shows as lost within three seconds, values grey out, and the next one takes over", .browser)
        func lost() async throws {
            try await Scene.run { scene in
                let collector = try await scene.collector()
                _ = try await scene.connectedAgent(collector)
                let browser = try Browser.start(scene, "lost", collector, "\(collector.child.pid)")
                try await eventually("the page's word for it") {
                    if let status = browser.poll() { throw Child.Failure(description: "ended early with \(status): \(browser.errors)") }
                    return browser.output.contains("killed")
                }
                _ = try await collector.child.ended()
                _ = try await scene.collector(like: collector)
                #expect(try await browser.ended(within: .seconds(600)) == 0, "\(browser.errors)")
            }
        }

        @Test("A collector with a token is asked with it, and the token stays in the tab", .browser)
        func token() async throws {
            try await Scene.run { scene in
                let file = scene.path("token")
                _ = try await scene.command(Products.cli, ["token", file]).succeeded()
                let collector = try await scene.collector(options: ["--token-file", file])
                _ = try await scene.agent(collector, options: ["--token-file", file])
                try await eventually("a run", every: .milliseconds(200)) {
                    try await scene.sonde(collector, "start", "kept", "--interval", "100ms", "--token-file", file).status == 0
                }
                try await eventually("rows on disk") {
                    try await scene.sonde(collector, "status", "--json", "--token-file", file).output.contains("recording")
                }
                // 2: the machine was too busy for a tick, which is named.
                #expect(try await [0, 2].contains(scene.sonde(collector, "stop", "--token-file", file).status))
                try await Browser.check(scene, "token", collector, file, "kept")
            }
        }
    }
}
