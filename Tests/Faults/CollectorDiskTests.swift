import Foundation
import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// The collector's disk loses power, fills up, or fails.
    @Suite("A collector's disk") struct CollectorDisks {
        @Test("What was acknowledged is there after a power cut of the collector's disk (I2)")
        func powerCut() async throws {
            try await Scene.run { scene in
                var random = FaultPlan.random()
                let disk = try await PowerCutDisk(scene)
                let life = try await CollectorLife(scene, bulk: 4, data: disk.path + "/data")
                for cut in 0..<FaultPlan.count(short: 5, long: 60) {
                    try await life.fleet.progress(random.next() % 8 + 1)
                    // This isn't a wait: the cut comes at a random moment of a commit, of which there is one every 100 ms.
                    try await Task.sleep(for: .microseconds(Int64(random.next() % 120_000)))
                    try disk.cut()
                    if cut % 2 == 0 {
                        // The collector ends when a sync fails.
                        #expect(try await life.collector.child.ended() == 1)
                    } else {
                        try await life.kill()
                    }
                    try await disk.restore()
                    try await life.restart()
                }
                try await scene.verify(try await life.finish())
            }
        }

        @Test("A full disk stops the acknowledgements, says so, and heals by itself once there is room")
        func full() async throws {
            try await Scene.run { scene in
                let disk = try await SmallDisk(scene, kibibytes: 4096)
                let life = try await CollectorLife(scene, bulk: 2, data: disk.path + "/data")
                let control = life.collector.control
                for room: UInt64 in FaultPlan.isLong ? [0, 5_000, 30_000, 100_000] : [30_000] {
                    try await life.fleet.progress(3)
                    try disk.fill(leaving: room)
                    let blocked = try await eventually("the collector blocked") { try control.status().collector.blocked }
                    #expect(blocked.contains("No space left"))
                    let told = try await scene.sonde(life.collector, "status")
                    #expect(told.output.contains("No space left"), "\(told)")
                    #expect(try control.send("GET", "/readyz").status == 503)
                    // What was acknowledged before the disk was full may still be under way.
                    try await eventually("a backlog") { life.fleet.backlog > 250 }
                    let acknowledged = life.fleet.acknowledged
                    try await eventually("a larger backlog") { life.fleet.backlog > 500 }
                    #expect(life.fleet.acknowledged == acknowledged, "nothing is acknowledged while the disk is full")
                    #expect(life.collector.child.poll() == nil)
                    try disk.free()
                    try await life.flows()
                    #expect(try control.status().collector.blocked == nil)
                }
                try await life.fleet.drained()
                try await scene.verify(try await life.finish())
            }
        }

        /// Which calls fail, and from which one on: in recovery and in a commit.
        static let failures = [("fdatasync", "1"), ("fdatasync", "8+"), ("pwrite64", "12"), ("ftruncate", "1")]

        @Test("A disk that fails ends the collector with the reason, and the next start goes on without a loss", arguments: failures)
        func failing(call: String, when: String) async throws {
            try await Scene.run { scene in
                let life = try await CollectorLife(scene, agents: 2)
                try await life.fleet.progress(3)
                try await life.kill()
                let faults = Injection(scene, [.init(call, "error=EIO", when: when)])
                do {
                    try await life.restart(prefix: faults.prefix)
                    let child = life.collector.child
                    #expect(try await child.ended() == 1)
                    #expect(child.errors.contains("Input/output error"), "\(child.diary)")
                } catch let failure as Child.Failure {
                    #expect(failure.description.contains("ended with 1 before it was ready"))
                }
                #expect(faults.fired > 0)
                try await life.restart()
                try await scene.verify(try await life.finish())
            }
        }

        @Test(
            "A disk that fails when run.json is written ends the collector with the reason, and behind the next start the run can be stopped",
            arguments: ["fsync", "renameat"])
        func failingManifest(call: String) async throws {
            try await Scene.run { scene in
                let life = try await CollectorLife(scene, agents: 2)
                try await life.fleet.progress(3)
                try await life.kill()
                let faults = Injection(scene, [.init(call, "error=EIO", when: "1")])
                do {
                    try await life.restart(prefix: faults.prefix)
                    let (child, control) = (life.collector.child, life.collector.control)
                    let stopping = Task.detached { _ = try? control.send("POST", "/stop") }
                    #expect(try await child.ended() == 1)
                    #expect(child.errors.contains("Input/output error"), "\(child.diary)")
                    _ = await stopping.value
                } catch let failure as Child.Failure {
                    // It had something to cut off, and to sync, before it was ready.
                    #expect(call == "fsync" && failure.description.contains("ended with 1 before it was ready"))
                }
                #expect(faults.fired > 0)
                try await life.restart()
                let run = try await life.close()
                try await life.check(run)
                try await scene.verify(run)
            }
        }
    }
}
