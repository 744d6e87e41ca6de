import Testing

@testable import CLI

@Suite("Keys of a terminal") struct KeyDecoderTests {
    private func keys(_ bytes: [UInt8]) -> [Key] {
        var decoder = KeyDecoder()
        return bytes.flatMap { decoder.feed($0) } + decoder.flush()
    }

    private func keys(_ text: String) -> [Key] { keys(Array(text.utf8)) }

    @Test(
        "Every known sequence is one key",
        arguments: [
            ("\u{1b}[A", Key.up), ("\u{1b}[B", .down), ("\u{1b}[C", .right), ("\u{1b}[D", .left), ("\u{1b}[H", .home), ("\u{1b}[F", .end),
            ("\u{1b}OA", .up), ("\u{1b}OH", .home), ("\u{1b}OF", .end), ("\u{1b}[1~", .home), ("\u{1b}[7~", .home), ("\u{1b}[4~", .end),
            ("\u{1b}[8~", .end), ("\u{1b}[3~", .delete), ("\u{1b}[5~", .pageUp), ("\u{1b}[6~", .pageDown), ("\u{1b}[1;5C", .right),
            ("\u{7f}", .backspace), ("\u{8}", .backspace),
            ("\r", .enter), ("\n", .enter), ("\t", .tab), ("\u{1}", .control("a")), ("\u{17}", .control("w")), ("a", .character("a")),
            ("é", .character("é")), ("漢", .character("漢")), ("😀", .character("😀")),
        ])
    func sequences(text: String, key: Key) {
        #expect(keys(text) == [key])
    }

    @Test("A lone Escape is a key, and what follows still counts")
    func loneEscape() {
        #expect(keys("\u{1b}") == [.escape])
        #expect(keys("\u{1b}x") == [.escape, .character("x")])
        #expect(keys("\u{1b}\u{1b}[A") == [.escape, .up])
    }

    @Test("Bytes that aren't UTF-8 are one unknown key each, and don't swallow the next")
    func invalidUTF8() {
        #expect(keys([0xff, 0x61]) == [.unknown, .character("a")])
        #expect(keys([0xc3, 0x61]) == [.unknown, .character("a")])
        #expect(keys([0xe2, 0x82, 0x0d]) == [.unknown, .enter])
        // A surrogate, and an overlong encoding of a code point.
        #expect(keys([0xed, 0xa0, 0x80]) == [.unknown])
        #expect(keys([0xe0, 0x80, 0xaf]) == [.unknown])
    }

    @Test("A sequence without end doesn't grow, and ends")
    func endlessSequence() {
        let noise = [UInt8](repeating: UInt8(ascii: "1"), count: 40)
        var decoder = KeyDecoder()
        let result = ([0x1b, UInt8(ascii: "[")] + noise).flatMap { decoder.feed($0) }
        #expect(result.first == .unknown)
        #expect(!decoder.isPending)
    }

    @Test("A sequence cut short at any byte leaves the decoder ready for the next key", arguments: 1...3)
    func cutShort(length: Int) {
        var decoder = KeyDecoder()
        let sequence: [UInt8] = [0x1b, UInt8(ascii: "["), UInt8(ascii: "3"), UInt8(ascii: "~")]
        for byte in sequence.prefix(length) { #expect(decoder.feed(byte) == []) }
        #expect(decoder.isPending)
        #expect(decoder.flush() == [length == 1 ? .escape : .unknown])
        #expect(decoder.feed(UInt8(ascii: "z")) == [.character("z")])
    }
}
