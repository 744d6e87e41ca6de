import Foundation
import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// How an agent handles a damaged state directory.
    @Suite("A state directory that was damaged") struct AgentDamage {
        /// A state directory of an agent that was killed while its collector was away.
        private static func orphan(_ scene: Scene, _ collector: ScriptedCollector) async throws -> AgentLives {
            let lives = try AgentLives(scene, collector, options: ["--spool-limit", "1MiB"])
            try await lives.begin()
            collector.behave { $0.isAway = true }
            try await eventually("a spool of some frames") { lives.segments.contains { AgentLives.filled($0) > 20_000 } }
            try await lives.kill()
            return lives
        }

        private static func size(_ path: String) throws -> Int { try bytes(path).lastIndex { $0 != 0 } ?? 0 }
        private static func bytes(_ path: String) throws -> [UInt8] { try Array(Data(contentsOf: URL(fileURLWithPath: path))) }

        /// Overwrites a file in place, as a failing disk would.
        private static func damage(_ path: String, _ change: (inout [UInt8]) -> Void) throws {
            var bytes = try bytes(path)
            change(&bytes)
            try Data(bytes).write(to: URL(fileURLWithPath: path))
        }

        @Test("Bits that flip in the spool cost at most the frames that they hit; the agent starts, and says so")
        func bitFlips() async throws {
            for round in 0..<FaultPlan.count(short: 2, long: 25) {
                try await Scene.run { scene in
                    var random = FaultPlan.random("bitFlips\(round)")
                    let collector = try scene.scriptedCollector(random)
                    let lives = try await Self.orphan(scene, collector)
                    let segments = try lives.segments.filter { try Self.size($0) > 1000 }
                    let flips = Int.random(in: 1...3, using: &random)
                    var hit: Set<[String]> = []
                    while hit.count < flips {
                        let path = try #require(segments.randomElement(using: &random))
                        // Behind the header, and not what fills up to a multiple of eight, which says nothing.
                        let bytes = try Self.bytes(path)
                        let place = Int.random(in: SpoolFile.header..<(try Self.size(path)), using: &random)
                        guard bytes[place] != 0, hit.insert([path, "\(place)"]).inserted else { continue }
                        try Self.damage(path) { $0[place] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
                    }
                    try await lives.start()
                    let ledger = try await lives.settle(lostFrames: true)
                    let log = try lives.child.errors
                    #expect(log.contains("damaged") || log.contains("torn"), "\(log)")
                    #expect(ledger.losses.map(\.count).reduce(0, +) <= flips, "\(flips) bits cost \(ledger.losses)")
                    #expect(ledger.entries.contains { $0.epoch == 1 } && ledger.epoch == 2)
                }
            }
        }

        @Test("A torn tail costs the torn frame and no other; the rest of the spool arrives")
        func tornTail() async throws {
            try await Scene.run { scene in
                let collector = try scene.scriptedCollector()
                let lives = try await Self.orphan(scene, collector)
                let path = try #require(lives.segments.last { try Self.size($0) > 1000 })
                try Self.damage(path) { bytes in
                    let end = (bytes.lastIndex { $0 != 0 } ?? 0) - 100
                    bytes.removeLast(bytes.count - end)
                }
                try await lives.start()
                // The same as if one more frame had been too young.
                let ledger = try await lives.settle(lostFrames: true)
                #expect(ledger.losses.isEmpty && ledger.entries.contains { $0.epoch == 1 }, "\(ledger.losses)")
                try await lives.child.says("torn")
            }
        }

        @Test("A segment whose header is damaged is kept under another name, and the others arrive")
        func header() async throws {
            try await Scene.run { scene in
                let collector = try scene.scriptedCollector()
                let lives = try await Self.orphan(scene, collector)
                let path = try #require(lives.segments.first)
                try Self.damage(path) { bytes in
                    // The header is there twice; both copies are damaged.
                    for place in [10, 138] { bytes[place] ^= 0x40 }
                }
                try await lives.start()
                try await lives.settle(lostFrames: true)
                #expect(FileManager.default.fileExists(atPath: path + ".damaged"))
                try await lives.child.says("can't be read")
            }
        }

        @Test("A cursor that is damaged or gone costs nothing: what the collector has is not stored again")
        func cursor() async throws {
            for isGone in [true, false] {
                try await Scene.run { scene in
                    let collector = try scene.scriptedCollector()
                    let lives = try await Self.orphan(scene, collector)
                    let path = lives.state + "/spool/cursor"
                    if isGone {
                        try FileManager.default.removeItem(atPath: path)
                    } else {
                        try Self.damage(path) { bytes in bytes = bytes.map { $0 ^ 0xff } }
                    }
                    try await lives.start()
                    try await lives.settle()
                }
            }
        }

        @Test(
            "An agent whose identity is damaged says so and doesn't start, and what it kept is still there",
            arguments: ["", "{", "[]"])
        func identity(content: String) async throws {
            try await Scene.run { scene in
                let collector = try scene.scriptedCollector()
                let lives = try await Self.orphan(scene, collector)
                let before = lives.segments
                let path = lives.state + "/agent.json"
                let good = try Self.bytes(path)
                try Data(content.utf8).write(to: URL(fileURLWithPath: path))
                let child = try lives.launch()
                #expect(try await child.ended() == 1)
                #expect(child.errors.contains("agent.json is damaged: remove it"), "\(child.errors)")
                #expect(try lives.segments == before && Self.bytes(path) == Array(content.utf8))
                try Data(good).write(to: URL(fileURLWithPath: path))
                try await lives.start()
                try await lives.settle()
            }
        }
    }
}
