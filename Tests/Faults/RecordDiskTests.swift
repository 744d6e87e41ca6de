import Glibc
import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// The disk that `sonde record` writes to is filled by the command that it records.
    @Suite("The disk of a recording") struct RecordDisks {
        /// Records a command that fills the disk and ends with status 5.
        private static func start(_ scene: Scene, _ disk: SmallDisk) throws -> Child {
            let script = "sleep 0.5; dd if=/dev/zero of=\(disk.path)/fill bs=4k 2>/dev/null; exit 5"
            return try scene.start(
                Products.cli,
                [
                    "record", "--output", disk.path + "/run", "--interval", "100ms", "--containers", "off", "--node", "me", "--", "sh",
                    "-c",
                    script,
                ])
        }

        @Test("A command that fills it is reported with its end and its use, and the run is said not to be closed, and why")
        func filled() async throws {
            try await Scene.run { scene in
                let disk = try await SmallDisk(scene, kibibytes: 4096)
                let child = try Self.start(scene, disk)
                #expect(try await child.ended() == 2)
                for word in ["COMMAND", "CPU time", "ended with status 5", "not closed", "No space left", "Make room"] {
                    #expect(child.errors.contains(word), "\(word) in \(child.errors)")
                }
                #expect(try RecordedRun(disk.path + "/run").manifest.state.isActive)

                let tooFull = try await scene.command(Products.cli, ["close", disk.path + "/run"])
                #expect(tooFull.status == 1 && tooFull.errors.contains("No space left"), "\(tooFull)")
                unlink(disk.path + "/fill")
                let closed = try await scene.command(Products.cli, ["close", disk.path + "/run"])
                let run = try RecordedRun(disk.path + "/run")
                #expect(closed.status == (run.manifest.state == .complete ? 0 : 2), "\(closed)")
                #expect(run.manifest.abandoned == true && !run.manifest.state.isActive)
                if run.manifest.lastTick != nil { try run.checkLedger(nodes: ["me"]) }
                let proof = try await scene.command(Products.cli, ["verify", run.directory])
                #expect(proof.status == closed.status, "\(proof)")
                let again = try await scene.command(Products.cli, ["close", run.directory])
                #expect(again.status == 1 && again.errors.contains("is closed"), "\(again)")
            }
        }

        @Test("A recording of which all was killed at once is closed with each tick that was on the disk; one in progress isn't touched")
        func killed() async throws {
            try await Scene.run { scene in
                let output = scene.path("run")
                let child = try scene.start(
                    Products.cli, ["record", "--output", output, "--interval", "100ms", "--containers", "off", "--node", "me"])
                try await eventually("ticks on the disk") { ((try? RecordedRun(output).ticks(of: "me").count) ?? 0) >= 5 }
                let busy = try await scene.command(Products.cli, ["close", output])
                #expect(busy.status == 1 && busy.errors.contains("Somebody records the run"), "\(busy)")
                let daemons = try await scene.command("pgrep", ["-P", "\(child.pid)"]).output.split(separator: "\n").compactMap {
                    pid_t($0)
                }
                #expect(daemons.count == 2)
                // None of them has time to close anything.
                for process in [child.pid] + daemons { kill(process, SIGSTOP) }
                for process in [child.pid] + daemons { kill(process, SIGKILL) }
                _ = try await child.ended()
                let durable = try RecordedRun(output).ticks(of: "me")
                let closed = try await scene.command(Products.cli, ["close", output])
                let run = try RecordedRun(output)
                #expect(closed.status == (run.manifest.state == .complete ? 0 : 2), "\(closed)")
                // Rows behind the last commit are cut off; no tick is invented behind the last.
                let ticks = try run.ticks(of: "me")
                #expect(!ticks.isEmpty && durable.starts(with: ticks) && run.manifest.lastTick == ticks.last.map { UInt64($0) })
                try run.checkLedger(nodes: ["me"])
                #expect(try await scene.command(Products.cli, ["verify", output]).status == closed.status)
            }
        }

        @Test("Where there is room again in time, the run is closed with all of its ticks, and `sonde` ends as the command did")
        func freed() async throws {
            try await Scene.run { scene in
                let disk = try await SmallDisk(scene, kibibytes: 4096)
                let child = try Self.start(scene, disk)
                try await eventually("the disk is full") { child.errors.contains("The disk is full. The run can be closed") }
                unlink(disk.path + "/fill")
                let status = try await child.ended()
                let run = try RecordedRun(disk.path + "/run")
                #expect(status == (run.manifest.state == .complete ? 5 : 2), "\(child.diary)")
                #expect(!run.manifest.state.isActive)
                try run.checkWhole("me")
            }
        }
    }
}
