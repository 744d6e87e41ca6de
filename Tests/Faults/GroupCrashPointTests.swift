import Foundation
import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// A run of several collectors that one of them couldn't begin.
    @Suite("A collector that dies while it takes the run of a group back") struct GroupCrashPoints {
        /// Before which of these calls it is killed, from the order on. Each list ends with the first that isn't reached.
        static func points(_ call: String) -> [Int] {
            // The last ones: behind the first file, and before run.json.
            FaultPlan.isLong ? Array(1...40) : call == "unlinkat" ? [1, 2, 3, RunFiles.published.count + 1] : [1, 2]
        }

        @Test(
            "The whole run is there or none, and the name is free then, whether the run had begun or waited",
            // Of what waits nothing is renamed: run.json says already that it is held.
            arguments: [("renameat", true), ("fsync", true), ("fsync", false), ("unlinkat", true), ("unlinkat", false)])
        func takingBack(call: String, hasBegun: Bool) async throws {
            try await Scene.run { scene in
                var collector = try await scene.collector()
                let fleet = try await SyntheticFleet(scene, collector, count: 1)
                var deaths = 0
                for point in Self.points(call) {
                    let name = "run\(point)"
                    _ = try collector.control.send("POST", "/start/\(name)?interval=10ms&group=g\(point)").decoded(HeldReport.self)
                    if hasBegun { try Self.begin("g\(point)", collector) }
                    let faults = try await Injection.into(collector.child, scene, [.init(call, "signal=KILL", when: "\(point)")])
                    _ = try? collector.control.send("POST", "/group/g\(point)/disarm")
                    let isOver = !faults.hasKilled
                    try await collector.child.crash()
                    collector = try await scene.collector(like: collector)
                    try await fleet.welcome()
                    if let run = try collector.control.status().run {
                        #expect(hasBegun && !isOver && run.name == name && run.group?.id == "g\(point)", "\(run)")
                        try await fleet.progress(2)
                        _ = try collector.control.stop()
                        try await fleet.drained()
                        try await RecordedRun("\(collector.data)/\(name)").checkFiles(scene)
                    } else {
                        let all = try FileManager.default.contentsOfDirectory(atPath: collector.data)
                        let left = all.filter { $0 == name || $0 == ".active" }
                        #expect(left.isEmpty, "a run that was taken back left \(left)")
                        try collector.control.start(name, "interval=10ms")
                        _ = try collector.control.stop()
                    }
                    try await fleet.drained()
                    if isOver { break }
                    deaths += 1
                }
                #expect(deaths > 0, "no collector died at \(call)")
            }
        }

        /// Begins the run that waits as the only one of its group.
        private static func begin(_ id: String, _ collector: Collector) throws {
            let now = try collector.control.send("GET", "/clock").decoded(ClockReport.self).sentUs
            let member = RecordingGroup.Member(collector: "c1:9880", t0Us: now + 3_000_000, clockAheadUs: 0, clockErrorUs: 40)
            let group = RecordingGroup(id: id, place: 0, collectors: [member])
            let answer = try collector.control.send("POST", "/group/\(id)/begin", body: JSONCoding.encode(group))
            _ = try answer.decoded(RunReport.self)
        }
    }
}
