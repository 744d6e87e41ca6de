import NIOCore
import StatsCore
import TestSupport
import Testing

extension FaultTests {
    /// Faults of the process that has a queue on disk, and of that disk.
    @Suite("A queue on disk") struct DiskQueues {
        @Test("Killed at random moments, it has all that was appended, in order and once, and nothing that was taken")
        func kills() async throws {
            try await Scene.run { scene in
                var random = FaultPlan.random()
                let directory = try scene.makeDirectory("kills")
                var told = Told()
                for _ in 0..<FaultPlan.count(short: 8, long: 200) {
                    told = try await live(scene, in: directory, after: told, for: .random(in: 0...60, using: &random))
                    let queue = try open(directory)
                    try check(queue, from: told, through: told.appended)
                    // What was done may not have been told yet.
                    told.appended = max(told.appended, queue.next - 1)
                }
                #expect(told.taken > 0)
            }
        }

        @Test("A power cut takes from it only what wasn't synced", .root)
        func powerCut() async throws {
            for round in 0..<FaultPlan.count(short: 1, long: 10) {
                try await Scene.run { scene in
                    var random = FaultPlan.random("queue power cut \(round)")
                    let disk = try await PowerCutDisk(scene)
                    let child = try scene.start(Products.innerLoops, ["queue", disk.path])
                    let turns = Int.random(in: 3...12, using: &random)
                    try await eventually("\(turns) syncs") { child.output.split(separator: "\n").count { $0.hasPrefix("synced") } >= turns }
                    let before = Told(child.output)
                    try disk.cut()
                    try await child.crash()
                    try await disk.restore()
                    let queue = try open(disk.path)
                    try check(queue, from: Told(appended: before.appended, taken: 0), through: before.synced)
                }
            }
        }

        @Test("On a full disk appending fails as a whole, what is there is read, and it goes on when there is room", .root)
        func full() async throws {
            try await Scene.run { scene in
                let disk = try await SmallDisk(scene, kibibytes: 1024)
                let queue = try open(disk.path, segmentBytes: 64 << 10)
                try disk.fill(leaving: 100 << 10)
                var next: UInt64 = 1
                #expect(throws: DiskError.self) {
                    while next < 10_000 {
                        try queue.append((next..<next + 7).map(Self.record))
                        next += 7
                    }
                }
                #expect(next > 1 && queue.next == next)
                #expect(try contents(queue) == Array(1..<next))
                for _ in 0..<3 { #expect(throws: DiskError.self) { try queue.append((next..<next + 100).map(Self.record)) } }
                // What is taken makes room by itself.
                try queue.acknowledge(through: next - 1)
                try queue.append((next..<next + 7).map(Self.record))
                #expect(try contents(queue) == Array(next..<next + 7))
                try disk.free()
                try queue.append((next + 7..<next + 300).map(Self.record))
                #expect(try contents(open(disk.path)) == Array(next..<next + 300))
            }
        }

        // MARK: The queue and its process

        private func open(_ directory: String, segmentBytes: Int = 64 << 10) throws -> DiskQueue {
            try DiskQueue(
                in: Descriptor.directory(directory), name: "queue", quota: 64 << 20, segmentBytes: segmentBytes, dropped: { _ in },
                notice: { _ in })
        }

        /// The same as in Tests/InnerLoops/QueueLoop.swift.
        private static func record(_ number: UInt64) -> ByteBuffer {
            var record = ByteBuffer()
            for place in 0..<1 + number % 300 { record.writeInteger(number &+ place) }
            return record
        }

        /// What the process said that it had done.
        private struct Told {
            var appended: UInt64 = 0
            var taken: UInt64 = 0
            var synced: UInt64 = 0

            init(appended: UInt64 = 0, taken: UInt64 = 0) {
                self.appended = appended
                self.taken = taken
            }

            init(_ output: String, after earlier: Told = Told()) {
                self = earlier
                for line in output.split(separator: "\n") {
                    let words = line.split(separator: " ")
                    guard words.count == 2, let number = UInt64(words[1]) else { continue }
                    switch words[0] {
                    case "appended": appended = number
                    case "taken": taken = number
                    default: synced = number
                    }
                }
            }
        }

        private func live(_ scene: Scene, in directory: String, after earlier: Told, for milliseconds: Int) async throws -> Told {
            let child = try scene.start(Products.innerLoops, ["queue", directory])
            try await eventually("it works") { child.output.contains("taken") }
            // The moment is the test: nothing is waited for.
            try await Task.sleep(for: .milliseconds(milliseconds))
            try await child.crash()
            return Told(child.output, after: earlier)
        }

        /// Every record from the first that waits to the last is there, as it was appended.
        private func check(_ queue: DiskQueue, from told: Told, through last: UInt64) throws {
            let numbers = try contents(queue)
            let first = numbers.first ?? queue.next
            #expect(first > told.taken, "what was taken isn't there")
            #expect(numbers == Array(first..<queue.next))
            #expect(queue.next > last, "what was appended is there")
            #expect(queue.lost == 0)
        }

        /// The numbers of all records that wait, each of which is compared.
        private func contents(_ queue: DiskQueue) throws -> [UInt64] {
            var numbers: [UInt64] = []
            while true {
                let records = try queue.read(from: (numbers.last ?? 0) + 1, limit: 100_000)
                if records.isEmpty { return numbers }
                for (number, record) in records {
                    #expect(record == Self.record(number), "record \(number)")
                    numbers.append(number)
                }
            }
        }
    }
}
