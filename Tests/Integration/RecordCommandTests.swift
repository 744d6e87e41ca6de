import Foundation
import StatsCore
import Testing

extension IntegrationTests {
    /// `sonde record`, with no set-up at all.
    @Suite struct RecordCommand {
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
                #expect(recorded.status == 0, "\(recorded)")
                let run = try RecordedRun(output)
                try await run.checkFiles(scene)
                #expect(run.manifest.state == .complete)
                #expect(try run.ticks(of: "me") == Array(0..<15))
                let text = recorded.output
                for word in [output, "host.csv", "container.csv", "busy", "Most CPU", "Most memory", "complete"] {
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

        @Test("A recorded command's own status is the recording's")
        func command() async throws {
            try await Scene.run { scene in
                func record(_ name: String, _ words: [String], _ options: [String] = []) async throws -> Command {
                    try await scene.command(
                        Products.cli,
                        ["record", "--output", scene.path(name), "--interval", "100ms", "--containers", "off"] + options + ["--"] + words)
                }
                let good = try await record("good", ["sh", "-c", "echo from the command; sleep 1"])
                #expect(good.status == 0 && good.output.contains("from the command"), "\(good)")
                #expect(try RecordedRun(scene.path("good")).ticks(of: Self.hostname).count >= 5)
                let bad = try await record("bad", ["sh", "-c", "sleep 1; exit 7"])
                #expect(bad.status == 7 && bad.output.contains("status 7"), "\(bad)")
                #expect(try RecordedRun(scene.path("bad")).manifest.state == .complete)
                let none = try await record("none", ["/no/such/command"])
                #expect(none.status == 127, "\(none)")
                #expect(!FileManager.default.fileExists(atPath: scene.path("none")))
                let json = try await record("json", ["sleep", "1"], ["--json"])
                #expect(json.status == 0, "\(json)")
                let parsed = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
                #expect(parsed?["directory"] as? String == scene.path("json"), "\(json)")
            }
        }

        @Test("An interrupted recording is closed properly, and leaves no process behind")
        func interrupted() async throws {
            try await Scene.run { scene in
                let output = scene.path("cut")
                let child = try scene.start(
                    Products.cli, ["record", "--output", output, "--interval", "100ms", "--containers", "off", "--node", "me"])
                try await eventually("rows on the disk", within: .seconds(30)) {
                    ((try? RecordedRun(output).ticks(of: "me").count) ?? 0) >= 5
                }
                child.signal(SIGINT)
                let status = try await child.ended()
                #expect(status == 0, "\(child.diary)")
                #expect(try RecordedRun(output).manifest.state == .complete)
                let left = try await scene.command("pgrep", ["-f", scene.directory])
                #expect(left.output.split(separator: "\n").isEmpty, "processes that name \(scene.directory): \(left.output)")
            }
        }

        private static var hostname: String {
            get throws { try String(contentsOfFile: "/proc/sys/kernel/hostname", encoding: .utf8).trimmingCharacters(in: .newlines) }
        }
    }
}
