import Testing

@testable import StatsCore

@Suite("A text as JSON") struct EncodedTextTests {
    @Test("Text becomes a JSON string whatever bytes it has")
    func strings() {
        let bytes: [UInt8] = Array("a\"\\\n\u{1}é".utf8) + [0xff]
        var out = ByteWriter()
        out.append(jsonString: bytes.span.bytes)
        #expect(out.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } == "\"a\\\"\\\\\\n\\u0001é\u{fffd}\"")
    }

    @Test("Encoded text is recognised by its bytes unless an escape was needed")
    func plain() {
        for (text, isPlain) in [("plain", true), ("a\"b", false)] {
            let bytes = Array(text.utf8)
            let found = EncodedText(text).isPlain(bytes.span.bytes)
            #expect(found == isPlain)
        }
    }
}
