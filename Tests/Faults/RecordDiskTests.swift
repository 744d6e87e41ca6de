import Glibc
import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// The disk that `sonde record` writes to is filled by the command that it records.
    @Suite("The disk of a recording") struct RecordDisks {
        /// Records a command that fills the disk and ends with status 5.
        private static func start(_ scene: Scene, _ disk: SmallDisk) throws -> Child {
            let script = "dd if=/dev/zero of=\(disk.path)/fill bs=4k 2>/dev/null; exit 5"
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
