import TestSupport
import Testing

@testable import StatsCore

@Suite("Fuzz: answers to OTLP") struct OTLPAnswerFuzzTests {
    /// A part that is rejected, one with words alone, a status, and nothing.
    private static let answers: [[UInt8]] = [
        [0x0a, 8, 0x08, 0xac, 0x02, 0x12, 3] + Array("old".utf8), [0x0a, 6, 0x12, 4] + Array("slow".utf8),
        [0x08, 3, 0x12, 2] + Array("no".utf8), [],
    ]

    @Test("Whatever a receiver answers, it rejects no less than nothing, and its words are within the answer")
    func answers() async {
        await Fuzz.run("answer to OTLP", Self.answers, count: 3000) { one in
            for isTaken in [true, false] {
                let answer = OTLPAnswer(one.input, isTaken: isTaken)
                #expect(answer.rejected >= 0, "\(one.text)")
                // A byte that is no UTF-8 becomes a character of three.
                #expect(answer.message.utf8.count <= 3 * one.input.count, "\(one.text)")
            }
        }
    }
}
