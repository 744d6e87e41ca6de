import StatsCore
import TestSupport
import Testing

@testable import CLI

@Suite("What the kernel tells of forks") struct ForkFamilyTests {
    /// A message of the process connector, as Linux 6 sends it.
    private func message(_ words: [UInt32]) -> [UInt8] {
        let event = words.prefix(1) + [0, 0, 0] + words.dropFirst() + Array(repeating: 0, count: 10 - words.count)
        let header: [UInt32] = [UInt32(36 + event.count * 4), 3, 0, 0, 1, 1, 0, 0, UInt32(event.count * 4)]
        return (header + event).flatMap { word in withUnsafeBytes(of: word) { Array($0) } }
    }

    private let listening: [UInt32] = [0, 0]
    private func fork(_ parent: UInt32, _ thread: UInt32, _ process: UInt32) -> [UInt32] { [1, parent, parent, thread, process] }
    private func exit(_ process: UInt32) -> [UInt32] { [0x8000_0000, process, process] }

    private func family(_ messages: [[UInt32]]) -> ForkFamily {
        var family = ForkFamily(of: 10)
        for words in messages { family.take(message(words).span.bytes) }
        return family
    }

    @Test("Children and theirs count, threads and others don't, and a pid that is used again is another's")
    func counting() {
        #expect(family([listening, fork(10, 11, 11), fork(11, 12, 12), fork(12, 13, 12), fork(99, 14, 14), fork(14, 15, 15)]).count == 2)
        #expect(family([listening, fork(10, 11, 11), exit(11), fork(99, 11, 11), fork(11, 12, 12)]).count == 1)
        #expect(family([listening]).count == 0)
    }

    @Test("What may be missing is no number: where the kernel refused, said nothing, or had to leave something out")
    func unknown() {
        #expect(family([]).count == nil)
        #expect(family([[0, 1]]).count == nil, "EPERM")
        var gapped = family([listening, fork(10, 11, 11)])
        gapped.hasGap = true
        #expect(gapped.count == nil)
    }

    @Test("Several messages may come at once, and damaged ones are passed over")
    func damaged() {
        var family = ForkFamily(of: 10)
        let both = message(listening) + message(fork(10, 11, 11))
        family.take(both.span.bytes)
        #expect(family.count == 1)
        for end in both.indices {
            let cut = Array(both[..<end])
            family.take(cut.span.bytes)
        }
        var random = SeededRandom(state: 1)
        for _ in 0..<2000 {
            var bytes = both
            bytes[Int.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
            family.take(bytes.span.bytes)
        }
    }
}
