import Foundation
import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// How a restarted collector handles the files that it finds.
    @Suite("Recovery of a run") struct CollectorRecovery {
        @Test("Recovery that is killed at any of its steps and done again gives the same bytes as recovery at once (I7)")
        func killedAgain() async throws {
            try await Scene.run { scene in
                // It is killed between the rows and the commit that covers them, so that recovery has something to cut.
                let faults = Injection(scene, [.init("fdatasync", "signal=KILL", when: "40")])
                let life = try await CollectorLife(scene, agents: 3, bulk: 3, prefix: faults.prefix)
                _ = try await life.collector.child.ended()
                #expect(faults.hasKilled)
                life.fleet.end()
                let before = life.collector.data
                try Self.tear(before + "/run/\(RunFiles.commitLog)")

                let atOnce = try await Self.recovered(scene, before, "at-once")
                #expect(try Self.files(atOnce) != Self.files(before), "there was something to cut")
                var deaths = 0
                for call in ["pwrite64", "fdatasync", "fsync", "ftruncate", "renameat", "unlinkat"] {
                    for point in 1...(FaultPlan.isLong ? 40 : 8) {
                        let copy = try await Self.copy(scene, before, "\(call)-\(point)")
                        let faults = Injection(scene, [.init(call, "signal=KILL", when: "\(point)")])
                        let died = try await scene.collectorDies(data: copy, faults)
                        guard died else { break }
                        deaths += 1
                        let again = try await Self.recovered(scene, copy, "again")
                        #expect(try Self.files(again) == Self.files(atOnce), "killed at \(call) \(point)")
                    }
                }
                // The log and at least one file had to be cut; how many had depends on the moment of the first death.
                #expect(deaths > 2, "\(deaths) steps of recovery were cut short")
            }
        }

        /// Leaves half a line at the end of the commit log.
        private static func tear(_ path: String) throws {
            let log = try #require(FileHandle(forWritingAtPath: path))
            try log.seekToEnd()
            try log.write(contentsOf: Data("0a1b2c3d {\"files\":{\"disk.csv\":99".utf8))
            try log.close()
        }

        /// Starts a collector on a copy of `data` and returns that copy as recovery has left it, before any agent connects.
        private static func recovered(_ scene: Scene, _ data: String, _ name: String) async throws -> String {
            let copy = try await copy(scene, data, name + UUID().uuidString)
            let collector = try await scene.collector(data: copy)
            try await collector.child.crash()
            return copy
        }

        private static func copy(_ scene: Scene, _ data: String, _ name: String) async throws -> String {
            try await scene.command("cp", ["-a", data, scene.path(name)]).succeeded()
            return scene.path(name)
        }

        private static func files(_ data: String) throws -> [String: Data] {
            let names = try FileManager.default.contentsOfDirectory(atPath: data + "/run").filter { $0 != RunFiles.manifest + ".new" }
            return try Dictionary(uniqueKeysWithValues: names.map { ($0, try Data(contentsOf: URL(fileURLWithPath: "\(data)/run/\($0)"))) })
        }

        @Test("What stands behind the last commit is cut off, whatever it is")
        func tail() async throws {
            try await Scene.run { scene in
                let life = try await CollectorLife(scene, agents: 2)
                for tail in [Data("2026-01-01T00:00:00Z,7,node0,torn".utf8), Data(repeating: 0, count: 70_000), Data([0xff, 0x22])] {
                    try await life.fleet.progress(2)
                    try await life.kill()
                    for name in ["disk.csv", "process.csv", "gaps.csv", RunFiles.commitLog] {
                        let file = try #require(FileHandle(forWritingAtPath: "\(life.collector.data)/run/\(name)"))
                        try file.seekToEnd()
                        try file.write(contentsOf: tail)
                        try file.close()
                    }
                    try await life.restart()
                    try await life.collector.child.says("cut back to the last commit")
                }
                try await scene.verify(try await life.finish())
            }
        }

        @Test("A row that changed after it was committed makes the verdict incomplete, and the file is named")
        func flippedRow() async throws {
            try await Scene.run { scene in
                let life = try await CollectorLife(scene, agents: 2)
                try await life.fleet.progress(20)
                try await life.kill()
                try Self.flip("\(life.collector.data)/run/disk.csv", near: "node1")
                try await life.restart()
                try await life.flows()
                let run = try await life.close()
                #expect(run.manifest.state == .incomplete)
                #expect(run.manifest.verdict?.contains("disk.csv") == true, "\(run.manifest.verdict ?? "")")
                #expect(try !Invariants(run, life.fleet).violations.isEmpty)
                let verdict = try await scene.command(Products.cli, ["verify", run.directory])
                #expect(verdict.status == 2 && verdict.output.contains("disk.csv"), "\(verdict)")
            }
        }

        @Test("A damaged line within the commit log is no torn tail: nothing is cut, the run is left alone, and the collector serves")
        func flippedCommit() async throws {
            try await Scene.run { scene in
                let life = try await CollectorLife(scene, agents: 2)
                try await life.fleet.progress(20)
                try await life.kill()
                let data = life.collector.data
                try Self.flip("\(data)/run/\(RunFiles.commitLog)", near: "disk.csv")
                let before = try Self.files(data)
                try await life.restart()
                #expect(try life.collector.control.status().run == nil)
                #expect(try Self.files(data) == before, "not a byte was changed")
                try await life.collector.child.says("left as they are")
                try await life.fleet.welcome()
                try life.collector.control.start("next", "interval=10ms")
                try await life.fleet.progress(2)
                _ = try life.collector.control.stop()
            }
        }

        /// Flips one bit in the third occurrence of `text`.
        private static func flip(_ path: String, near text: String) throws {
            var data = try Data(contentsOf: URL(fileURLWithPath: path))
            var place = data.startIndex
            for _ in 0..<3 { place = try #require(data[place...].range(of: Data(text.utf8))).upperBound }
            data[place - 1] ^= 0x04
            let file = try #require(FileHandle(forWritingAtPath: path))
            try file.write(contentsOf: data)
            try file.close()
        }
    }
}
