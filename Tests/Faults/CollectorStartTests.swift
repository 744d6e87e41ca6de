import Foundation
import StatsCore
import TestSupport
import Testing

extension FaultTests {
    @Suite("Starts of runs") struct CollectorStarts {
        @Test("A start that is refused changes no byte on disk (I8)")
        func refused() async throws {
            try await Scene.run { scene in
                let disk = try await SmallDisk(scene, kibibytes: 1024)
                let collector = try await scene.collector(data: disk.path + "/data")
                let control = collector.control
                func refuses(_ path: String, _ code: String, beside run: String? = nil) throws {
                    let before = try Self.tree(collector.data, without: run)
                    let answer = try control.send("POST", "/start/" + path)
                    #expect(answer.failure == code, "\(path): \(answer)")
                    #expect(try Self.tree(collector.data, without: run) == before, "a refused start of \(path)")
                }
                try refuses("early", "no_nodes")
                let fleet = try await SyntheticFleet(scene, collector, count: 2)
                try control.start("taken", "interval=10ms")
                try await fleet.progress(1)
                // The run in progress goes on writing its own files; that they are whole shows when it is closed.
                try refuses("second", "run_active", beside: "taken")
                _ = try control.stop()
                try await fleet.drained()
                let taken = try RecordedRun(collector.data + "/taken")
                #expect(try Invariants(taken, fleet).violations.isEmpty)
                try await scene.verify(taken)

                try FileManager.default.createSymbolicLink(atPath: collector.data + "/link", withDestinationPath: "/tmp")
                try Data("mine".utf8).write(to: URL(fileURLWithPath: collector.data + "/file"))
                for path in ["taken", "taken/", "file"] { try refuses(path, path == "taken/" ? "bad_name" : "run_exists") }
                for path in [
                    "..", "a/../b", "a//b", ".hidden", "link/run", "file/run", "taken/run", "%00", "a%5Cb",
                    "\(String(repeating: "n", count: 201))",
                ] {
                    try refuses(path, "bad_name")
                }
                for query in ["interval=1ms", "interval=x", "duration=-1s", "expect=0", "what=ever"] {
                    try refuses("run?" + query, "bad_option")
                }
                try refuses("a/b/c?expect=3", "too_few_nodes")
                // Any amount of space, but not enough.
                for room: UInt64 in FaultPlan.isLong ? Array(stride(from: 0, through: 49_152, by: 4096)) : [0, 4096, 20_480, 40_960] {
                    try disk.fill(leaving: room)
                    try refuses("deep/er/run", "unwritable")
                    try disk.free()
                }
                try control.start("deep/er/run", "interval=10ms&duration=100ms")
                try await control.runOver()
            }
        }

        /// Every name below a directory, with its file's bytes; of the run in progress, which moves, nothing.
        private static func tree(_ directory: String, without run: String?) throws -> [String: Data] {
            var tree: [String: Data] = [:]
            for name in try FileManager.default.subpathsOfDirectory(atPath: directory) {
                if let run, name.hasPrefix(run + "/") { continue }
                tree[name] = FileManager.default.contents(atPath: directory + "/" + name) ?? Data()
            }
            return tree
        }

        @Test("A restart with the wall clock set by hours, forward or back, neither bends the grid nor loses a tick", arguments: [3, -3])
        func wallClock(hours: Int) async throws {
            try await Scene.run { scene in
                let life = try await CollectorLife(scene, agents: 2, "interval=10ms&duration=4s")
                try await life.fleet.progress(20)
                try await life.kill()
                let clock = try await FakedClock(scene, hours: hours)
                try await life.restart(prefix: clock.prefix)
                let begun = FakedClock.hour(hours)
                try await life.collector.control.runOver()
                try await life.fleet.drained()
                let run = try RecordedRun("\(life.collector.data)/run")
                #expect(run.manifest.lastTick == 399)
                // What it says is from the hour in which it began, or already from the next.
                let said = life.collector.child.errors
                #expect(said.contains(begun) || said.contains(FakedClock.hour(hours)), "the clock did jump")
                try await life.check(run)
                // On a busy host the order to begin may come behind the first ticks.
                let away = try run.table("gaps").rows.filter { $0["reason"] == "away" }
                #expect(away.allSatisfy { $0["from_tick"] == "0" }, "\(run.manifest.verdict ?? "")")
                try await scene.verify(run)
            }
        }
    }
}
