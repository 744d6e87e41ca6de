import Foundation
import StatsCore
import Testing

extension FaultTests {
    /// Bugs that are planted without changing the programs: the checks must find each.
    @Suite("Faults planted in a collector") struct CollectorPlants {
        @Test("A collector that acknowledges before it has synced is found out by a power cut")
        func acknowledgedBeforeSynced() async throws {
            try await Scene.run { scene in
                let disk = try await PowerCutDisk(scene)
                let faults = Injection(scene, [.init("fdatasync", "retval=0")])
                let life = try await CollectorLife(scene, data: disk.path + "/data", prefix: faults.prefix)
                try await life.fleet.progress(30)
                #expect(faults.fired > 0)
                try disk.cut()
                try await life.kill()
                try await disk.restore()
                try await life.restart()
                let checked = try await Self.checked(life)
                #expect(checked.contains { $0.kind == .acknowledgedLost }, "\(checked.prefix(5))")
            }
        }

        @Test("A collector that doesn't cut files back when it recovers is found out by rows that are there twice")
        func notCutBack() async throws {
            try await Scene.run { scene in
                let life = try await CollectorLife(scene)
                try await life.fleet.progress(30)
                try await life.kill()
                // A commit that was cut short leaves whole rows that no commit covers.
                let path = life.collector.data + "/run/disk.csv"
                let rows = try Data(contentsOf: URL(fileURLWithPath: path)).split(separator: 0x0a, omittingEmptySubsequences: false)
                    .dropFirst()
                let file = try #require(FileHandle(forWritingAtPath: path))
                try file.seekToEnd()
                for _ in 0..<200 { try file.write(contentsOf: Data(rows.joined(separator: [0x0a]))) }
                try file.close()
                let faults = Injection(scene, [.init("ftruncate", "retval=0")])
                try await life.restart(prefix: faults.prefix)
                #expect(faults.fired > 0)
                let checked = try await Self.checked(life)
                #expect(checked.contains { $0.kind == .doubled || $0.kind == .file }, "\(checked.prefix(5))")
            }
        }

        /// The violations that the checks find in the run once everything is delivered.
        private static func checked(_ life: CollectorLife) async throws -> [Invariants.Violation] {
            try await life.flows()
            return try Invariants(try await life.close(), life.fleet).violations
        }
    }
}
