import Testing

@testable import StatsCore

@Suite("Texts from elsewhere") struct HostileTextTests {
    private func guarded(_ text: String) -> String { FormulaGuard.isNeeded(Array(text.utf8).span.bytes) ? "'" + text : text }

    @Test(
        "What a spreadsheet would run gets an apostrophe, and nothing else does",
        arguments: [
            ("=cmd|'/c calc'!A1", true), ("+1", true), ("-5", true), ("@SUM(A1)", true), ("\t=1", true), ("\r=1", true), ("\n=1", true),
            ("'=1", true), ("''=1", true), ("'", false), ("'a", false), ("a=1", false), ("", false), ("web-1", false), ("é", false),
        ])
    func formulas(text: String, isNeeded: Bool) {
        #expect(guarded(text) == (isNeeded ? "'" + text : text))
    }

    @Test("Every text comes back as it was, and no two texts become the same")
    func reversible() {
        let alphabet = ["'", "=", "-", "\t", "a", "\r"]
        var texts = [""]
        for _ in 0..<5 { texts += texts.flatMap { text in alphabet.map { text + $0 } } }
        let all = Set(texts.map { Array($0.utf8) }).map { String(decoding: $0, as: UTF8.self) }
        for text in all {
            #expect(FormulaGuard.strip(guarded(text)).utf8.elementsEqual(text.utf8))
            #expect(!"=+-@\t\r\n".utf8.contains(guarded(text).utf8.first ?? 0))
        }
        #expect(Set(all.map { Array(guarded($0).utf8) }).count == all.count)
    }

    @Test(
        "Marks that turn the direction of writing are made visible",
        arguments: [0x061c, 0x200e, 0x200f, 0x202a, 0x202e, 0x2066, 0x2069, 0x2028, 0x9b] as [UInt32])
    func bidirectional(value: UInt32) throws {
        let scalar = try #require(Unicode.Scalar(value))
        let visible = VisibleText.escape("a\(scalar)b")
        #expect(visible.hasPrefix("a\\") && visible.hasSuffix("b") && !visible.unicodeScalars.contains(scalar))
    }
}
