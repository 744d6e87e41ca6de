import Testing

@testable import StatsCore

@Suite("Percent-encoding") struct PercentCodingTests {
    @Test(
        "Whatever a name holds, it comes back as it was",
        arguments: ["", "test000", "a b/c", "ä漢\u{1F600}", "50%", "..", ".", "a\0\n\\?#&="])
    func roundTrip(name: String) {
        let encoded = PercentCoding.encode(name)
        #expect(PercentCoding.decode(encoded) == name)
        #expect(!encoded.contains { !$0.isASCII || "/?#& ".contains($0) } && encoded != "." && encoded != "..")
    }

    @Test("What is no percent-encoded UTF-8 is not decoded", arguments: ["%", "a%4", "%g1", "%+1", "%ff", "%C3"])
    func refused(text: String) { #expect(PercentCoding.decode(text) == nil) }
}
