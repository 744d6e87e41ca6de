import Testing

@testable import StatsCore

@Suite("Hexadecimal digits") struct HexadecimalTests {
    @Test("Bytes come back from their digits, in lower and in upper case")
    func bytes() {
        let all = (UInt8.min...UInt8.max).map(\.self)
        let text = Hexadecimal.text(all)
        #expect(text.hasPrefix("000102") && text.hasSuffix("fdfeff") && text.utf8.count == 512)
        #expect(Hexadecimal.bytes(text.utf8) == all && Hexadecimal.bytes(text.uppercased().utf8) == all)
    }

    @Test("What is no pairs of digits is no bytes", arguments: ["0", "0g", "-1", "é0", " 00", "0x"])
    func refused(text: String) { #expect(Hexadecimal.bytes(text.utf8) == nil) }

    @Test("A number is as wide as it has to be")
    func numbers() {
        #expect(Hexadecimal.text(UInt32(0x1b), width: 8) == "0000001b" && Hexadecimal.text(UInt32.max, width: 2) == "ffffffff")
    }
}
